"""Limits are loosened to what the recordings of training need, and no further."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from paralbench.bundling.quality_statistics import QualityStatistics
from paralbench.records.quality import Quality
from paralbench.records.quality_limits import AtLeast, QualityLimits
from paralbench.screener.gate import judged

GOOD = Quality(
    seconds=20.0, rate=16000, channels=1, dead_channels=(), not_finite=0, peak=-6.0, level=-25.0,
    speech_level=-22.0, clipped=0.0, silent=0.0, offset=0.001, bandwidth=7500.0, speech=15.0,
    noise_ratio=25.0, noise_method="pauses", speaker_contrast=2.0,
)  # fmt: skip
SNORE = replace(GOOD, speech=0.0, speech_level=None, noise_ratio=None, speaker_contrast=None)


def _statistics(*qualities: Quality, one_clip_each: bool = True) -> QualityStatistics:
    return QualityStatistics(qualities, one_clip_each)


def test_recordings_that_pass_change_nothing() -> None:
    limits, names = _statistics(*[GOOD] * 40).loosened(QualityLimits())
    assert (limits, names) == (QualityLimits(), [])


def test_a_screener_of_snores_asks_for_no_speech() -> None:
    limits, names = _statistics(*[SNORE] * 40).loosened(QualityLimits())
    assert limits.speech == AtLeast()
    assert limits.noise_ratio == AtLeast()
    assert "speech" in names
    assert not judged(SNORE, limits).cause
    assert judged(SNORE, QualityLimits()).cause == "speech"


def test_one_over_the_telephone_asks_for_its_bandwidth_and_still_refuses_worse() -> None:
    phone = replace(GOOD, rate=8000, bandwidth=3600.0)
    limits, names = _statistics(*[phone] * 40).loosened(QualityLimits())
    assert names == ["rate", "bandwidth"]
    assert not judged(phone, limits).cause
    assert judged(replace(phone, bandwidth=1500.0), limits).cause == "bandwidth"
    assert judged(replace(phone, clipped=0.5), limits).cause == "clipped"


def test_a_few_bad_ones_loosen_nothing() -> None:
    faint = replace(GOOD, level=-70.0, speech_level=-70.0)
    _, names = _statistics(*[GOOD] * 98, faint, faint).loosened(QualityLimits())
    assert names == []


def test_the_reference_has_percentiles_of_what_can_be_compared() -> None:
    qualities = [replace(GOOD, level=-30.0 + n / 10) for n in range(41)]
    far = np.linspace(0.2, 1.0, 41)
    output = _statistics(*qualities).reference(far)
    assert output is not None
    assert output.recordings == 41
    np.testing.assert_allclose(
        output.measures["level"], np.percentile(np.linspace(-30, -26, 41), (5, 25, 50, 75, 95))
    )
    np.testing.assert_allclose(output.measures["distance"], np.percentile(far, (5, 25, 50, 75, 95)))
    assert "seconds" in output.measures
    pieces = _statistics(*qualities, one_clip_each=False).reference(far)
    assert pieces is not None
    assert "seconds" not in pieces.measures


def test_too_few_have_no_reference() -> None:
    assert _statistics(*[GOOD] * 19).reference(np.ones(19)) is None
