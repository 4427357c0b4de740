"""Drift: noticed where it is, and seldom claimed where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paralbench.records.bundle import Manifest, Reference
from paralbench.records.screened import Row
from paralbench.screening.drift import FEWEST, drift
from tests.screener.bundles import manifest
from tests.screening.rows import row

MEASURES = ("level", "noise_ratio", "bandwidth", "seconds")


def _manifest(validated: dict[str, np.ndarray[Any, Any]]) -> Manifest:
    quantiles = {
        name: tuple(float(item) for item in np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95)))
        for name, values in validated.items()
    }
    reference = Reference.model_validate({"recordings": 200, "measures": quantiles})
    return manifest().model_copy(update={"reference": reference})


def _drawn(rng: np.random.Generator, count: int, shift: float = 0.0) -> list[Row]:
    return [
        row(number, 0.6, quality={
            name: float(rng.normal(shift if name == "noise_ratio" else 0.0)) for name in MEASURES
        })
        for number in range(count)
    ]  # fmt: skip


def _validated(rng: np.random.Generator) -> dict[str, np.ndarray[Any, Any]]:
    return {name: rng.normal(size=200) for name in MEASURES}


@pytest.mark.parametrize("count", [FEWEST, 200])
def test_a_batch_of_the_same_kind_is_warned_of_in_no_more_than_one_of_twenty(count: int) -> None:
    rng = np.random.default_rng(0)
    warned = [
        drift(_manifest(_validated(rng)), _drawn(rng, count)).warns for _ in range(100)
    ]  # fmt: skip
    assert np.mean(warned) <= 0.08  # 5 % nominal, 100 draws


def test_noisier_recordings_are_noticed_and_named() -> None:
    rng = np.random.default_rng(1)
    result = drift(_manifest(_validated(rng)), _drawn(rng, 40, shift=-2.0))
    assert result.warns
    assert [measure.name for measure in result.measures if measure.warns] == ["noise_ratio"]
    (output,) = [measure for measure in result.measures if measure.warns]
    assert output.beyond > 0.4
    assert output.median < output.low + 0.5


def test_what_cannot_be_judged_is_said() -> None:
    rng = np.random.default_rng(2)
    few = drift(_manifest(_validated(rng)), _drawn(rng, FEWEST - 1, shift=9))
    assert (few.warns, few.measures) == (False, [])
    assert "too few" in few.unjudged
    unknown = drift(manifest(), _drawn(rng, 50, shift=9))
    assert (unknown.warns, unknown.measures) == (False, [])
    assert "has no statistics" in unknown.unjudged
    assert drift(manifest(), []).far is None


def test_many_outside_the_range_are_a_warning_without_a_reference() -> None:
    inside = [row(number, 0.6, distance=0.5) for number in range(40)]
    outside = [row(f"o{number}", status="abstained", distance=1.5) for number in range(10)]
    assert not drift(manifest(), inside + outside[:1]).warns
    result = drift(manifest(), inside + outside)
    assert result.warns
    assert result.far == pytest.approx(0.2)
    assert drift(manifest(), outside).warns  # also where there are only few
    refused = [row(f"n{number}", status="not scored") for number in range(40)]
    assert drift(manifest(), refused).recordings == 0
