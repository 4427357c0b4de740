"""Diagonal state-space layer, S4D-Lin (Gu et al., 2022): a linear recurrence, computed in chunks.

Reimplementation from the published description. Each feature drives ``states / 2`` complex
oscillators x' = A x + u with A = -1/2 + i pi n at first; what is read off them is a causal convolution
as long as the recording. It is computed a chunk at a time: within the chunk as a convolution by FFT,
before it as what the oscillators still hold, so time and memory grow with the length, not faster.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

_CHUNK = 1024


class StateSpace(nn.Module):
    """[batch, frames, width] to the same, causal.

    Its decay, angles and step sizes say at which times it looks; weight decay leaves them alone.

    Args:
        width: features, each with oscillators of its own.
        states: real states a feature (twice the oscillators).
        slowest, fastest: range of the step sizes that are drawn at first.
    """

    undecayed = frozenset({"log_step", "log_decay", "turn"})

    def __init__(
        self, width: int, states: int, slowest: float = 0.001, fastest: float = 0.1
    ) -> None:
        super().__init__()
        pairs = states // 2
        spread = math.log(fastest) - math.log(slowest)
        self.log_step = nn.Parameter(torch.rand(width) * spread + math.log(slowest))
        self.log_decay = nn.Parameter(torch.full((width, pairs), math.log(0.5)))
        self.turn = nn.Parameter(math.pi * torch.arange(pairs).repeat(width, 1))
        self.read = nn.Parameter(torch.randn(width, pairs, 2) * 0.5**0.5)
        self.passed = nn.Parameter(torch.randn(width))

    def forward(self, values: Tensor) -> Tensor:
        """Frames behind a recording's end change nothing before it."""
        frames = values.shape[1]
        chunk = min(_CHUNK, frames)
        log_turn, read = self._discrete()
        place = torch.arange(chunk, device=values.device)
        powers = torch.exp(log_turn[:, :, None] * place)  # [width, pairs, chunk]
        kernel = 2 * torch.einsum("wp,wpl->wl", read, powers).real
        spectrum = torch.fft.rfft(kernel, n=2 * chunk)
        state = torch.zeros(
            len(values), *log_turn.shape, dtype=log_turn.dtype, device=values.device
        )
        parts = []
        inputs = values.transpose(1, 2).float()
        for start in range(0, frames, chunk):
            piece = inputs[:, :, start : start + chunk]
            length = piece.shape[2]
            part = torch.fft.irfft(torch.fft.rfft(piece, n=2 * chunk) * spectrum, n=2 * chunk)[
                ..., :length
            ]
            if start:
                later = powers[:, :, :length] * torch.exp(log_turn)[:, :, None]
                part = part + 2 * torch.einsum("wp,bwp,wpl->bwl", read, state, later).real
            parts.append(part)
            if start + chunk < frames:
                gathered = torch.einsum("bwl,wpl->bwp", piece.to(powers.dtype), powers.flip(2))
                state = torch.exp(log_turn * length) * state + gathered
        answer: Tensor = torch.cat(parts, 2) + self.passed[:, None] * inputs
        return answer.transpose(1, 2).to(values.dtype)

    def _discrete(self) -> tuple[Tensor, Tensor]:
        """The recurrence with zero-order hold: log of its factor and its reading, [width, pairs]."""
        turn = torch.complex(-self.log_decay.exp(), self.turn)
        stepped = turn * self.log_step.exp()[:, None]
        read = torch.view_as_complex(self.read.contiguous()) * (torch.exp(stepped) - 1) / turn
        return stepped, read
