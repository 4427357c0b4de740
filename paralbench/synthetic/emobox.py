"""Lists of test files as EmoBox writes them, dealt at random: they let speakers and words cross."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def write_lists(
    root: Path, name: str, keys: Sequence[str], folds: int, rng: np.random.Generator
) -> None:
    """Write emobox/<name>/fold_<n>/ below ``root``; a single fold tests a quarter of the files."""
    dealt = rng.permutation(len(keys)) % max(folds, 4)
    for fold in range(folds):
        file = root / "emobox" / name / f"fold_{fold + 1}" / f"{name}_test_fold_{fold + 1}.jsonl"
        file.parent.mkdir(parents=True)
        tested = [key for key, number in zip(keys, dealt, strict=True) if number == fold]
        rows = [json.dumps({"key": f"{name}-{key}", "dataset": name}) for key in tested]
        file.write_text("\n".join(rows) + "\n", encoding="utf-8")
