"""A pickled checkpoint made into safetensors: once, on request, and in a process of its own.

A pickle can run code when it is read. Here torch's restricted unpickler reads it, which knows
tensors and plain containers and refuses all else. Should that wall have a hole, the process it
happens in may open no connection and start no program.

``python -m paralbench.encoders.conversion FILE OUT`` is that process; it prints a :class:`Report`.
"""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from paralbench.records.card import Card
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import HubWeights, ModelCard
from paralbench.system.atomic_file import atomic_path
from paralbench.system.cache_folder import default_cache
from paralbench.system.digest import file_digest
from paralbench.system.network_guard import refuse_always

NO_NUMBERS = "converted weights are keyed by their sha256"

_CONFIGS = ("config.json", "preprocessor_config.json")
_NESTED = ("state_dict", "model", "model_state")
_FORBIDDEN = ("subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn")


class Report(Card):
    """What was kept of a checkpoint, under which key it lay, and what was left out by name."""

    tensors: int
    parameters: int
    below: str = ""
    left_out: list[str] = Field(default_factory=list)


def converted(model: str) -> Path:
    """Where the converted weights of a model are looked for."""
    return default_cache() / "weights" / model


def convert(card: ModelCard, file: Path, to: Path) -> Report:
    """Write the tensors of a pickled checkpoint as ``to``/model.safetensors, its configs beside it.

    Raises:
        ParalbenchError: where the file is not the one the card pins, or holds more than tensors.
    """
    if not file.is_file():
        raise ParalbenchError(f"{file}: expected a pickled checkpoint, there is no such file.")
    _check_pin(card, file)
    target = to / "model.safetensors"
    if target.exists():
        raise ParalbenchError(f"{target} is there already; remove it or give another --to.")
    with atomic_path(target) as scratch:
        report = rewritten(file, scratch)
        for name in _CONFIGS:
            if (file.parent / name).is_file() and file.parent.resolve() != to.resolve():
                shutil.copyfile(file.parent / name, to / name)
    return report


def _check_pin(card: ModelCard, file: Path) -> None:
    pins = {
        source.sha256
        for source in card.weights
        if isinstance(source, HubWeights) and source.format == "pickle" and source.sha256
    }
    if not pins:
        return
    found = file_digest(file)
    if found not in pins:
        raise ParalbenchError(
            f"{file}: sha256 is {found[:12]}…, the card of '{card.id}' pins "
            f"{' or '.join(sorted(pin[:12] for pin in pins))}…; fetch it again."
        )


def rewritten(file: Path, out: Path) -> Report:
    """The tensors of a pickled ``file`` into ``out``, in a process of its own."""
    command = [sys.executable, "-m", __name__, str(file.resolve()), str(out.resolve())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"]
        raise ParalbenchError(f"{file}: not converted: {said[-1]}")
    return Report.checked(json.loads(done.stdout.splitlines()[-1]), f"the conversion of {file}")


def rewrite(file: Path, out: Path) -> Report:
    """The tensors of ``file`` into ``out``, in this process; raises ParalbenchError."""
    return _write(_read(file), out)


def _read(file: Path) -> Any:
    import torch

    # Checkpoints of before torch 1.6 are no archives and cannot be mapped.
    mapped = zipfile.is_zipfile(file)
    try:
        return torch.load(file, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        raise ParalbenchError(
            f"it holds more than tensors, which is refused ({_cause(error)})."
        ) from error
    except (RuntimeError, ValueError, EOFError, KeyError, AttributeError, OSError) as error:
        raise ParalbenchError(
            f"it cannot be read as a checkpoint of torch ({_cause(error)})."
        ) from error


def _cause(error: Exception) -> str:
    """The line that names what was refused, without torch's advice to trust the file."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if "Unsupported" in line or "GLOBAL" in line]
    return (named or lines or [type(error).__name__])[0][:200].rstrip(".")


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise ParalbenchError(f"reading it asked for '{event}', which a checkpoint must not.")


def _write(content: Any, out: Path) -> Report:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    below, state = _state(content)
    kept = {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}
    if not kept:
        raise ParalbenchError("it holds no tensor by name; expected a state dict.")
    for name, value in kept.items():
        if value.layout != torch.strided or value.is_quantized:
            raise ParalbenchError(
                f"its tensor '{name}' is sparse or quantised; expected a dense one."
            )
    # Tensors that share memory are written out each for itself: the names are what is loaded.
    dense = {name: value.detach().clone().contiguous() for name, value in kept.items()}
    try:
        save_file(dense, out, metadata={"format": "pt"})
    except (SafetensorError, ValueError, KeyError) as error:
        raise ParalbenchError(f"its tensors cannot be written ({_cause(error)}).") from error
    return Report(
        tensors=len(dense),
        parameters=sum(value.numel() for value in dense.values()),
        below=below,
        left_out=sorted(str(name) for name in state.keys() - kept.keys()),
    )


def _state(content: Any) -> tuple[str, dict[str, Any]]:
    """The mapping that holds the tensors, and the key it lay under; a trainer wraps its model."""
    for key in ("", *_NESTED):
        found = content if not key else content.get(key) if isinstance(content, Mapping) else None
        if isinstance(found, Mapping) and any(hasattr(one, "layout") for one in found.values()):
            return key, {str(name): value for name, value in found.items()}
    raise ParalbenchError("it holds no state dict: expected names and tensors.")


def main() -> int:
    """The process: FILE to OUT; one line of JSON, or one sentence on the error stream."""
    import torch  # noqa: F401  (its own import starts programs, which no longer works below)

    refuse_always("while a checkpoint is read")
    sys.addaudithook(_forbid)
    try:
        print(rewrite(Path(sys.argv[1]), Path(sys.argv[2])).model_dump_json())
    except ParalbenchError as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
