"""The provenance of a result: code, packages, machine."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

import paralbench
from paralbench.records.card import Card
from paralbench.records.result import Provenance
from paralbench.results import key
from paralbench.results.key import DESCRIPTIVE

NO_NUMBERS = "it records code, packages and machine"

_PACKAGES = (
    "numpy",
    "scipy",
    "torch",
    "transformers",
    "soundfile",
    "soxr",
    "av",
    "opensmile",
    "openvino",
    "onnxruntime",
)
_INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_int8", "asimd", "sve", "bf16")


def card_digest(card: Card) -> str:
    """A digest of a card's settings, without what describes it and keys at their default.

    Results thus remain valid after a better description and after new optional keys.
    """
    content = card.model_dump_json(exclude_defaults=True, exclude=set(DESCRIPTIVE))
    return hashlib.sha256(content.encode()).hexdigest()


def provenance(
    task_card: Card, components: Mapping[str, str], seconds: Mapping[str, float]
) -> Provenance:
    """The provenance of a result made now.

    Args:
        task_card: the entry's task card.
        components: the components of the entry's key.
        seconds: duration of each step.
    """
    code = {name: value for name, value in components.items() if name.endswith(".sources")}
    return Provenance(
        paralbench=paralbench.__version__,
        engine=key.name(code),
        key=dict(components),
        task_card=card_digest(task_card),
        python=platform.python_version(),
        packages=packages(),
        hardware=hardware(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds={name: round(value, 3) for name, value in seconds.items()},
    )


def packages() -> dict[str, str]:
    """Versions of the installed packages that affect scores."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def hardware() -> dict[str, Any]:
    """Processor, cores, memory in GiB, and instruction sets relevant to encoders."""
    processor = _read("/proc/cpuinfo")
    model = re.search(r"model name\s*:\s*(.+)", processor)
    flags = re.search(r"(?:flags|Features)\s*:\s*(.+)", processor)
    memory = re.search(r"MemTotal:\s*(\d+)", _read("/proc/meminfo"))
    return {
        "processor": model[1].strip() if model else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": (
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        ),
        "memory_gib": round(
            int(memory[1]) / 2**20 if memory else psutil.virtual_memory().total / 2**30, 1
        ),
        "instructions": [name for name in _INSTRUCTIONS if flags and name in flags[1].split()],
        "system": platform.system(),
        "machine": platform.machine(),
    }


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError:
        return ""
