"""Loading a network's weights from a file of safetensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor, nn

from paralbench.records.errors import CardError, ParalbenchError

State = Mapping[str, Tensor]


def fill(
    network: nn.Module,
    weights: Path | None,
    description: str,
    rename: Callable[[State], State] = lambda state: state,
) -> None:
    """Load a file of safetensors, or the model.safetensors of a folder, into ``network``.

    Args:
        network: must have exactly the tensors of the file, in their shapes.
        weights: the file or folder.
        description: names the architecture and the model in messages.
        rename: from the state dict of the file to that of the network.

    Raises:
        CardError: where there are no weights.
        ParalbenchError: where the file cannot be read or is of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if weights is None:
        raise CardError(f"{description} needs weights in safetensors.")
    file = weights / "model.safetensors" if weights.is_dir() else weights
    try:
        network.load_state_dict(rename(load_file(file)))
    except (SafetensorError, RuntimeError, KeyError) as error:
        first = " ".join(str(error).split())[:200]
        raise ParalbenchError(f"{file}: cannot be read as {description} ({first})") from error
