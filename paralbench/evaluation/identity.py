"""Groups that are one under two names: by their spelling, or since they share a recording."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Selection
from paralbench.records.example import Clip, Example

T = TypeVar("T")

_SHOWN = 3


@dataclass(frozen=True)
class Identities:
    """What is the same in a selection.

    Args:
        groups: by kind of group, the name that stands for each name that is joined with others.
        recordings: a number for each example, equal where examples share a recording, [examples].
        contradicted: ids of examples whose recording has another label elsewhere, and the reason.
        remarks: what the user should know.
    """

    groups: Mapping[str, Mapping[str, str]]
    recordings: NDArray[np.int64]
    contradicted: Mapping[str, str]
    remarks: tuple[str, ...]

    @property
    def repeated(self) -> int:
        """Examples that share a recording with another one."""
        return int((np.bincount(self.recordings)[self.recordings] > 1).sum())

    @property
    def joined(self) -> dict[str, int]:
        """How many names are joined with another one, by kind of group."""
        return {kind: len(names) for kind, names in self.groups.items()}


def identities(selection: Selection, contents: Mapping[Clip, bytes]) -> Identities:
    """Find what is the same; ``contents`` has a digest of each clip that is known to be audio.

    Two spellings of a name that differ in case, in Unicode normalisation or in spaces are one name.
    Groups in which the same recording is listed are one group: who is heard under two names would
    otherwise be in training and test.
    """
    examples = selection.examples
    shared = _shared(examples, contents)
    groups: dict[str, dict[str, str]] = {}
    remarks: list[str] = []
    for kind in _kinds(selection):
        present = selection.group(kind)
        listed = selection.listed.examples if selection.listed else ()
        known = {*present.names, *(example.group(kind) for example in listed)}
        alike = _spelled_alike(known)
        names, numbers = present.names, present.numbers
        sharing = sorted({tuple(sorted({names[numbers[row]] for row in rows})) for rows in shared})
        sharing = [several for several in sharing if len(several) > 1]
        if not alike and not sharing:
            continue
        # A name stands before the mark of an example that has no such group.
        joined = _joined(sorted(known, key=lambda name: (name.startswith("\0"), name)),
                         [*alike, *sharing])  # fmt: skip
        if same := {name: first for name, first in joined.items() if name != first}:
            groups[kind] = same
        remarks += [
            f"{kind} {_list(several)} differ in spelling only; they are taken as one {kind}."
            for several in alike[:_SHOWN]
        ]
        remarks += [
            f"{kind} {_list(several)} share a recording; they stay on one side of every fold."
            for several in [s for s in sharing if not s[0].startswith("\0")][:_SHOWN]
        ]
    recordings = np.arange(len(examples))
    for row, first in _joined(sorted({row for rows in shared for row in rows}), shared).items():
        recordings[row] = first
    identities = Identities(
        groups=groups,
        recordings=recordings,
        contradicted=_contradicted(selection, contents, shared),
        remarks=tuple(remarks),
    )
    if repeated := identities.repeated:
        remark = f"{repeated} of {len(examples)} examples repeat a recording of another one."
        identities = replace(identities, remarks=(remark, *remarks))
    return identities


def _shared(examples: Sequence[Example], contents: Mapping[Clip, bytes]) -> list[list[int]]:
    """The rows of each recording that several examples have."""
    first: dict[bytes, int] = {}
    several: dict[bytes, list[int]] = {}
    for row, example in enumerate(examples):
        for clip in example.clips:
            content = contents.get(clip)
            if content is not None and (owner := first.setdefault(content, row)) != row:
                rows = several.setdefault(content, [owner])
                if rows[-1] != row:
                    rows.append(row)
    return list(several.values())


def spelling(name: str) -> str:
    """A name without differences of case, Unicode normalisation and spaces.

    >>> spelling("JOSÉ  Luis") == spelling("jose\\N{COMBINING ACUTE ACCENT} luis")
    True
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _kinds(selection: Selection) -> list[str]:
    """The kinds of group that folds keep together."""
    protocol = selection.task.protocol
    by = getattr(protocol, "by", ())
    kinds = dict.fromkeys([*protocol.never_cross, *([by] if isinstance(by, str) else by)])
    return [kind for kind in kinds if kind != "partition" and kind not in protocol.controlled]


def _spelled_alike(names: Iterable[str]) -> list[list[str]]:
    spelled: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        if not name.startswith("\0"):  # an example without this kind of group
            spelled[spelling(name)].append(name)
    return [alike for alike in spelled.values() if len(alike) > 1]


def _joined(items: Iterable[T], joins: Iterable[Sequence[T]]) -> dict[T, T]:
    """For each item the first of the items that it is joined with, directly or through others."""
    rank = {item: number for number, item in enumerate(items)}
    parent = {item: item for item in rank}

    def root(item: T) -> T:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for join in joins:
        first, *others = sorted({root(item) for item in join}, key=rank.__getitem__)
        for other in others:
            parent[other] = first
    return {item: root(item) for item in parent}


def _contradicted(
    selection: Selection, contents: Mapping[Clip, bytes], shared: Sequence[Sequence[int]]
) -> dict[str, str]:
    """Examples of the same recordings under different labels; neither can be trusted."""
    if selection.series:
        return {}
    alike: dict[tuple[bytes | None, ...], list[int]] = defaultdict(list)
    for row in sorted({row for rows in shared for row in rows}):
        clips = selection.examples[row].clips
        alike[tuple(contents.get(clip) for clip in clips)].append(row)
    reasons = {}
    for rows in alike.values():
        for row in rows:
            others = [other for other in rows if selection.targets[other] != selection.targets[row]]
            if others:
                other = selection.examples[others[0]]
                place = f" ({other.source})" if other.source else ""
                reasons[selection.examples[row].id] = (
                    f"the same recording has another {selection.task.target.label} as "
                    f"'{other.id}'{place}"
                )
    return reasons


def _list(names: Sequence[str]) -> str:
    shown = " and ".join(f"'{name}'" for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
