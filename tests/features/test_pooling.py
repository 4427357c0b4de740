"""Pooling in pieces equals numpy over everything at once."""

import numpy as np
import pytest

from paralbench.features.pooling import Moments, merge

FRAMES = np.random.default_rng(0).normal(5, 2, size=(3, 1000, 4))


def pooled(values: np.ndarray) -> np.ndarray:
    return np.stack([values.mean(1), values.std(1)], axis=1)


@pytest.mark.parametrize("cuts", [[1], [999], [10, 11, 500], [250, 500, 750]])
def test_pieces_equal_the_whole(cuts: list[int]) -> None:
    pieces = np.split(FRAMES, cuts, axis=1)
    moments = Moments()
    for piece in pieces:
        moments.add(piece.shape[1], piece.mean(1), piece.std(1))
    assert moments.frames == 1000
    assert np.allclose(moments.pooled(), pooled(FRAMES), rtol=1e-6)
    clips = [pooled(piece).astype(np.float32) for piece in pieces]
    assert np.allclose(
        merge(clips, [piece.shape[1] for piece in pieces]), pooled(FRAMES), rtol=1e-5
    )


def test_nothing_added() -> None:
    with pytest.raises(ValueError, match="no frames"):
        Moments().pooled()
