"""The outline of a recording's wave, beside a plain loop over its samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.records.example import Clip
from paralbench.screening.examiner import outline


@pytest.mark.parametrize(
    ("samples", "channels"), [(100, 1), (239, 2), (240, 1), (8000 * 25 + 7, 2)]
)
def test_the_outline_is_the_largest_sample_of_each_part(
    tmp_path: Path, samples: int, channels: int
) -> None:
    wave = np.random.default_rng(0).normal(0, 0.4, (samples, channels)).astype(np.float32)
    wave[samples // 2] = np.nan
    wave[samples // 3, 0] = np.inf
    file = tmp_path / "wave.wav"
    soundfile.write(file, wave, 8000, subtype="FLOAT")
    expected = [0.0] * 240
    for number, frame in enumerate(wave):
        loudest = (
            0.0 if not np.isfinite(frame).all() else min(1.0, max(abs(float(s)) for s in frame))
        )
        part = number * 240 // samples
        expected[part] = max(expected[part], loudest)
    assert outline(Clip(file)) == [round(100 * peak) for peak in expected]


def test_what_cannot_be_opened_has_no_outline(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no audio")
    assert outline(Clip(tmp_path / "a.wav")) == []
