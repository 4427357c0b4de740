"""CAM++ (Wang et al., 2023): a densely connected TDNN with context-aware masking.

The output is the frames after the second and the third dense block (both 512 wide at 50 Hz), or the
speaker embedding, which pools the latter over the clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.fbank import fbank
from paralbench.encoders.placement import Placement
from paralbench.encoders.running import Forward, running
from paralbench.encoders.state_dict import fill
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard

_BANDS = 80
_BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers and dilation of each dense block
_FIRST, _GROWTH, _NECK, _MASK, _MAPS = 128, 32, 128, 64, 32
_SEGMENT = 100  # frames of a layer's local context


class Settings(Card):
    """``output``: frames or the speaker embedding, whose size is ``embedding``."""

    output: Literal["frames", "embedding"]
    embedding: int = 192


def _normed(channels: int, affine: bool = True) -> nn.Sequential:
    parts = nn.Sequential()
    parts.add_module("batchnorm", nn.BatchNorm1d(channels, affine=affine))
    return parts


class _Residual(nn.Module):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(_MAPS, _MAPS, 3, (stride, 1), 1, bias=False)
        self.bn1 = nn.BatchNorm2d(_MAPS)
        self.conv2 = nn.Conv2d(_MAPS, _MAPS, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(_MAPS)
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut.append(nn.Conv2d(_MAPS, _MAPS, 1, (stride, 1), bias=False))
            self.shortcut.append(nn.BatchNorm2d(_MAPS))

    def forward(self, maps: Tensor) -> Tensor:
        inner = self.bn2(self.conv2(self.bn1(self.conv1(maps)).relu()))
        out: Tensor = (inner + self.shortcut(maps)).relu()
        return out


class _Front(nn.Module):
    """Two-dimensional convolutions that fold eight bands into one."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, _MAPS, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(_MAPS)
        self.layer1 = nn.Sequential(_Residual(2), _Residual(1))
        self.layer2 = nn.Sequential(_Residual(2), _Residual(1))
        self.conv2 = nn.Conv2d(_MAPS, _MAPS, 3, (2, 1), 1, bias=False)
        self.bn2 = nn.BatchNorm2d(_MAPS)

    def forward(self, bands: Tensor) -> Tensor:
        maps = self.layer2(self.layer1(self.bn1(self.conv1(bands.unsqueeze(1))).relu()))
        out: Tensor = self.bn2(self.conv2(maps)).relu().flatten(1, 2)
        return out


class _Masked(nn.Module):
    """A convolution whose channels are scaled by the clip's and the segment's mean."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(
            _NECK, _GROWTH, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.linear1 = nn.Conv1d(_NECK, _MASK, 1)
        self.linear2 = nn.Conv1d(_MASK, _GROWTH, 1)

    def forward(self, hidden: Tensor) -> Tensor:
        local = functional.avg_pool1d(hidden, _SEGMENT, _SEGMENT, ceil_mode=True)
        local = local.repeat_interleave(_SEGMENT, -1)[..., : hidden.shape[-1]]
        context = hidden.mean(-1, keepdim=True) + local
        mask = self.linear2(self.linear1(context).relu()).sigmoid()
        out: Tensor = self.linear_local(hidden) * mask
        return out


class _Dense(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1 = _normed(channels)
        self.linear1 = nn.Conv1d(channels, _NECK, 1, bias=False)
        self.nonlinear2 = _normed(_NECK)
        self.cam_layer = _Masked(dilation)

    def forward(self, hidden: Tensor) -> Tensor:
        narrow = self.linear1(self.nonlinear1(hidden).relu())
        return torch.cat([hidden, self.cam_layer(self.nonlinear2(narrow).relu())], 1)


class _Projected(nn.Module):
    """A convolution and its normalisation, in either order."""

    def __init__(self, convolution: nn.Conv1d, normed: nn.Sequential) -> None:
        super().__init__()
        self.linear = convolution
        self.nonlinear = normed


class Network(nn.Module):
    """Filterbank energies [1, frames, 80] to states, with the names of the published weights."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.output = settings.output
        self.head = _Front()
        self.xvector = nn.Module()
        first = nn.Conv1d(_MAPS * _BANDS // 8, _FIRST, 5, 2, 2, bias=False)
        self.xvector.tdnn = _Projected(first, _normed(_FIRST))
        channels = _FIRST
        for index, (layers, dilation) in enumerate(_BLOCKS, start=1):
            block = nn.Sequential()
            for layer in range(layers):
                inner = _Dense(channels + layer * _GROWTH, dilation)
                block.add_module(f"tdnnd{layer + 1}", inner)
            wide = channels + layers * _GROWTH
            channels = wide // 2
            half = _Projected(nn.Conv1d(wide, channels, 1, bias=False), _normed(wide))
            self.xvector.add_module(f"block{index}", block)
            self.xvector.add_module(f"transit{index}", half)
        self.width = channels
        self.xvector.out_nonlinear = _normed(channels)
        last = nn.Conv1d(2 * channels, settings.embedding, 1, bias=False)
        self.xvector.dense = _Projected(last, _normed(settings.embedding, affine=False))

    def forward(self, bands: Tensor) -> Tensor:
        """[2, frames, 512], or [1, 1, embedding]."""
        parts: Any = self.xvector
        hidden = self.head(bands.transpose(1, 2))
        hidden = parts.tdnn.nonlinear(parts.tdnn.linear(hidden)).relu()
        states = []
        for index in range(1, len(_BLOCKS) + 1):
            half = parts.get_submodule(f"transit{index}")
            hidden = parts.get_submodule(f"block{index}")(hidden)
            hidden = half.linear(half.nonlinear(hidden).relu())
            states.append(hidden)
        states[-1] = parts.out_nonlinear(hidden).relu()
        if self.output == "frames":
            return torch.cat(states[1:]).transpose(1, 2)
        final = states[-1]
        spread = final.std(-1) if final.shape[-1] > 1 else torch.zeros_like(final[..., 0]) + 1e-2
        pooled = torch.cat([final.mean(-1), spread], -1).unsqueeze(-1)
        out: Tensor = parts.dense.nonlinear(parts.dense.linear(pooled)).transpose(1, 2)
        return out


class CamPlusPlus:
    """CAM++ on each clip's filterbank less its mean over time, as in training."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[2, frames at 50 Hz, 512] or [1, 1, embedding] for each waveform."""
        bands = [fbank(waveform, _BANDS, "povey", 1.0) for waveform in waveforms]
        centred = [torch.from_numpy(values - values.mean(0, keepdims=True)) for values in bands]
        return [self._forward(values.unsqueeze(0)) for values in centred]


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> CamPlusPlus:
    """The network with its weights."""
    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    network = Network(settings)
    shape = (2, network.width) if settings.output == "frames" else (1, settings.embedding)
    if (card.layers, card.width) != shape or card.rate != 16000:
        raise CardError(
            f"model '{card.id}': CAM++ gives {shape[0]} layers of {shape[1]} at 16 kHz."
        )
    fill(network, weights.path, f"CAM++ of '{card.id}'")
    return CamPlusPlus(running(network, torch.zeros(1, 150, _BANDS), placement, card.id))
