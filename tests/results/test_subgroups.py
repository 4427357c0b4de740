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
    (one,) = [one for one in subgroups(METRICS, found) if one.metric == metric]
    return one


def test_a_cell_is_scored_as_if_it_were_alone() -> None:
    found = _found(["female"] * 8 + ["male"] * 8, {"female": 0.9, "male": 0.7})
    for name, average in (("uar", "macro"), ("sensitivity", "binary")):
        for cell in _one(found, name).cells:
            mask = found.attributes["sex"] == cell.value
            expected = [
                sklearn.recall_score(
                    found.truth[mask & (found.seeds == seed)],
                    found.predicted[mask & (found.seeds == seed)],
                    average=average,
                )
                for seed in range(SEEDS)
            ]
            assert cell.score == pytest.approx(np.mean(expected))
            assert (cell.examples, cell.clusters, cell.reason) == (96, 8, "")
            assert cell.interval is not None
            assert cell.interval.low < np.mean(expected) < cell.interval.high


def test_the_gap_is_the_largest_minus_the_smallest() -> None:
    found = _found(["a"] * 9 + ["b"] * 9 + ["c"] * 9, {"a": 0.7, "b": 0.95, "c": 0.5})
    one = _one(found)
    told = {cell.value: cell.score or 0.0 for cell in one.cells}
    assert one.gap is not None
    assert (one.gap.high, one.gap.low) == ("b", "c")
    assert one.gap.difference == pytest.approx(told["b"] - told["c"])
    assert 0 < one.gap.interval.low < one.gap.difference < one.gap.interval.high
    assert one.gap.interval.clusters == 18


def test_unknown_is_a_group_of_its_own_and_no_side_of_a_gap() -> None:
    found = _found(
        ["female"] * 5 + ["male"] * 5 + ["unknown"] * 5,
        {"female": 0.8, "male": 0.8, "unknown": 0.3},
    )
    one = _one(found)
    assert [cell.value for cell in one.cells] == ["female", "male", "unknown"]
    assert one.cells[2].score is not None
    assert one.gap is not None
    assert "unknown" not in (one.gap.high, one.gap.low)


@pytest.mark.parametrize(
    ("sexes", "each", "reason"),
    [(["a"] * 6 + ["b"], 12, "fewer than two clusters"), (["a"] * 6 + ["b"] * 2, 4, "fewer than 10")],
)  # fmt: skip
def test_small_cells_have_no_number_and_say_so(sexes: list[str], each: int, reason: str) -> None:
    one = _one(_found(sexes, {"a": 0.8, "b": 0.8}, each=each))
    small = one.cells[1]
    assert (small.score, small.interval) == (None, None)
    assert reason in small.reason
    assert small.examples == sexes.count("b") * each
    assert one.gap is None


def test_the_size_can_be_set() -> None:
    found = _found(["a"] * 6 + ["b"] * 2, {"a": 0.8, "b": 0.8}, each=4)
    fewer = METRICS.model_copy(update={"smallest": 8})
    assert subgroups(fewer, found)[0].cells[1].score is not None


def test_the_gap_of_confidence_is_seen_in_calibration() -> None:
    found = _found(["a"] * 10 + ["b"] * 10, {"a": 0.8, "b": 0.4}, each=40)
    one = _one(found, "ece")
    assert one.gap is not None
    assert one.gap.high == "b"
    assert one.gap.difference == pytest.approx(0.4, abs=0.1)
    assert one.gap.interval.low > 0.1


@pytest.mark.parametrize("sexes", [["a", "b"] * 8, ["a", "b", "c", "d", "e"] * 5])
def test_intervals_of_gaps_hold_nothing_where_nothing_is(sexes: list[str]) -> None:
    """The largest gap among many is picked for being large; its interval must know that."""
    even = dict.fromkeys("abcde", 0.7)
    hits = []
    for repetition in range(120):
        (one,) = subgroups(
            Metrics(ranking="uar", report=["uar"]), _found(sexes, even, repetition, seeds=1)
        )
        assert one.gap is not None
        hits.append(one.gap.interval.low <= 0 <= one.gap.interval.high)
    assert np.mean(hits) >= 0.92
