"""torch in fp32, the reference of all placements, and in bf16 on a CPU or a GPU.

In bf16 the weights, inputs and outputs of convolutions and matrix products are in bf16; norms,
positions and whatever else autocast excludes stay in fp32. Torch's scaled dot product sums in fp32
either way.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from paralbench.encoders.placement import Placement
from paralbench.encoders.running import Forward
from paralbench.encoders.runtimes.strided_grouped import is_strided_grouped

_PRODUCTS = (nn.Linear, nn.Conv1d, nn.Conv2d)


class _InFloat32(nn.Module):
    """A convolution kept in fp32: oneDNN's bf16 kernel for it gives wrong numbers on AMX."""

    def __init__(self, convolution: nn.Conv1d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, inputs: Tensor) -> Tensor:
        with torch.autocast(inputs.device.type, enabled=False):
            outputs: Tensor = self.convolution(inputs.float())
        return outputs


def build(module: nn.Module, example: Tensor, placement: Placement, model: str) -> Forward:
    """The module on its device, in its precision."""
    device = torch.device(placement.device)
    bf16 = placement.precision == "bf16"
    if bf16:
        for parent in list(module.modules()):
            for name, part in list(parent.named_children()):
                if is_strided_grouped(part):
                    setattr(parent, name, _InFloat32(part))
        for part in module.modules():
            if isinstance(part, _PRODUCTS) and not is_strided_grouped(part):
                part.to(torch.bfloat16)
    ready = module.to(device)

    def forward(inputs: Tensor) -> Tensor:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            states: Tensor = ready(inputs.to(device))
            return states.float()

    return forward
