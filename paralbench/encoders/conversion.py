"""Conversion of a pickled checkpoint to safetensors, once, on request, in a separate process.

A pickle can run code when it is read. torch's restricted unpickler reads it, which accepts tensors
and plain containers only. In case the unpickler has a hole, its process can open no connection,
start no program and write no file, and its memory is limited by the checkpoint's size.

``python -m paralbench.encoders.conversion FILE OUT`` is that process; it prints a :class:`Report`.
"""

from __future__ import annotations

import json
import os
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
from paralbench.system.memory_cap import memory_capped
from paralbench.system.network_guard import refuse_always

NO_NUMBERS = "converted weights are keyed by their sha256"

_CONFIGS = ("config.json", "preprocessor_config.json")
_NESTED = ("state_dict", "model", "model_state")
_FORBIDDEN = (
    "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile",
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.chown", "os.utime", "os.setxattr", "os.removexattr", "os.chflags", "shutil.",
    "tempfile.", "sqlite3.",
)  # fmt: skip
"""Audit events that are refused. safetensors writes the result without one."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_TIED = 4
"""How often the tensors may hold the file's bytes: weights that are shared are stored once."""
_SPARE = 2 * 2**30
"""Bytes of memory beyond the checkpoint's own."""


class Report(Card):
    """The tensors written, the checkpoint's key they were under, and the names left out."""

    tensors: int
    parameters: int
    below: str = ""
    left_out: list[str] = Field(default_factory=list)


def converted_folder(model: str) -> Path:
    """The folder in which converted weights of a model are searched."""
    return default_cache() / "weights" / model


def convert(card: ModelCard, file: Path, to: Path) -> Report:
    """Write the tensors of a pickled checkpoint as ``to``/model.safetensors, its configs beside it.

    Raises:
        ParalbenchError: where the file is not the one the card pins, or holds more than tensors.
    """
    if not file.is_file():
        raise ParalbenchError(f"{file}: expected a pickled checkpoint, there is no such file.")
    pins = {
        source.sha256
        for source in card.weights
        if isinstance(source, HubWeights) and source.format == "pickle" and source.sha256
    }
    if pins and (digest := file_digest(file)) not in pins:
        raise ParalbenchError(
            f"{file}: sha256 is {digest[:12]}…, the card of '{card.id}' pins "
            f"{' or '.join(sorted(pin[:12] for pin in pins))}…; fetch it again."
        )
    target = to / "model.safetensors"
    if target.exists():
        raise ParalbenchError(f"{target} exists already; remove it or give another --to.")
    with atomic_path(target) as scratch:
        report = convert_file(file, scratch)
        for name in _CONFIGS:
            if (file.parent / name).is_file() and file.parent.resolve() != to.resolve():
                shutil.copyfile(file.parent / name, to / name)
    return report


def convert_file(file: Path, out: Path) -> Report:
    """Write the tensors of a pickled ``file`` to ``out`` in a separate process."""
    command = [sys.executable, "-m", __name__, str(file.resolve()), str(out.resolve())]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        messages = process.stderr.strip().splitlines()
        message = messages[-1] if messages else f"it ended with code {process.returncode}"
        raise ParalbenchError(f"{file}: not converted: {message}")
    return Report.checked(json.loads(process.stdout.splitlines()[-1]), f"the conversion of {file}")


def _load(file: Path) -> Any:
    import torch

    mapped = zipfile.is_zipfile(file)  # before torch 1.6 a checkpoint was no archive
    try:
        return torch.load(file, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        raise ParalbenchError(
            f"it holds more than tensors, which is refused ({_cause(error)})."
        ) from error
    except (
        RuntimeError, ValueError, EOFError, KeyError, AttributeError, OSError, MemoryError,
    ) as error:  # fmt: skip
        raise ParalbenchError(
            f"it cannot be read as a checkpoint of torch ({_cause(error)})."
        ) from error


def _cause(error: Exception) -> str:
    """The line that names what was refused, without torch's advice to trust the file."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if "Unsupported" in line or "GLOBAL" in line]
    return (named or lines or [type(error).__name__])[0][:200].rstrip(".")


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    written = event == "open" and arguments[2] & _WRITING
    if written or event.startswith(_FORBIDDEN):
        event = f"open {arguments[0]} to write" if written else event
        raise ParalbenchError(f"reading it asked for '{event}', which a checkpoint must not.")


def rewrite(file: Path, out: Path) -> Report:
    """Write the tensors of ``file`` to ``out`` in this process; raises ParalbenchError."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    below, state = _state(_load(file))
    tensors = {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}
    if not tensors:
        raise ParalbenchError("it holds no tensor by name; expected a state dict.")
    for name, value in tensors.items():
        if value.layout != torch.strided or value.is_quantized:
            raise ParalbenchError(
                f"its tensor '{name}' is sparse or quantised; expected a dense one."
            )
    claimed = sum(value.numel() * value.element_size() for value in tensors.values())
    if claimed > _TIED * file.stat().st_size:
        raise ParalbenchError(
            f"its tensors claim {claimed} bytes, the file has {file.stat().st_size}; "
            f"expected at most {_TIED} times as many."
        )
    # safetensors refuses tensors that share memory, so each is cloned.
    dense = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    try:
        save_file(dense, out, metadata={"format": "pt"})
    except (SafetensorError, ValueError, KeyError) as error:
        raise ParalbenchError(f"its tensors cannot be written ({_cause(error)}).") from error
    return Report(
        tensors=len(dense),
        parameters=sum(value.numel() for value in dense.values()),
        below=below,
        left_out=sorted(str(name) for name in state.keys() - tensors.keys()),
    )


def _state(content: Any) -> tuple[str, dict[str, Any]]:
    """The mapping that holds the tensors, and its key in a trainer's checkpoint or ''."""
    for key in ("", *_NESTED):
        state = content if not key else content.get(key) if isinstance(content, Mapping) else None
        if isinstance(state, Mapping) and any(hasattr(v, "layout") for v in state.values()):
            return key, {str(name): value for name, value in state.items()}
    raise ParalbenchError("it holds no state dict: expected names and tensors.")


def main() -> int:
    """Convert FILE to OUT; print one line of JSON, or one sentence on the error stream."""
    # Their import starts programs, which is forbidden below.
    from safetensors.torch import save_file  # noqa: F401

    file, out = Path(sys.argv[1]), Path(sys.argv[2])
    sys.dont_write_bytecode = True
    refuse_always("while a checkpoint is read")
    try:
        with memory_capped(2 * _TIED * file.stat().st_size + _SPARE):
            sys.addaudithook(_forbid)
            print(rewrite(file, out).model_dump_json())
    except ParalbenchError as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
