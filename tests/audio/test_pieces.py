"""Cutting: the pieces' own stretches make up the recording, on one grid, with context around them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from paralbench.audio.pieces import cut


def _stream(samples: NDArray[np.float32], block: int) -> Iterator[NDArray[np.float32]]:
    for first in range(0, len(samples), block):
        yield samples[first : first + block]


@given(
    length=st.integers(1, 400),
    window=st.integers(24, 90),
    overlap=st.integers(0, 8),
    unit=st.integers(1, 4),
    block=st.integers(1, 120),
)
def test_own_stretches_make_up_the_recording(
    length: int, window: int, overlap: int, unit: int, block: int
) -> None:
    samples = np.arange(length, dtype=np.float32)
    pieces = list(cut(_stream(samples, block), window, overlap, unit))
    own = [p.samples[p.before : p.before + p.own] for p in pieces]
    assert np.array_equal(np.concatenate(own), samples)
    for piece in pieces:
        assert len(piece.samples) <= window
        assert piece.samples[piece.before] == piece.start
    if length <= window:
        assert len(pieces) == 1
    for piece in pieces[:-1]:
        assert len(piece.samples) == window
        assert piece.after >= overlap
    for piece in pieces[1:]:
        assert piece.before >= overlap
        if overlap:
            assert (piece.start - piece.before) % unit == 0
            assert len(piece.samples) > 2 * overlap
    assert pieces[0].before == pieces[-1].after == 0


def test_overlaps_that_fill_the_window_are_an_error() -> None:
    with pytest.raises(ValueError, match="has no room for two overlaps of 5"):
        list(cut(iter([np.zeros(30, np.float32)]), 10, 5))
