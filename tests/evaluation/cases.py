"""Small tasks and corpora for the tests of the evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from paralbench.evaluation.selection import Selection, select
from paralbench.records.example import Clip, Example
from paralbench.records.task_card import TaskCard

PROTOCOL = {
    "kind": "leave-one-group-out", "by": "speaker", "never_cross": ["speaker"], "cluster": "speaker",
}  # fmt: skip
CLASSES = {"kind": "class", "label": "target", "classes": ["a", "b"]}
NUMBERS = {"kind": "number", "label": "target"}


def task(
    protocol: dict[str, Any] | None = None, target: dict[str, Any] | None = None, **more: Any
) -> TaskCard:
    """A task card with what a test cares for."""
    target = CLASSES if target is None else target
    numbers = target["kind"] == "number"
    return TaskCard.checked(
        {
            "id": "toy-task", "version": 1, "corpus": "toy", "title": "t", "about": "a", "term": "short",
            "target": target, "protocol": PROTOCOL if protocol is None else protocol,
            "metrics": {"ranking": "ccc" if numbers else "uar", "report": ["ccc"] if numbers else ["uar", "wa"]},
            **more,
        },
        "test",
    )  # fmt: skip


def example(name: str, target: Any = "a", partition: str | None = None, **groups: str) -> Example:
    """An example without audio."""
    return Example(
        name, (Clip(Path(f"{name}.wav")),), {"target": target}, groups, partition=partition
    )


def selected(examples: Sequence[Example], protocol: dict[str, Any], **more: Any) -> Selection:
    """The selection of a class task under a protocol."""
    return select(task(protocol, **more), examples)


def write_tone(file: Path, high: bool, rng: np.random.Generator, seconds: float = 0.3) -> None:
    """A noisy tone; two classes can be told by its pitch."""
    time = np.arange(round(seconds * 16000)) / 16000
    pitch = (900 if high else 300) * rng.uniform(0.9, 1.1)
    signal = 0.2 * np.sin(2 * np.pi * pitch * time) + 0.05 * rng.standard_normal(len(time))
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, signal.astype(np.float32), 16000, subtype="PCM_16")
