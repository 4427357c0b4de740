"""Model inputs: from a waveform to what the model's own feature extractor returns for one clip.

A clip is never padded to another's length. For a model that was trained on inputs of one length
only, the input is padded to it, and the card's policy declares so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from paralbench.encoders.encoder import Waveform
from paralbench.encoders.fbank import FRAME, HOP, fbank
from paralbench.encoders.mel import filterbank

ModelInput: TypeAlias = Callable[[Waveform], Tensor]
"""Waveform [samples] at the card's rate to model input [1, ...], float32."""


@dataclass(frozen=True)
class Samples:
    """The waveform [1, samples], at zero mean and unit variance where ``normalise``."""

    normalise: bool

    def __call__(self, waveform: Waveform) -> Tensor:
        if self.normalise:
            waveform = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7)
        return torch.from_numpy(np.ascontiguousarray(waveform, np.float32)).unsqueeze(0)


@dataclass(frozen=True)
class WhisperMel:
    """Whisper's log-mel [1, bands, samples // 160] (Radford et al., 2022), clipped 8 below its peak.

    Equal to transformers' ``WhisperFeatureExtractor`` without its padding, whose import takes 0.25 s
    more, and each clip half as long again (0.52 instead of 0.34 ms of processor time for a second).

    ``seconds``: the length to which the waveform is padded with silence; None for no padding.
    """

    bands: int
    rate: int
    seconds: float | None

    def __call__(self, waveform: Waveform) -> Tensor:
        samples = torch.from_numpy(waveform)
        if self.seconds is not None:
            missing = round(self.seconds * self.rate) - len(samples)
            samples = functional.pad(samples, (0, max(0, missing)))
        spectrum = torch.stft(samples, FRAME, HOP, window=self._window, return_complex=True)
        energies = self._filters @ spectrum[:, :-1].abs().square()
        levels = energies.clamp_min(1e-10).log10()
        return ((levels.clamp_min(float(levels.max()) - 8.0) + 4.0) / 4.0).unsqueeze(0)

    @cached_property
    def _window(self) -> Tensor:
        return torch.hann_window(FRAME)

    @cached_property
    def _filters(self) -> Tensor:
        return torch.from_numpy(filterbank(self.rate, FRAME, self.bands).astype(np.float32))


@dataclass(frozen=True)
class StackedFbank:
    """w2v-BERT's input [1, frames, bands * 2] at 50 Hz: two frames of Kaldi's filterbank side by
    side, each band at zero mean and unit variance over the clip. An odd last frame is dropped."""

    bands: int

    def __call__(self, waveform: Waveform) -> Tensor:
        energies = fbank(waveform, self.bands, "povey", scale=32768.0)
        normalised = (energies - energies.mean(0)) / np.sqrt(energies.var(0, ddof=1) + 1e-7)
        even = len(normalised) // 2 * 2
        return torch.from_numpy(normalised[:even].reshape(1, -1, self.bands * 2))


@dataclass(frozen=True)
class FilledFbank:
    """AST's input [1, frames, bands]: Kaldi's filterbank padded with zeros to ``frames``, and where
    ``normalise`` less ``mean`` and divided by twice ``deviation``."""

    bands: int
    frames: int
    normalise: bool
    mean: float
    deviation: float

    def __call__(self, waveform: Waveform) -> Tensor:
        energies = torch.from_numpy(fbank(waveform, self.bands, "hann", scale=1.0))
        padded = functional.pad(energies, (0, 0, 0, self.frames - len(energies)))
        if self.normalise:
            padded = (padded - self.mean) / (self.deviation * 2)
        return padded.unsqueeze(0)
