"""The Conformer's convolution module and the halving front against plain loops."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from paralbench.heads.layers.convolution import ConvolutionModule
from paralbench.heads.layers.halving import Halving

FRAMES, WIDTH = 7, 4


def _normed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean(1, keepdims=True)
    return np.asarray(centred / np.sqrt(values.var(1, keepdims=True) + 1e-5))


def _weights(module: nn.Module) -> list[NDArray[np.float32]]:
    return [parameter.detach().numpy() for parameter in module.parameters()]


def test_the_module_is_gate_convolution_norm_swish_projection() -> None:
    torch.manual_seed(0)
    module, values = ConvolutionModule(WIDTH, 3), torch.randn(1, FRAMES, WIDTH)
    mask = torch.tensor([[True] * 5 + [False] * 2])
    with torch.no_grad():
        got = module(values, mask).numpy()[0]
    (gate, shift), (kernel, bias) = _weights(module.gate), _weights(module.depthwise)
    passed = values.numpy()[0] @ gate.T + shift
    gated = passed[:, :WIDTH] / (1 + np.exp(-passed[:, WIDTH:])) * mask.numpy()[0][:, None]
    around = np.pad(gated, ((1, 1), (0, 0)))
    mixed = np.stack([(around[at : at + 3] * kernel[:, 0].T).sum(0) + bias for at in range(FRAMES)])
    normed = _normed(mixed)
    project, last = _weights(module.project)
    assert np.allclose(got, (normed / (1 + np.exp(-normed))) @ project.T + last, atol=1e-5)


def test_an_even_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="it must be odd"):
        ConvolutionModule(WIDTH, 4)


@pytest.mark.parametrize(("keep", "step"), [(False, 2), (True, 1)])
def test_the_front_takes_three_frames_every_other_frame(keep: bool, step: int) -> None:
    torch.manual_seed(0)
    front, values = Halving(WIDTH, WIDTH, 1, keep), torch.randn(1, FRAMES, WIDTH)
    mask = torch.tensor([[True] * 5 + [False] * 2])
    with torch.no_grad():
        got, present = front(values, mask)
    project, shift = _weights(front.project)
    recorded = (values.numpy()[0] @ project.T + shift) * mask.numpy()[0][:, None]
    kernel, bias = _weights(cast(nn.Conv1d, front.convolutions[0]))
    around = np.pad(recorded, ((1, 1), (0, 0)))
    mixed = np.stack(
        [
            np.einsum("tc,oct->o", around[at : at + 3], kernel) + bias
            for at in range(0, FRAMES, step)
        ]
    )
    assert np.allclose(got.numpy()[0], np.maximum(_normed(mixed), 0), atol=1e-5)
    assert present[0].tolist() == mask[0, ::step].tolist()
