"""Scores of subgroups: the same as of their examples alone; small cells have no number."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sklearn

from paralbench.records.subgroup import Subgroup
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.results.subgroups import subgroups

METRICS = Metrics(ranking="uar", report=["uar", "sensitivity", "ece"])
SEEDS = 2


def _found(
    sexes: list[str], hit: dict[str, float], seed: int = 0, each: int = 12, seeds: int = SEEDS
) -> Predictions:
    """A speaker for every word of ``sexes``, right as often as its sex is (and as it happens to be)."""
    rng = np.random.default_rng(seed)
    speakers, rows = len(sexes), len(sexes) * each
    owner, truth = np.arange(rows) // each, np.arange(rows) % 2
    word = np.array(sexes)[owner]
    ease = np.clip(np.array([hit[sex] for sex in word]) + rng.normal(0, 0.1, speakers)[owner], 0, 1)
    predicted = [np.where(rng.random(rows) < ease, truth, 1 - truth) for _ in range(seeds)]
    labels = np.concatenate(predicted)
    outputs = np.where(np.arange(2) == labels[:, None], 0.8, 0.2)
    return Predictions(
        rows=np.tile(np.arange(rows), seeds),
        clusters=np.tile(owner, seeds),
        folds=np.zeros(rows * seeds, np.int64),
        seeds=np.repeat(np.arange(seeds), rows),
        truth=np.tile(truth, seeds).astype(float),
        predicted=labels.astype(float),
        outputs=outputs.astype(np.float32),
        classes=("no", "yes"),
        attributes={"sex": np.tile(word, seeds)},
    )


def _one(found: Predictions, metric: str = "uar") -> Subgroup:
    (item,) = [item for item in subgroups(METRICS, found) if item.metric == metric]
    return item


def test_a_cell_is_scored_as_if_it_were_alone() -> None:
    result = _found(["female"] * 8 + ["male"] * 8, {"female": 0.9, "male": 0.7})
    for name, average in (("uar", "macro"), ("sensitivity", "binary")):
        for cell in _one(result, name).cells:
            mask = result.attributes["sex"] == cell.value
            expected = [
                sklearn.recall_score(
                    result.truth[mask & (result.seeds == seed)],
                    result.predicted[mask & (result.seeds == seed)],
                    average=average,
                )
                for seed in range(SEEDS)
            ]
            assert cell.score == pytest.approx(np.mean(expected))
            assert (cell.examples, cell.clusters, cell.reason) == (96, 8, "")
            assert cell.interval is not None
            assert cell.interval.low < np.mean(expected) < cell.interval.high


def test_the_gap_is_the_largest_minus_the_smallest() -> None:
    result = _found(["a"] * 9 + ["b"] * 9 + ["c"] * 9, {"a": 0.7, "b": 0.95, "c": 0.5})
    item = _one(result)
    record = {cell.value: cell.score or 0.0 for cell in item.cells}
    assert item.gap is not None
    assert (item.gap.high, item.gap.low) == ("b", "c")
    assert item.gap.difference == pytest.approx(record["b"] - record["c"])
    assert 0 < item.gap.interval.low < item.gap.difference < item.gap.interval.high
    assert item.gap.interval.clusters == 18


def test_unknown_is_a_group_of_its_own_and_no_side_of_a_gap() -> None:
    result = _found(
        ["female"] * 5 + ["male"] * 5 + ["unknown"] * 5,
        {"female": 0.8, "male": 0.8, "unknown": 0.3},
    )
    item = _one(result)
    assert [cell.value for cell in item.cells] == ["female", "male", "unknown"]
    assert item.cells[2].score is not None
    assert item.gap is not None
    assert "unknown" not in (item.gap.high, item.gap.low)


@pytest.mark.parametrize(
    ("sexes", "each", "reason"),
    [(["a"] * 6 + ["b"], 12, "fewer than two clusters"), (["a"] * 6 + ["b"] * 2, 4, "fewer than 10")],
)  # fmt: skip
def test_small_cells_have_no_number_and_say_so(sexes: list[str], each: int, reason: str) -> None:
    item = _one(_found(sexes, {"a": 0.8, "b": 0.8}, each=each))
    small = item.cells[1]
    assert (small.score, small.interval) == (None, None)
    assert reason in small.reason
    assert small.examples == sexes.count("b") * each
    assert item.gap is None


def test_the_size_can_be_set() -> None:
    result = _found(["a"] * 6 + ["b"] * 2, {"a": 0.8, "b": 0.8}, each=4)
    fewer = METRICS.model_copy(update={"smallest": 8})
    assert subgroups(fewer, result)[0].cells[1].score is not None


def test_the_gap_of_confidence_is_seen_in_calibration() -> None:
    result = _found(["a"] * 10 + ["b"] * 10, {"a": 0.8, "b": 0.4}, each=40)
    item = _one(result, "ece")
    assert item.gap is not None
    assert item.gap.high == "b"
    assert item.gap.difference == pytest.approx(0.4, abs=0.1)
    assert item.gap.interval.low > 0.1


@pytest.mark.parametrize("sexes", [["a", "b"] * 8, ["a", "b", "c", "d", "e"] * 5])
def test_intervals_of_gaps_hold_nothing_where_nothing_is(sexes: list[str]) -> None:
    """The largest gap among many is picked for being large; its interval must know that."""
    even = dict.fromkeys("abcde", 0.7)
    hits = []
    for repetition in range(120):
        (item,) = subgroups(
            Metrics(ranking="uar", report=["uar"]), _found(sexes, even, repetition, seeds=1)
        )
        assert item.gap is not None
        hits.append(item.gap.interval.low <= 0 <= item.gap.interval.high)
    assert np.mean(hits) >= 0.92
