"""A whole head as a torch module: what it listens with, and the network that answers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from paralbench.heads.layers.bag_of_words import BagOfWords
from paralbench.heads.layers.listening import Listening
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.sequences import Batch
from paralbench.heads.training.standard import Standard

Build = Callable[[Shape, Any], nn.Module]
"""(shape, settings) to a module whose forward takes a sequence of :class:`Frames`, a stream each."""


class Network(nn.Module):
    """Listens to each stream and answers: [batch, outputs], or [batch, frames, outputs] of series."""

    def __init__(self, standards: Sequence[Standard], answering: nn.Module) -> None:
        super().__init__()
        self.listening = nn.ModuleList(
            Listening(one.mean, one.scale)
            if one.codebook is None
            else BagOfWords(one.mean, one.scale, one.codebook)
            for one in standards
        )
        self.answering = answering

    def forward(self, batch: Batch) -> Tensor:
        """Outputs of a batch."""
        heard = [
            Frames(listen(values, mask), mask, clip, rate)
            for listen, values, mask, clip, rate in zip(
                self.listening, batch.values, batch.masks, batch.clips, batch.rates, strict=True
            )
        ]
        outputs: Tensor = self.answering(heard)
        return outputs

    def shares(self) -> list[Tensor]:
        """How much each layer of each stream counts."""
        return [listen.shares() for listen in self.listening]  # type: ignore[operator]


def folded(network: Network) -> Network:
    """The deployable form: every part that can fold (it has ``fold()``) replaced by what it folds to."""
    whole = copy.deepcopy(network).eval()
    _fold(whole)
    return whole


def _fold(module: nn.Module) -> None:
    for name, child in module.named_children():
        fold = getattr(child, "fold", None)
        if fold is None:
            _fold(child)
        else:
            setattr(module, name, fold())


def parameters(module: nn.Module) -> int:
    """How many numbers were trained."""
    return sum(one.numel() for one in module.parameters())


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on a device."""
    if device.type == "cpu":
        return batch

    def moved(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(one.to(device, non_blocking=True) for one in tensors)

    return Batch(
        batch.items, moved(batch.values), moved(batch.masks), moved(batch.clips), batch.rates
    )
