"""Multiply-accumulates of one forward pass, counted where torch dispatches it.

Products, convolutions, attention, recurrent layers and Fourier transforms are counted; norms and
activations are not. The unit is the MAC of real numbers, half of what torch's counter calls flops: a
product of complex numbers is four, and a real Fourier transform of n points 1.25 n log2(n), which is
half of the usual 5 n log2(n) operations of a complex one, in MACs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log2, prod
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode


def macs(module: Callable[..., Any], *inputs: Any) -> int:
    """MACs of ``module(*inputs)``, a module or any function that calls some, without gradients."""
    aten = torch.ops.aten
    # torch runs an LSTM on a CPU as one operation of which its counter knows nothing; on a GPU all
    # layers of one. Nor does it know the attention it chooses on a CPU, nor Fourier transforms; and
    # it counts products of complex numbers as of real ones.
    known: dict[Any, Callable[..., int]] = {
        aten.mkldnn_rnn_layer: _recurrent,
        aten._cudnn_rnn: _recurrent_layers,
        aten._scaled_dot_product_flash_attention_for_cpu: _attention,
        aten._fft_r2c: _raw(_forward_transform),
        aten._fft_c2r: _raw(_backward_transform),
        aten.mm: _raw(_product),
        aten.bmm: _raw(_product),
        aten.mul: _raw(_elementwise),
    }
    counter = FlopCounterMode(display=False, custom_mapping=known)
    with torch.inference_mode(), counter:
        module(*inputs)
    return int(counter.get_total_flops()) // 2


def _raw(count: Callable[..., int]) -> Callable[..., int]:
    """The function, marked to be given tensors where torch would give it their shapes."""
    count._get_raw = True  # type: ignore[attr-defined]
    return count


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    """Scores and their sums; shapes are [batch, heads, frames, width]."""
    batch, heads, queries, width = query
    return int(2 * batch * heads * queries * key[2] * (width + value[3]))


def _recurrent(inputs: Any, of_inputs: Any, of_state: Any, *_: Any, **__: Any) -> int:
    """Both matrices, once a frame and example; arguments come as shapes [frames, batch, width]."""
    frames, batch = inputs[:2]
    return int(2 * frames * batch * sum(rows * columns for rows, columns in (of_inputs, of_state)))


def _recurrent_layers(inputs: Any, weights: Any, *_: Any, **__: Any) -> int:
    """The matrices of all layers and directions, once a frame and example; biases have one axis."""
    matrices = (shape for shape in weights if len(shape) == 2)
    return int(2 * inputs[0] * inputs[1] * sum(prod(shape) for shape in matrices))


def _forward_transform(values: Tensor, axes: Sequence[int], *_: Any, **__: Any) -> int:
    points = prod(values.shape[axis] for axis in axes)
    return _transform(values.numel() // points, points)


def _backward_transform(
    values: Tensor, axes: Sequence[int], _: int, last: int, *__: Any, **___: Any
) -> int:
    others = prod(values.shape[axis] for axis in axes[:-1])
    return _transform(values.numel() // (others * values.shape[axes[-1]]), others * last)


def _transform(rows: int, points: int) -> int:
    return round(2 * rows * 1.25 * points * log2(points)) if points > 1 else 0


def _product(left: Tensor, right: Tensor, *_: Any, **__: Any) -> int:
    """A product of two matrices, or of as many pairs."""
    return 2 * left.numel() * right.shape[-1] * (4 if left.is_complex() else 1)


def _elementwise(left: Any, right: Any, *_: Any, out_val: Tensor, **__: Any) -> int:
    """A convolution in the spectrum multiplies complex numbers one by one; others are not counted."""
    pair = all(isinstance(factor, Tensor) and factor.is_complex() for factor in (left, right))
    return 2 * 4 * out_val.numel() if pair else 0
