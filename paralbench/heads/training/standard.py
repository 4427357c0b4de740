"""What training items' frames tell: mean and deviation of every feature, and codebooks of words."""

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
from paralbench.records.model_card import Words

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
    sequences: Sequences, items: Rows, wanted: bool = True, seed: Sequence[int] = (0,)
) -> list[Standard]:
    """Of each stream over these items; zero and one where it is not ``wanted``.

    Codebooks are drawn from the ``seed``. Every frame counts alike. Features that do not vary get the
    scale 0: dividing by their rounding noise would blow it up.
    """
    found = _moments(sequences, items) if wanted else _as_given(sequences)
    if not any(sequences.words):
        return found
    return _with_codebooks(found, sequences, items, seed)


def _as_given(sequences: Sequences) -> list[Standard]:
    sizes = zip(sequences.layers, sequences.widths, strict=True)
    return [Standard(torch.zeros(size), torch.ones(size)) for size in sizes]


def _moments(sequences: Sequences, items: Rows) -> list[Standard]:
    moments = [Moments() for _ in sequences.layers]
    for item in items:
        for gathered, (values, _) in zip(moments, sequences.of(int(item)), strict=True):
            if (
                values.shape[1] == 1
            ):  # a pooled record; a reduction over one takes a thousand times longer
                deviation, mean = torch.zeros_like(values[:, 0]), values[:, 0]
            else:
                deviation, mean = torch.std_mean(values, 1, correction=0)
            gathered.add(values.shape[1], mean.numpy(), deviation.numpy())
    return [_standard(gathered) for gathered in moments]


def _with_codebooks(
    found: list[Standard], sequences: Sequences, items: Rows, seed: Sequence[int]
) -> list[Standard]:
    """The same with a codebook for each stream of words, from so many frames drawn of all."""
    random = np.random.default_rng(seed)
    lengths = [sequences.length(int(item)) for item in items]
    share = min(1.0, _FRAMES / sum(lengths))
    drawn: list[list[Tensor]] = [[] for _ in found]
    for item in items:
        for place, (values, _) in enumerate(sequences.of(int(item))):
            if sequences.words[place] is not None:
                kept = random.random(values.shape[1]) < share
                drawn[place].append(values[0, torch.from_numpy(kept)])
    return [
        one if words is None else _bagged(one, words, torch.cat(frames), shape.rate, random)
        for one, words, frames, shape in zip(
            found, sequences.words, drawn, sequences.shapes, strict=True
        )
    ]


def _bagged(
    one: Standard, words: Words, frames: Tensor, rate: float, random: np.random.Generator
) -> Standard:
    standardised = ((frames - one.mean[0]) * one.scale[0]).numpy()
    codes = centres(standardised, words.codes, words.draw, random)
    return replace(one, codebook=Codebook(codes, round(words.window * rate / 2), words.nearest))


def _standard(gathered: Moments) -> Standard:
    mean, deviation = gathered.pooled().swapaxes(0, 1)
    varies = deviation > 1e-5 * np.sqrt(1 + np.square(mean))
    scale = np.where(varies, 1 / np.where(varies, deviation, 1), 0)
    return Standard(torch.from_numpy(mean), torch.from_numpy(scale.astype(np.float32)))
