"""Bags of audio words against counting by hand, and codebooks against scipy's k-means."""

from __future__ import annotations

from collections import Counter
from math import log1p

import numpy as np
import pytest
import torch
from scipy.cluster.vq import kmeans, vq

from paralbench.heads.layers.bag_of_words import BagOfWords, Codebook, centres

RNG = np.random.default_rng(0)


def _bag(nearest: int = 1, reach: int = 2) -> BagOfWords:
    """Four codes at the corners of a square, behind a mean of 1 and a scale of 1/2."""
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return BagOfWords(torch.ones(1, 2), torch.full((1, 2), 0.5), Codebook(corners, reach, nearest))


@pytest.mark.parametrize("nearest", [1, 3])
def test_words_are_counted_in_the_window(nearest: int) -> None:
    bag = _bag(nearest)
    frames = RNG.normal(1.5, 2, (11, 2)).astype(np.float32)
    result = bag(torch.from_numpy(frames)[None, None], torch.ones(1, 11, dtype=torch.bool))[0]
    corners = [(0, 0), (0, 1), (1, 0), (1, 1)]
    words = []
    for x, y in (frames - 1) / 2:
        separate = [(x - a) ** 2 + (y - b) ** 2 for a, b in corners]
        words.append(sorted(range(4), key=separate.__getitem__)[:nearest])
    for place in range(11):
        recorded = Counter(word for near in words[max(0, place - 2) : place + 3] for word in near)
        assert result[place].tolist() == pytest.approx([log1p(recorded[code]) for code in range(4)])


def test_padding_is_no_word() -> None:
    bag, values = _bag(), torch.randn(2, 1, 9, 2)
    mask = torch.arange(9) < torch.tensor([[9], [4]])
    result = bag(values * mask[:, None, :, None], mask)
    assert torch.equal(result[1, :4], bag(values[1:, :, :4], mask[1:, :4])[0])
    assert not result[1, 4:].any()


def test_codes_lie_as_well_as_scipys() -> None:
    """Mean distance to the nearest code, on frames around ten places."""
    places = RNG.normal(0, 10, (10, 5))
    frames = (places[RNG.integers(0, 10, 2000)] + RNG.normal(size=(2000, 5))).astype(np.float32)
    result = centres(frames, 10, "k-means", np.random.default_rng(1)).numpy()
    _, theirs = kmeans(frames.astype(float), 10, rng=1)
    assert vq(frames, result)[1].mean() < 1.05 * theirs
    drawn = centres(frames, 10, "random", np.random.default_rng(1)).numpy()
    assert all((frames == code).all(1).any() for code in drawn)


def test_fewer_frames_than_codes_make_a_codebook_all_the_same() -> None:
    frames = RNG.normal(size=(3, 2)).astype(np.float32)
    for draw in ("k-means", "random"):
        result = centres(frames, 7, draw, np.random.default_rng(0))
        assert result.shape == (7, 2)
        assert {tuple(code) for code in result.tolist()} <= {
            tuple(frame) for frame in frames.tolist()
        }
