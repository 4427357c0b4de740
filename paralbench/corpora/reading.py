"""Runs an adapter and separates its Examples from its refusals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from paralbench.catalog import Corpus
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example, Refusal


@dataclass(frozen=True)
class Reading:
    """What an adapter returned: Examples with unique ids, and refusals.

    ``doubled`` are those of the refused whose id was used before.
    """

    examples: tuple[Example, ...]
    refused: tuple[Refusal, ...]
    doubled: tuple[Refusal, ...] = ()


def read(corpus: Corpus, root: Path) -> Reading:
    """Read a corpus. Adapters yield Examples, and a Refusal for a row they cannot use.

    A repeated id is refused by name; so is an Example without Clips.

    Raises:
        ParalbenchError: where nothing at all could be read.
    """
    seen: dict[str, Example] = {}
    refused: list[Refusal] = []
    doubled: list[Refusal] = []
    for item in corpus.read(root):
        if isinstance(item, Refusal):
            refused.append(item)
        elif item.id in seen:
            first = seen[item.id].source
            reason = "its id is doubled" + (f"; first at {first}" if first else "")
            doubled.append(Refusal(item.id, reason, item.source))
            refused.append(doubled[-1])
        elif not item.clips:
            refused.append(Refusal(item.id, "it has no audio", item.source, listed=item))
        else:
            seen[item.id] = item
    if not seen:
        why = f" The first refusal: {refused[0]}." if refused else ""
        raise ParalbenchError(f"no example of corpus '{corpus.card.id}' was found in {root}.{why}")
    return Reading(tuple(seen.values()), tuple(refused), tuple(doubled))
