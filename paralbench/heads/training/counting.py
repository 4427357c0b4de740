"""Multiply-accumulates of one forward pass, counted where torch dispatches it.

Products, convolutions, attention and recurrent layers are counted; Fourier transforms, norms and
activations are not. The unit is MACs, half of what torch's counter calls flops.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode


def macs(module: Callable[..., Any], *inputs: Any) -> int:
    """MACs of ``module(*inputs)``, a module or any function that calls some, without gradients."""
    # torch runs an LSTM on a CPU as one operation of which its counter knows nothing; on a GPU all
    # layers of one. Nor does it know the attention it chooses on a CPU.
    known = {
        torch.ops.aten.mkldnn_rnn_layer: _recurrent,
        torch.ops.aten._cudnn_rnn: _recurrent_layers,
        torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention,
    }
    counter = FlopCounterMode(display=False, custom_mapping=known)
    with torch.inference_mode(), counter:
        module(*inputs)
    return int(counter.get_total_flops()) // 2


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    """Scores and their sums; shapes are [batch, heads, frames, width]."""
    batch, heads, asked, width = query
    return int(2 * batch * heads * asked * key[2] * (width + value[3]))


def _recurrent(inputs: Any, hears: Any, remembers: Any, *_: Any, **__: Any) -> int:
    """Both matrices, once a frame and example; arguments come as shapes [frames, batch, width]."""
    frames, batch = inputs[:2]
    return int(2 * frames * batch * sum(rows * columns for rows, columns in (hears, remembers)))


def _recurrent_layers(inputs: Any, weights: Any, *_: Any, **__: Any) -> int:
    """The matrices of all layers and directions, once a frame and example; biases have one axis."""
    return int(2 * inputs[0] * inputs[1] * sum(prod(one) for one in weights if len(one) == 2))
