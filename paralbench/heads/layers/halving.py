"""A convolutional front: it mixes neighbouring frames and halves their rate."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Halving(nn.Module):
    """[batch, frames, inputs] to [batch, ceil(frames / 2 ** times), width], and the mask likewise.

    Each of the ``times`` layers is a convolution over 3 frames with a step of 2, a norm and a ReLU;
    with none of them it is one linear layer. With ``keep`` the steps are 1, so that every frame
    keeps an answer of its own.
    """

    def __init__(self, inputs: int, width: int, times: int, keep: bool = False) -> None:
        super().__init__()
        self.step = 1 if keep else 2
        self.project = nn.Linear(inputs, width)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, width, 3, stride=self.step, padding=1) for _ in range(times)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(times))

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Frames outside ``mask`` [batch, frames] count as zeros."""
        values = self.project(values)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            mixed = convolution((values * mask[:, :, None]).transpose(1, 2)).transpose(1, 2)
            values, mask = functional.relu(norm(mixed)), mask[:, :: self.step]
        return values, mask
