"""From a pickled checkpoint to safetensors: tensors only, no code of the checkpoint is run."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

from paralbench.records.errors import ParalbenchError


def convert(source: Path, target: Path) -> None:
    """Write all tensors of a checkpoint, or of the one mapping of tensors in it, as safetensors.

    Raises:
        ParalbenchError: for a file that holds anything but data, or no tensors.
    """
    import torch
    from safetensors.torch import save_file

    try:
        content = torch.load(source, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise ParalbenchError(f"{source}: not a checkpoint of tensors alone; not read.") from error
    for held in (content, *(content.values() if isinstance(content, Mapping) else ())):
        if isinstance(held, Mapping):
            found = {k: v for k, v in held.items() if isinstance(v, torch.Tensor)}
            if found:
                save_file({k: v.clone().contiguous() for k, v in found.items()}, target)
                return
    raise ParalbenchError(f"{source}: holds no tensors by name.")
