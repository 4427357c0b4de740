"""Strided convolutions in groups, which oneDNN computes wrongly in bf16 on processors with AMX.

With torch 2.13 and OpenVINO 2026, SEW's positional convolution is unrelated to the fp32 result
(cosine 0), while all other layers agree to 1e-4. With the instruction set limited below AMX
(``ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16``) the result is right.
"""

from __future__ import annotations

from typing import TypeGuard

from torch import nn


def is_strided_grouped(module: nn.Module) -> TypeGuard[nn.Conv1d]:
    """Whether a module is a convolution of that kind."""
    return isinstance(module, nn.Conv1d) and module.groups > 1 and module.stride[0] > 1
