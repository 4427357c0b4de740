"""What a submission replaces on the board, compared with what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from paralbench.results import files
from paralbench.submission.contents import Contents
from paralbench.submission.problem import Problem
from paralbench.submission.siblings import Sibling


def replaced(
    actual: Sequence[Sibling], previous: Sequence[Sibling]
) -> tuple[list[str], list[Problem]]:
    """A note on each result that another stands in the place of; other data and fewer seeds are refused."""
    before = {result.name: result for result in previous}
    notes, problems = [], []
    for result in actual:
        old = before.get(result.name)
        if old is None or (old.entry, old.outputs) == (result.entry, result.outputs):
            continue
        notes.append(f"{result.name}: replaces {_summary(old)} by {_summary(result)}")
        problems += [Problem(result.name, *fault) for fault in _worse(result, old)]
    return notes, problems


def _worse(new: Sibling, old: Sibling) -> Iterator[tuple[str, str]]:
    if new.fingerprint != old.fingerprint:
        yield "data.fingerprint", "replaces a result of other data; the board keeps the first"
    if len(new.outputs) < len(old.outputs):
        yield (
            "seeds",
            f"replaces a result of {len(old.outputs)} seeds, expected as many, got {len(new.outputs)}",
        )


def _summary(result: Sibling) -> str:
    return f"{result.metric} {result.score:.4f} ({len(result.outputs)} seeds, {result.standing})"


def attached_replaced(submission: Contents, against: Path) -> list[str]:
    """A note on each verdict and layer analysis that another stands in the place of."""
    attached = [
        *submission.results.glob("*/conformance.json"),
        *files.find_layers(submission.results),
    ]
    names = sorted(file.relative_to(submission.results).as_posix() for file in attached)
    return [
        f"{name}: replaces the one on the board"
        for name in names
        if (against / name).is_file()
        and (against / name).read_bytes() != (submission.results / name).read_bytes()
    ]
