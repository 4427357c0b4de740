"""Compressed weights: what is kept of a trained matrix, and the layer that computes with it.

Post-training, without data. int8: a scale an output row. Ternary: -1, 0 or 1 times a scale an output
row (Li et al., 2016: zero below 0.7 of the mean magnitude). Blocks: the weakest square blocks by norm
are left out and not stored.
"""

from __future__ import annotations

import copy
import math
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

Form = Literal["int8", "ternary", "blocks"]
_THRESHOLD = 0.7
_BLOCK, _KEPT = 8, 0.5


class Int8(nn.Module):
    """[rows, columns] as bytes."""

    codes: Tensor
    scale: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        scale = weight.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
        self.register_buffer("codes", (weight / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)

    def weight(self) -> Tensor:
        """The matrix it stands for."""
        return self.codes.float() * self.scale


class Ternary(nn.Module):
    """[rows, columns] as four signs a byte."""

    codes: Tensor
    scale: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        size = weight.abs()
        kept = size > _THRESHOLD * size.mean(1, keepdim=True)
        scale = (size * kept).sum(1, keepdim=True) / kept.sum(1, keepdim=True).clamp_min(1)
        signs = (weight.sign() * kept + 1).to(torch.uint8).flatten()
        padded = nn.functional.pad(signs, (0, -len(signs) % 4)).view(-1, 4)
        places = torch.tensor([1, 4, 16, 64], dtype=torch.uint8)
        self.register_buffer("codes", (padded * places).sum(1, dtype=torch.uint8))
        self.register_buffer("scale", scale)
        self.columns = weight.shape[1]

    def weight(self) -> Tensor:
        """The matrix it stands for."""
        places = torch.tensor([1, 4, 16, 64], dtype=torch.uint8, device=self.codes.device)
        signs = (self.codes[:, None] // places % 4).flatten()
        rows = len(self.scale)
        return (signs[: rows * self.columns].view(rows, -1).float() - 1) * self.scale


class Blocks(nn.Module):
    """[rows, columns] as the strongest of its square blocks and where they stand."""

    values: Tensor
    places: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.rows, self.columns = weight.shape
        grid = _blocked(weight)
        strength = grid.square().sum((2, 3)).flatten()
        kept = max(1, round(_KEPT * len(strength)))
        places = strength.topk(kept).indices.sort().values
        self.register_buffer("values", grid.flatten(0, 1)[places])
        self.register_buffer("places", places.to(torch.int32))

    def weight(self) -> Tensor:
        """The matrix it stands for, zero where a block was left out."""
        down, across = math.ceil(self.rows / _BLOCK), math.ceil(self.columns / _BLOCK)
        grid = self.values.new_zeros(down * across, _BLOCK, _BLOCK)
        grid[self.places.long()] = self.values
        whole = grid.view(down, across, _BLOCK, _BLOCK).transpose(1, 2)
        return whole.reshape(down * _BLOCK, across * _BLOCK)[: self.rows, : self.columns]


def _blocked(weight: Tensor) -> Tensor:
    """[rows, columns] padded with zeros to [down, across, block, block]."""
    short = (0, -weight.shape[1] % _BLOCK, 0, -weight.shape[0] % _BLOCK)
    padded = nn.functional.pad(weight, short)
    grid = padded.view(padded.shape[0] // _BLOCK, _BLOCK, padded.shape[1] // _BLOCK, _BLOCK)
    return grid.transpose(1, 2)


Whole = TypeVar("Whole", bound=nn.Module)

_KINDS: dict[Form, type[Int8 | Ternary | Blocks]] = {
    "int8": Int8, "ternary": Ternary, "blocks": Blocks,
}  # fmt: skip


class CompressedLinear(nn.Module):
    """A linear layer whose weight is decoded as it is used."""

    def __init__(self, linear: nn.Linear, form: Form) -> None:
        super().__init__()
        self.kept = _KINDS[form](linear.weight.detach())
        self.bias = linear.bias

    def forward(self, values: Tensor) -> Tensor:
        """[..., columns] to [..., rows]."""
        return nn.functional.linear(values, self.kept.weight(), self.bias)


def compressed(network: Whole, form: Form) -> Whole:
    """A copy whose linear layers are compressed; what else it has stays as it is.

    Raises:
        ValueError: where it has no linear layer.
    """
    whole = copy.deepcopy(network).eval()
    if not _compress(whole, form):
        raise ValueError("there is no linear layer to compress")
    return whole


def _compress(module: nn.Module, form: Form) -> int:
    done = 0
    for name, child in module.named_children():
        if type(child) is nn.Linear:
            setattr(module, name, CompressedLinear(child, form))
            done += 1
        else:
            done += _compress(child, form)
    return done


def size(module: nn.Module) -> int:
    """Bytes of all that is stored of a module: parameters and buffers."""
    kept = [*module.parameters(), *module.buffers()]
    return sum(one.numel() * one.element_size() for one in kept)
