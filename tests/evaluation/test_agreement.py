"""Same, within noise, different: against a noise worked out by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from paralbench.evaluation.agreement import agreement
from paralbench.evaluation.departures import departures
from paralbench.records.result import Result
from tests.leaderboard.boards import result


def _scored(*by_seed: float) -> Result:
    record = result(value=float(np.mean(by_seed)))
    score = record.scores[0].model_copy(
        update={"by_seed": {str(seed): item for seed, item in enumerate(by_seed)}}
    )
    return record.model_copy(update={"scores": [score], "classes": ["a", "b"], "confusion": []})


def _table(shift: float = 0.0, names: str = "xyz") -> pa.Table:
    likely = np.array([0.9, 0.2, 0.6], np.float32) - np.float32(shift)
    return pa.table(
        {
            "example": list(names),
            "cluster": pa.array([0, 1, 2], pa.int32()),
            "fold": pa.array([0, 0, 0], pa.int16()),
            "seed": pa.array([0, 0, 0], pa.int16()),
            "truth": ["a", "b", "a"],
            "predicted": ["a" if item > 0.5 else "b" for item in likely],
            "p:a": likely,
            "p:b": 1 - likely,
        }
    )


def test_the_same_bits_are_the_same() -> None:
    output = agreement(_scored(0.6, 0.7), _table(), _scored(0.6, 0.7), _table())
    assert (output.verdict, output.largest, output.changed) == ("same", 0.0, 0)


@pytest.mark.parametrize(("now", "verdict"), [(0.75, "within noise"), (0.95, "different")])
def test_noise_is_what_seeds_differ_by(now: float, verdict: str) -> None:
    output = agreement(_scored(0.6, 0.65, 0.7), _table(), _scored(now, now, now), _table(0.2))
    # t(0.975, 2) = 4.302653, deviation 0.05, three seeds
    assert output.noise == pytest.approx(4.302653 * 0.05 * (2 / 3) ** 0.5, rel=1e-6)
    assert output.verdict == verdict
    assert output.largest == pytest.approx(0.2, abs=1e-6)
    assert output.changed == 1


def test_one_seed_shows_no_noise() -> None:
    output = agreement(_scored(0.6), _table(), _scored(0.6), _table(0.01))
    assert (output.noise, output.verdict) == (None, "different")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "shift", "verdict"),
    [
        ("linear-probe", 0.00009, "same within rounding"), ("linear-probe", 0.0002, "different"),
        ("mlp", 0.00009, "different"), ("of-another-package", 0.00009, "different"),
    ],
)  # fmt: skip
def test_a_deterministic_head_may_differ_by_rounding(head: str, shift: float, verdict: str) -> None:
    recorded = _scored(0.6).model_copy(update={"head": head, "seeds": [0]})
    assert agreement(recorded, _table(), recorded, _table(shift)).verdict == verdict
    assert agreement(recorded, _table(), recorded, _table()).verdict == "same"


def test_rounding_of_numbers_is_relative_to_their_range() -> None:
    recorded = _scored(0.6).model_copy(update={"head": "linear-probe", "seeds": [0], "classes": []})
    first = np.array([1000.0, 3000.0, 2000.0])
    for difference, verdict in ((0.1, "same within rounding"), (0.3, "different")):
        tables = [
            _table().drop(["truth", "predicted", "p:a", "p:b"])
            .append_column("truth", pa.array(first))
            .append_column("predicted", pa.array(values))
            for values in (first, first + difference)
        ]  # fmt: skip
        assert agreement(recorded, tables[0], recorded, tables[1]).verdict == verdict


def test_other_examples_are_not_compared() -> None:
    output = agreement(_scored(0.6, 0.7), _table(), _scored(0.6, 0.7), _table(names="xyw"))
    assert (output.comparable, output.verdict) == (False, "different")


def test_departures_name_what_was_and_what_is() -> None:
    record = result()
    two = record.model_copy(
        update={
            "seeds": [7],
            "model": record.model.model_copy(update={"weights": "f" * 64}),
            "training": record.training.model_copy(update={"settings": {"step": 9.0}}),
        }
    )
    output = {(item.kind, item.now) for item in departures(record, two)}
    assert ("seeds", "[7]") in output
    assert ("weights", "f" * 12) in output
    assert ("settings", "9.0") in output
    assert departures(record, record) == []
