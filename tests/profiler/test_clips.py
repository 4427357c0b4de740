"""Reference clips are what they say, everywhere the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from paralbench.profiler.clips import RATE, reference, write


def test_a_longer_clip_begins_as_a_shorter_one() -> None:
    short, long = reference(3), reference(20)
    assert len(short) == 3 * RATE
    assert len(long) == 20 * RATE
    np.testing.assert_array_equal(short, long[: len(short)])
    assert 0.01 < np.sqrt(np.mean(long**2)) < 0.3, "it is heard and not clipped"


def test_files(tmp_path: Path) -> None:
    files = write(tmp_path, (0.5, 1.0))
    assert [soundfile.info(file).duration for file in files.values()] == [0.5, 1.0]
