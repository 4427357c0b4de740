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

    A repeated id is refused by name; so is an Example without Clips, or whose file name is not UTF-8.

    Raises:
        ParalbenchError: where nothing at all could be read.
    """
    seen: dict[str, Example] = {}
    refused: list[Refusal] = []
    doubled: list[Refusal] = []
    for item in corpus.read(root):
        if isinstance(item, Refusal):
            refused.append(item)
        elif not _utf8(item.id, item.source, *item.groups.values()):
            refused.append(
                Refusal(_shown(item.id), "its name is not UTF-8; rename it", _shown(item.source))
            )
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


def _utf8(*names: str) -> bool:
    """Whether names, some of them of files, can be written: Linux allows any bytes in a file's name."""
    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
