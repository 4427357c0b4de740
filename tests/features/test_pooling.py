"""Pooling in pieces equals pooling at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.features.pooling import Moments, merge


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 99))
def test_windows_merge_exactly(lengths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    pieces = [rng.normal(5, 3, (2, length, 4)) for length in lengths]
    moments = Moments()
    for piece in pieces:
        moments.add(piece.shape[1], piece.mean(1), piece.std(1))
    complete = np.concatenate(pieces, axis=1)
    pooled = moments.pooled()
    assert moments.frames == sum(lengths)
    assert pooled.shape == (2, 2, 4)
    assert pooled[:, 0] == pytest.approx(complete.mean(1), abs=1e-5)
    assert pooled[:, 1] == pytest.approx(complete.std(1), abs=1e-5)


def test_clips_of_an_example_are_weighted_by_their_frames() -> None:
    rng = np.random.default_rng(0)
    clips = [rng.normal(size=(3, frames, 5)) for frames in (2, 30, 7)]
    parts = [np.stack([clip.mean(1), clip.std(1)], 1).astype(np.float32) for clip in clips]
    complete = np.concatenate(clips, axis=1)
    merged = merge(parts, [2, 30, 7])
    assert merged[:, 0] == pytest.approx(complete.mean(1), abs=1e-5)
    assert merged[:, 1] == pytest.approx(complete.std(1), abs=1e-5)


def test_nothing_cannot_be_pooled() -> None:
    with pytest.raises(ValueError, match="no frames"):
        Moments().pooled()
