"""A network's weights out of a file of safetensors, or one sentence that says why they do not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor, nn

from paralbench.records.errors import CardError, ParalbenchError

State = Mapping[str, Tensor]


def fill(
    network: nn.Module,
    weights: Path | None,
    what: str,
    rename: Callable[[State], State] = lambda state: state,
) -> None:
    """Load a file of safetensors, or the model.safetensors of a folder, into ``network``.

    Args:
        network: gets every tensor; one that is missing, too many or of another shape is refused.
        weights: the file or folder.
        what: names the architecture and the model in messages.
        rename: from the names in the file to those of the network.

    Raises:
        CardError: where there are no weights.
        ParalbenchError: where the file cannot be read or is of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if weights is None:
        raise CardError(f"{what} needs weights in safetensors.")
    file = weights / "model.safetensors" if weights.is_dir() else weights
    try:
        network.load_state_dict(rename(load_file(file)))
    except (SafetensorError, RuntimeError, KeyError) as error:
        first = " ".join(str(error).split())[:200]
        raise ParalbenchError(f"{file}: cannot be read as {what} ({first})") from error
