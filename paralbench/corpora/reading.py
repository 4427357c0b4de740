"""Run an adapter and keep its Examples apart from what has to be refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from paralbench.catalog import Corpus
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example, Refusal


@dataclass(frozen=True)
class Reading:
    """What an adapter found: Examples with ids that stand once, and refusals.

    ``doubled`` are those of the refused whose id had stood before.
    """

    examples: tuple[Example, ...]
    refused: tuple[Refusal, ...]
    doubled: tuple[Refusal, ...] = ()


def read(corpus: Corpus, root: Path) -> Reading:
    """Read a corpus. Adapters yield Examples, and a Refusal for a row they cannot use.

    An id that comes again is refused by name; an Example without Clips too.

    Raises:
        ParalbenchError: where nothing at all could be read.
    """
    seen: dict[str, Example] = {}
    refused: list[Refusal] = []
    doubled: list[Refusal] = []
    for found in corpus.read(root):
        if isinstance(found, Refusal):
            refused.append(found)
        elif found.id in seen:
            first = seen[found.id].source
            reason = "its id is doubled" + (f"; first at {first}" if first else "")
            doubled.append(Refusal(found.id, reason, found.source))
            refused.append(doubled[-1])
        elif not found.clips:
            refused.append(Refusal(found.id, "it has no audio", found.source))
        else:
            seen[found.id] = found
    if not seen:
        why = f" The first refusal: {refused[0]}." if refused else ""
        raise ParalbenchError(f"no example of corpus '{corpus.card.id}' was found in {root}.{why}")
    return Reading(tuple(seen.values()), tuple(refused), tuple(doubled))
