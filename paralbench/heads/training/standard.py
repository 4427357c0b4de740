"""Statistics of the training items' frames: mean and deviation of each feature, and codebooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from paralbench.features.pooling import Moments
from paralbench.heads.head import Rows
from paralbench.heads.layers.bag_of_words import Codebook, centres
from paralbench.heads.training.sequences import Sequences

_FRAMES = 20_000
"""About so many of the training frames make a codebook."""


@dataclass(frozen=True, slots=True)
class Standard:
    """One stream's ``mean`` and ``scale`` (one over the deviation), [layers, width].

    ``codebook`` where bags of audio words are made of its standardised frames.
    """

    mean: Tensor
    scale: Tensor
    codebook: Codebook | None = None


def standards(
    sequences: Sequences, items: Rows, standardise: bool = True, seed: Sequence[int] = (0,)
) -> list[Standard]:
    """Of each stream over these items; zero and one where features are not standardised.

    Codebooks are drawn from the ``seed``. Every frame counts alike. Features that do not vary get the
    scale 0: dividing by their rounding noise would blow it up.
    """
    if standardise:
        statistics = _moments(sequences, items)
    else:
        sizes = zip(sequences.layers, sequences.widths, strict=True)
        statistics = [Standard(torch.zeros(size), torch.ones(size)) for size in sizes]
    if not any(sequences.words):
        return statistics
    return _with_codebooks(statistics, sequences, items, seed)


def _moments(sequences: Sequences, items: Rows) -> list[Standard]:
    moments = [Moments() for _ in sequences.layers]
    for item in items:
        for gathered, (values, _) in zip(moments, sequences.of(int(item)), strict=True):
            mean = values.mean(1)
            # torch.std_mean over an inner axis takes five times as long.
            deviation = values.sub_(mean[:, None]).square_().mean(1).sqrt_()
            gathered.add(values.shape[1], mean.numpy(), deviation.numpy())
    statistics = []
    for gathered in moments:
        mean, deviation = gathered.pooled().swapaxes(0, 1)
        varies = deviation > 1e-5 * np.sqrt(1 + np.square(mean))
        scale = np.where(varies, 1 / np.where(varies, deviation, 1), 0)
        statistics.append(
            Standard(torch.from_numpy(mean), torch.from_numpy(scale.astype(np.float32)))
        )
    return statistics


def _with_codebooks(
    statistics: list[Standard], sequences: Sequences, items: Rows, seed: Sequence[int]
) -> list[Standard]:
    """The same with a codebook for each stream of words, from so many frames drawn of all."""
    random = np.random.default_rng(seed)
    share = min(1.0, _FRAMES / sequences.lengths[items].sum())
    drawn: list[list[Tensor]] = [[] for _ in statistics]
    for item in items:
        for place, (values, _) in enumerate(sequences.of(int(item))):
            if sequences.words[place] is not None:
                picked = random.random(values.shape[1]) < share
                drawn[place].append(values[0, torch.from_numpy(picked)])
    bagged = []
    for standard, words, frames, shape in zip(
        statistics, sequences.words, drawn, sequences.shapes, strict=True
    ):
        if words is not None:
            standardised = ((torch.cat(frames) - standard.mean[0]) * standard.scale[0]).numpy()
            codes = centres(standardised, words.codes, words.draw, random)
            reach = round(words.window * shape.rate / 2)
            standard = replace(standard, codebook=Codebook(codes, reach, words.nearest))
        bagged.append(standard)
    return bagged
