"""torch itself: fp32, which every other way is compared with, and bf16 on a CPU or a GPU.

In bf16 the weights of convolutions and matrix products are kept in bf16 and so are their inputs
and outputs; norms, positions and whatever autocast deems too delicate stay in fp32. Attention is
fused where the module asks for torch's scaled dot product, which sums in fp32 either way.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from paralbench.encoders.forward import Forward
from paralbench.encoders.placement import Placement

_PRODUCTS = (nn.Linear, nn.Conv1d, nn.Conv2d)


def build(module: nn.Module, example: Tensor, placement: Placement, model: str) -> Forward:
    """The module on its device; nothing is traced, so nothing can be lost."""
    device = torch.device(placement.device)
    low = placement.precision == "bf16"
    if low:
        for part in module.modules():
            if isinstance(part, _PRODUCTS):
                part.to(torch.bfloat16)
    ready = module.to(device)

    def forward(inputs: Tensor) -> Tensor:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=low):
            states: Tensor = ready(inputs.to(device))
            return states.float()

    return forward
