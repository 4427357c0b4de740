"""Profiles stored in the cache: an unchanged entry on an unchanged machine is not measured again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TypeVar

from paralbench.features.spec import REDUCTIONS
from paralbench.heads import sources as head_sources
from paralbench.profiler.subject import Subject
from paralbench.records.card import Card
from paralbench.records.errors import CardError
from paralbench.records.profile import Machine
from paralbench.system import sources
from paralbench.system.atomic_file import write_atomically

METHOD = 1
"""Version of how costs are measured; costs of two versions are not laid side by side."""

C = TypeVar("C", bound=Card)


def key(subject: Subject, machine: Machine, asked: tuple[float, ...]) -> str:
    """A digest of everything that decides a profile: entry, machine, packages, method, sources.

    ``asked`` are the clip lengths and whatever else changes what is measured.
    """
    parts = [METHOD, _sources(subject), subject.key, machine.model_dump(mode="json"), asked]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def load(kind: type[C], folder: Path, name: str) -> C | None:
    """The card stored under this name; None where there is none, or it is incomplete."""
    file = _file(folder, kind, name)
    try:
        return kind.checked(json.loads(file.read_text(encoding="utf-8")), str(file))
    except (FileNotFoundError, json.JSONDecodeError, CardError):
        return None


def save(card: Card, folder: Path, name: str) -> None:
    """Store it, atomically."""
    write_atomically(_file(folder, type(card), name), card.model_dump_json())


def _file(folder: Path, kind: type[Card], name: str) -> Path:
    return folder / "profiles" / f"{kind.__name__.lower()}-{name[:32]}.json"


def _sources(subject: Subject) -> str:
    """Of all code that is measured, or measures; an encoder's own are in its identity."""
    kind = REDUCTIONS[subject.layout.spec.kind]
    modules = sources.reached(
        "paralbench.profiler.costs", kind, *head_sources(subject.head),
        without=("paralbench.encoders",),
        skip=lambda module: module.startswith(("paralbench.records", "paralbench.system")),
    )  # fmt: skip
    return sources.digest(modules)
