"""The estimate of openSMILE's MACs: what it must contain, and what it may not exceed."""

from __future__ import annotations

import math

import pytest

from paralbench.profiler.opensmile_macs import estimate


def test_more_than_its_transforms_and_less_than_ten_times_them() -> None:
    """eGeMAPS transforms 512 and 1024 points every 10 ms at 16 kHz."""
    transforms = 100 * sum(1.25 * points * math.log2(points) for points in (512, 1024))
    result = estimate("eGeMAPSv02", 16000, 16000)
    assert result is not None
    assert transforms < result < 10 * transforms


def test_grows_with_the_clip_and_the_set() -> None:
    second, minute = (estimate("eGeMAPSv02", 16000 * length, 16000) for length in (1, 60))
    assert minute == pytest.approx(60 * (second or 0), rel=1e-6)
    sizes = [
        estimate(name, 16000, 16000) or 0
        for name in ("GeMAPSv01b", "eGeMAPSv01b", "eGeMAPSv02", "ComParE_2016")
    ]
    assert sizes[0] < sizes[1] == sizes[2]
    assert sizes[3] > 0


def test_no_estimate_of_a_set_that_is_not_written_out() -> None:
    assert estimate("emobase", 16000, 16000) is None
