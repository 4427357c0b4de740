"""Whether a corpus on disk is complete and as distributed: its card compared with its files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from paralbench.audio import decoding
from paralbench.catalog import Corpus
from paralbench.corpora.folders import visible
from paralbench.corpora.reading import Reading
from paralbench.records.corpus_card import SYNTHETIC_MARK, Certainty, Fact
from paralbench.records.errors import Refused
from paralbench.records.example import Example, Refusal

SURE: frozenset[Certainty] = frozenset({"found", "computed"})
"""Facts so certain that a corpus which fails them is not complete."""


@dataclass(frozen=True)
class Difference:
    """A count that differs from the card's, and the certainty of the card's."""

    what: str
    expected: int
    found: int
    certainty: Certainty
    source: str

    @property
    def counts(self) -> bool:
        """Whether it makes the corpus incomplete."""
        return self.certainty in SURE


@dataclass(frozen=True)
class Verification:
    """The files and Examples at a corpus root, compared with its card.

    Args:
        root: the corpus root.
        synthetic: made by ``paralbench synth``; the card's counts do not apply to it.
        examples: how many Examples were read.
        files: how many audio files they use.
        counts: how many counts of the card were compared.
        missing: files that Examples use and that do not exist.
        unreadable: files that cannot be decoded, or hold less than Examples use.
        doubled: ids that appear more than once.
        refused: rows that the adapter could not use.
        superfluous: audio files that no Example uses; None where the card does not say which
            files are audio.
        errata: ids of the card's errata that apply, and to how many Examples or inputs.
        differences: counts that are not what the card says.
    """

    root: Path
    synthetic: bool
    examples: int
    files: int
    counts: int
    missing: tuple[Refusal, ...]
    unreadable: tuple[Refusal, ...]
    doubled: tuple[Refusal, ...]
    refused: tuple[Refusal, ...]
    superfluous: tuple[str, ...] | None
    errata: dict[str, int]
    differences: tuple[Difference, ...]

    @property
    def verdict(self) -> Literal["complete", "incomplete"]:
        """Superfluous files, refusals by erratum and unconfirmed differences do not count."""
        refused = any(not refusal.erratum for refusal in self.refused)
        failed = any(difference.counts for difference in self.differences)
        wrong = self.missing or self.unreadable or self.doubled or refused or failed
        return "incomplete" if wrong else "complete"

    def told(self) -> dict[str, object]:
        """As JSON tells it."""
        return {"verdict": self.verdict, **asdict(self), "root": str(self.root)}


def verify(corpus: Corpus, root: Path, reading: Reading) -> Verification:
    """Compare what was read at ``root`` with the corpus's card, and examine every audio file."""
    examples = reading.examples
    clips = [(example, clip) for example in examples for clip in example.clips]
    owners = {clip.path: example for example, clip in reversed(clips)}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = dict(zip(owners, pool.map(_fault, owners), strict=True))
    missing: list[Refusal] = []
    unreadable: list[Refusal] = []
    for path, reason in faults.items():
        if reason is not None:
            kind = unreadable if path.exists() else missing
            kind.append(Refusal(_name(path, root), reason, f"example {owners[path].id}"))
    for example, clip in clips:
        if faults[clip.path] is None and (clip.start or clip.end is not None):
            try:
                decoding.length(clip)
            except Refused as reason:
                name = _name(clip.path, root)
                unreadable.append(Refusal(name, str(reason), f"example {example.id}"))
    doubled = set(reading.doubled)
    synthetic = (root / SYNTHETIC_MARK).is_file()
    facts = [] if synthetic else corpus.card.facts
    errata = Counter(name for example in examples for name in example.errata)
    errata.update(refusal.erratum for refusal in reading.refused if refusal.erratum)
    return Verification(
        root=root,
        synthetic=synthetic,
        examples=len(examples),
        files=len(owners),
        counts=sum(max(1, len(fact.values)) for fact in facts),
        missing=tuple(sorted(missing, key=str)),
        unreadable=tuple(sorted(unreadable, key=str)),
        doubled=reading.doubled,
        refused=tuple(refusal for refusal in reading.refused if refusal not in doubled),
        superfluous=_superfluous(root, corpus.card.layout.audio, owners),
        errata=dict(sorted(errata.items())),
        differences=tuple(chain.from_iterable(differences(fact, examples) for fact in facts)),
    )


def differences(fact: Fact, examples: Sequence[Example]) -> list[Difference]:
    """Where the examples' counts differ from a fact."""
    chosen = [
        example
        for example in examples
        if all(str(example.value(key)) in allowed for key, allowed in fact.where.items())
    ]
    where = "".join(f", {key} {'/'.join(allowed)}" for key, allowed in fact.where.items())
    if fact.by is None:
        assert fact.value is not None
        compared = [("examples", fact.value, len(chosen))]
    else:
        by = fact.by
        counts = Counter(example.value(by) for example in chosen)
        compared = [
            (f"{by} {name}", expected, counts[name]) for name, expected in fact.values.items()
        ]
    return [
        Difference(what + where, expected, actual, fact.certainty, fact.source)
        for what, expected, actual in compared
        if expected != actual
    ]


def _fault(path: Path) -> str | None:
    """Why a file cannot be decoded, from its header; None where it can."""
    try:
        decoding.header(path)
    except Refused as reason:
        return str(reason)
    return None


def _superfluous(
    root: Path, patterns: Sequence[str], used: dict[Path, Example]
) -> tuple[str, ...] | None:
    if not patterns:
        return None
    known = {os.path.normpath(path) for path in used}
    files = {path for pattern in patterns for path in visible(root, pattern) if path.is_file()}
    return tuple(sorted(_name(path, root) for path in files if os.path.normpath(path) not in known))


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
