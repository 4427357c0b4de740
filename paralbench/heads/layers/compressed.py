"""Compressed weights: how a trained matrix is stored, and the layers that compute with it.

Post-training, without data. int8: a scale an output row. Ternary: -1, 0 or 1 times a scale an output
row (Li et al., 2016: zero below 0.7 of the mean magnitude). Blocks: the weakest square blocks by norm
are left out and not stored.
"""

from __future__ import annotations

import copy
import math
from typing import Any, Literal, TypeVar

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
        """The decoded matrix."""
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
        """The decoded matrix."""
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
        """The decoded matrix, zero where a block was left out."""
        down, across = math.ceil(self.rows / _BLOCK), math.ceil(self.columns / _BLOCK)
        grid = self.values.new_zeros(down * across, _BLOCK, _BLOCK)
        grid[self.places.long()] = self.values
        rows = grid.view(down, across, _BLOCK, _BLOCK).transpose(1, 2)
        return rows.reshape(down * _BLOCK, across * _BLOCK)[: self.rows, : self.columns]


def _blocked(weight: Tensor) -> Tensor:
    """[rows, columns] padded with zeros to [down, across, block, block]."""
    short = (0, -weight.shape[1] % _BLOCK, 0, -weight.shape[0] % _BLOCK)
    padded = nn.functional.pad(weight, short)
    grid = padded.view(padded.shape[0] // _BLOCK, _BLOCK, padded.shape[1] // _BLOCK, _BLOCK)
    return grid.transpose(1, 2)


M = TypeVar("M", bound=nn.Module)

_KINDS: dict[Form, type[Int8 | Ternary | Blocks]] = {
    "int8": Int8, "ternary": Ternary, "blocks": Blocks,
}  # fmt: skip


class CompressedLayer(nn.Module):
    """A linear layer or a convolution whose weight is decoded each time it is used."""

    def __init__(self, layer: nn.Linear | nn.Conv1d, form: Form) -> None:
        super().__init__()
        self.shape = layer.weight.shape
        self.kept = _KINDS[form](layer.weight.detach().flatten(1))
        self.bias = layer.bias
        self.stride = layer.stride if isinstance(layer, nn.Conv1d) else None
        if isinstance(layer, nn.Conv1d):
            self.padding, self.groups = layer.padding, layer.groups

    @property
    def weight(self) -> Tensor:
        """Decoded, in the layer's own shape."""
        return self.kept.weight().view(self.shape)

    def forward(self, values: Tensor) -> Tensor:
        """As the layer's."""
        if self.stride is None:
            return nn.functional.linear(values, self.weight, self.bias)
        return nn.functional.conv1d(
            values, self.weight, self.bias, self.stride, self.padding, 1, self.groups
        )


class CompressedRecurrence(nn.Module):
    """An LSTM or GRU whose matrices are decoded each time it is used."""

    def __init__(self, layer: nn.LSTM | nn.GRU, form: Form) -> None:
        super().__init__()
        self.layer = copy.deepcopy(layer)
        self.names = list(layer._flat_weights_names)
        self.kept = nn.ModuleDict()
        self.biases = nn.ParameterDict()
        for name in self.names:
            parameter = self.layer._parameters.pop(name)
            assert parameter is not None
            if parameter.ndim > 1:
                self.kept[name] = _KINDS[form](parameter.detach())
            else:
                self.biases[name] = parameter
        self.layer._flat_weights = []

    def forward(self, values: Tensor) -> tuple[Tensor, Any]:
        """Outputs and last state, as the layer's."""
        layer = self.layer
        rows = values.shape[0 if layer.batch_first else 1]
        copies = layer.num_layers * (2 if layer.bidirectional else 1)
        state = values.new_zeros(copies, rows, layer.hidden_size)
        weights = [
            self.kept[name].weight() if name in self.kept else self.biases[name]  # type: ignore[operator]
            for name in self.names
        ]
        shared = (
            weights, layer.bias, layer.num_layers, 0.0, False, layer.bidirectional,
            layer.batch_first,
        )  # fmt: skip
        if isinstance(layer, nn.LSTM):
            outputs, hidden, cell = torch.lstm(values, (state, state), *shared)
            return outputs, (hidden, cell)
        outputs, hidden = torch.gru(values, state, *shared)
        return outputs, hidden


def compressed(network: M, form: Form) -> M:
    """A copy whose linear, convolutional and recurrent layers are compressed.

    Norms, biases and parameters that belong to no such layer stay as they are.

    Raises:
        ValueError: where it has no such layer, or a layer whose weights cannot be compressed.
    """
    smaller = copy.deepcopy(network).eval()
    if not _compress(smaller, form):
        raise ValueError("there is no linear, convolutional or recurrent layer to compress")
    return smaller


def _compress(module: nn.Module, form: Form) -> int:
    done = 0
    for name, child in module.named_children():
        if type(child) is nn.Linear or type(child) is nn.Conv1d:
            setattr(module, name, CompressedLayer(child, form))
            done += 1
        elif type(child) in (nn.LSTM, nn.GRU):
            assert isinstance(child, nn.LSTM | nn.GRU)
            setattr(module, name, CompressedRecurrence(child, form))
            done += 1
        elif type(child).__module__.startswith("torch.nn") and any(
            parameter.ndim > 1 for parameter in child.parameters(recurse=False)
        ):
            raise ValueError(f"the weights of a {type(child).__name__} cannot be compressed")
        else:
            done += _compress(child, form)
    return done


def size(module: nn.Module) -> int:
    """Bytes of all that is stored of a module: parameters and buffers."""
    stored = [*module.parameters(), *module.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in stored)
