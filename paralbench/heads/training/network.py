"""A head as one torch module: each stream's layers summed, and the network on top of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from paralbench.heads.layers.bag_of_words import BagOfWords
from paralbench.heads.layers.layer_sum import LayerSum
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.sequences import Batch
from paralbench.heads.training.standard import Standard

Build = Callable[[Shape, Any], nn.Module]
"""(shape, settings) to a module whose forward takes a sequence of :class:`Frames`, a stream each."""


class Network(nn.Module):
    """A batch to outputs [batch, outputs], or [batch, frames, outputs] of series.

    The names of its two parts stand in the weights that bundles store.
    """

    def __init__(self, standards: Sequence[Standard], answering: nn.Module) -> None:
        super().__init__()
        self.listening = nn.ModuleList(layer_sum(standard) for standard in standards)
        self.answering = answering

    def forward(self, batch: Batch) -> Tensor:
        """Outputs of a batch, prepared or not."""
        streams = [
            Frames(part.combine(values) if batch.prepared else part(values, mask), mask, clip, rate)  # type: ignore[operator]
            for part, values, mask, clip, rate in zip(
                self.listening, batch.values, batch.masks, batch.clips, batch.rates, strict=True
            )
        ]
        outputs: Tensor = self.answering(streams)
        return outputs

    def shares(self) -> list[Tensor]:
        """Weight of each layer of each stream."""
        return [part.shares() for part in self.listening]  # type: ignore[operator]


def layer_sum(standard: Standard) -> LayerSum:
    """The module that makes one stream of an encoder's layers."""
    if standard.codebook is None:
        return LayerSum(standard.mean, standard.scale)
    return BagOfWords(standard.mean, standard.scale, standard.codebook)


def folded(network: Network) -> Network:
    """The deployable form: every part that can fold (it has ``fold()``) replaced by what it folds to."""
    deployed = copy.deepcopy(network).eval()
    _fold(deployed)
    return deployed


def _fold(module: nn.Module) -> None:
    for name, child in module.named_children():
        fold = getattr(child, "fold", None)
        if fold is None:
            _fold(child)
        else:
            setattr(module, name, fold())


def parameters(module: nn.Module) -> int:
    """How many numbers were trained."""
    return sum(parameter.numel() for parameter in module.parameters())


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on a device."""
    if device.type == "cpu":
        return batch
    values, masks, clips = (
        tuple(tensor.to(device, non_blocking=True) for tensor in tensors)
        for tensors in (batch.values, batch.masks, batch.clips)
    )
    return replace(batch, values=values, masks=masks, clips=clips)
