"""The Conformer's convolution module (Gulati et al., 2020)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class ConvolutionModule(nn.Module):
    """Gated projection, depthwise convolution over time, norm, Swish, projection.

    The norm behind the convolution is a LayerNorm where the paper has BatchNorm: what a batch norm
    says of an example depends on the padding and on the examples beside it.

    Args:
        width: of a frame.
        kernel: odd, in frames.

    Raises:
        ValueError: for an even kernel.
    """

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"a kernel of {kernel} frames has no middle; it must be odd")
        self.gate = nn.Linear(width, 2 * width)
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, width)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """[batch, frames, width]; frames outside ``mask`` [batch, frames] count as zeros."""
        gated = functional.glu(self.gate(values)) * mask[:, :, None]
        mixed = self.depthwise(gated.transpose(1, 2)).transpose(1, 2)
        answer: Tensor = self.project(functional.silu(self.norm(mixed)))
        return answer
