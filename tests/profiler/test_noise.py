"""Interference made up: each kind is noticed, and nothing is where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from paralbench.profiler import noise
from paralbench.profiler.noise import Ticks, judged


def _sampler(disturbed: float, seed: int = 0) -> list[float]:
    """Seconds of a fixed computation; a share of them is slowed down by half and more."""
    rng = np.random.default_rng(seed)
    samples = 0.01 * np.exp(rng.normal(0, 0.01, 200))
    samples[rng.random(200) < disturbed] *= rng.uniform(1.5, 3)
    return [float(sample) for sample in samples]


def test_a_steady_machine_is_quiet() -> None:
    result = judged(_sampler(0.0), wall=10, busy=9.9, stolen=0.0, others=0.02, load=1.0)
    assert (result.verdict, result.reasons) == ("quiet", [])
    assert result.load == 1.0


@pytest.mark.parametrize(
    ("calibration", "reported", "word"),
    [
        (_sampler(0.3), {}, "fixed computation"),
        (_sampler(0.0), {"busy": 8.0}, "did not run for 20%"),
        (_sampler(0.0), {"stolen": 0.1}, "host took 10%"),
        (_sampler(0.0), {"others": 0.4}, "other processes used 40%"),
    ],
)
def test_each_interference_is_noticed_and_named(
    calibration: list[float], reported: dict[str, float], word: str
) -> None:
    result = judged(calibration, **{"wall": 10.0, "busy": 10.0, **reported})
    assert result.verdict == "noisy"
    (reason,) = result.reasons
    assert word in reason


def test_raw_calibrations_are_kept() -> None:
    result = judged([0.01, 0.01, 0.01, 0.01, 0.0125], 0, 0)
    assert result.calibration_microseconds == "10000 10000 10000 10000 12500"


def test_more_threads_than_one_are_no_waiting() -> None:
    assert judged([0.01] * 5, wall=1, busy=1.9).waiting == 0


def test_too_few_calibrations_are_no_verdict() -> None:
    with pytest.raises(ValueError, match="too few"):
        judged([0.01] * 4, 1, 1)


def test_shares_of_the_machine() -> None:
    before, after = Ticks(100, 40, 2, 10), Ticks(120, 52, 3, 15)
    stolen, others = noise.shares(before, after)
    assert stolen == pytest.approx(1 / 20)
    assert others == pytest.approx((12 - 5) / 20)
    assert noise.shares(None, after) == (None, None)


def test_ticks_of_a_system(tmp_path: Path) -> None:
    file = tmp_path / "stat"
    file.write_text("cpu  100 0 50 800 30 0 10 10 0 0\ncpu0 1 2 3\n")
    result = Ticks.now(file)
    assert result is not None
    assert result.stolen / result.total == pytest.approx(10 / 1000)
    assert result.busy / result.total == pytest.approx(160 / 1000)
    assert Ticks.now(tmp_path / "none") is None


def test_calibration_takes_its_time() -> None:
    result = noise.Calibration()
    result.take()
    assert len(result.samples) == 1
    assert result.samples[0] > 0
