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
from paralbench.corpora.facts import SURE, Difference, differences, release
from paralbench.corpora.folders import visible
from paralbench.corpora.reading import Reading
from paralbench.records.corpus_card import SYNTHETIC_MARK, CorpusCard, Layout
from paralbench.records.errors import Refused
from paralbench.records.example import Example, Refusal

Verdict = Literal["complete", "incomplete", "counts differ", "nothing to compare"]


@dataclass(frozen=True)
class Verification:
    """The files and Examples at a corpus root, compared with its card.

    Args:
        root: the corpus root.
        synthetic: made by ``paralbench synth``; the card's counts do not apply to it.
        examples: how many Examples were read.
        files: how many audio files they use.
        present: Examples of which each file exists and can be decoded.
        published: Examples of the published corpus; None where the card does not say.
        release: the known release that the copy is, if any.
        releases: the releases that the card knows.
        absent: label files that are handed out separately and are not there, and what they hold.
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
    present: int
    published: int | None
    release: str | None
    releases: tuple[str, ...]
    absent: tuple[str, ...]
    counts: int
    missing: tuple[Refusal, ...]
    unreadable: tuple[Refusal, ...]
    doubled: tuple[Refusal, ...]
    refused: tuple[Refusal, ...]
    superfluous: tuple[str, ...] | None
    errata: dict[str, int]
    differences: tuple[Difference, ...]

    @property
    def verdict(self) -> Verdict:
        """Superfluous files and refusals by erratum do not count.

        Only a copy with a count or a release to compare can be complete; one with a count that
        differs, however sure, is not.
        """
        refused = any(not refusal.erratum for refusal in self.refused)
        failed = any(difference.counts for difference in self.differences)
        if self.missing or self.unreadable or self.doubled or refused or failed or self.absent:
            return "incomplete"
        if self.differences or (self.releases and self.release is None and not self.synthetic):
            return "counts differ"
        return "complete" if self.counts or self.release else "nothing to compare"

    @property
    def summary(self) -> str:
        """How much of the corpus is present, in one line."""
        of = self.published if self.published and not self.synthetic else self.examples
        return f"{self.present:,} of {of:,} present"

    def as_json(self) -> dict[str, object]:
        """All fields, the verdict and the summary."""
        lines = {"verdict": self.verdict, "summary": self.summary}
        return {**lines, **asdict(self), "root": str(self.root)}


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
    broken = {refusal.where.removeprefix("example ") for refusal in unreadable}
    broken |= {example.id for example, clip in clips if faults[clip.path] is not None}
    return Verification(
        root=root,
        synthetic=synthetic,
        examples=len(examples),
        files=len(owners),
        present=len(examples) - len(broken),
        published=_published(corpus.card),
        release=None if synthetic else release(corpus.card, examples),
        releases=tuple(known.id for known in corpus.card.releases),
        absent=_absent(corpus.card.layout, root),
        counts=sum(max(1, len(fact.values)) for fact in facts),
        missing=tuple(sorted(missing, key=str)),
        unreadable=tuple(sorted(unreadable, key=str)),
        doubled=reading.doubled,
        refused=tuple(refusal for refusal in reading.refused if refusal not in doubled),
        superfluous=_superfluous(root, corpus.card.layout.audio, owners),
        errata=dict(sorted(errata.items())),
        differences=tuple(chain.from_iterable(differences(fact, examples) for fact in facts)),
    )


def _published(card: CorpusCard) -> int | None:
    """How many examples the published corpus has, by its surest fact; None where no fact says so."""
    for fact in sorted(card.facts, key=lambda fact: fact.certainty not in SURE):
        if not fact.where and (fact.value is not None or fact.by == "partition"):
            return fact.value if fact.value is not None else sum(fact.values.values())
    return None


def _absent(layout: Layout, root: Path) -> tuple[str, ...]:
    """Label files of which no path exists."""
    return tuple(
        f"{' or '.join(dict.fromkeys(Path(path).name for path in file.paths))}: {file.holds}"
        for file in layout.labels
        if not any((root / path).exists() for path in file.paths)
    )


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
