"""The answer of a screener: the mean output of its heads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paralbench.features.pooling import Pooled
from paralbench.heads.deployable import Deployable
from paralbench.screener.windows import Window

Answer: TypeAlias = NDArray[np.float64]
"""Probabilities [classes], not calibrated, or a value [1]."""


def of_record(heads: Sequence[Deployable], record: Pooled) -> Answer:
    """The answer of heads that take a pooled record [layers, 2, width]."""
    return np.asarray(np.mean([head.answer([head.mix(record)]) for head in heads], axis=0))


def of_frames(
    heads: Sequence[Deployable], windows: Sequence[Window], frames: Sequence[Sequence[Tensor]]
) -> Answer | None:
    """The answer of heads that take frames; None where there is no frame.

    Args:
        heads: the heads.
        windows: in order.
        frames: for each head, the frames of each window as the head mixed them.
    """
    answers = []
    for head, mixed in zip(heads, frames, strict=True):
        utterances = []
        for number in dict.fromkeys(window.clip for window in windows):
            utterance = torch.cat(
                [part for window, part in zip(windows, mixed, strict=True) if window.clip == number]
            )
            if len(utterance):
                utterances.append(utterance)
        if not utterances:
            return None
        answers.append(head.answer(utterances))
    return np.asarray(np.mean(answers, axis=0))
