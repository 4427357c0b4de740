"""Selects a task's examples and targets from the examples of a corpus."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.head import Problem
from paralbench.records import numeral
from paralbench.records.errors import ParalbenchError, Refused
from paralbench.records.example import Example, Refusal, Series
from paralbench.records.task_card import (
    ClassTarget,
    CrossedFolds,
    DistributionTarget,
    NumberTarget,
    SeriesTarget,
    TaskCard,
)

_MISSING = {"nan", "<na>", "nat"}
"""What pandas writes for a missing value, which is no class."""


@dataclass(frozen=True)
class Selection:
    """The examples of a task with their targets: class indices or numbers, [examples].

    For a series task ``series`` holds each example's values [steps], ``targets`` their means.
    ``listed`` is the selection with the examples that were refused since, None where none was: folds
    are dealt to them, so that a refusal moves no other example. ``same`` maps names of groups, by
    kind, onto the name of the group that they belong to. ``votes`` [examples, classes] counts those of
    the raters where the target is their distribution.
    """

    task: TaskCard
    examples: tuple[Example, ...]
    targets: NDArray[np.float64]
    classes: tuple[str, ...]
    refused: tuple[Refusal, ...]
    series: tuple[NDArray[np.float64], ...] = ()
    listed: Selection | None = field(default=None, repr=False)
    same: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    votes: NDArray[np.int64] | None = None

    def group(self, kind: str) -> Groups:
        """The group of each example under a kind of group."""
        if kind not in self._groups:
            same = self.same.get(kind, {})
            names = [example.group(kind) for example in self.examples]
            self._groups[kind] = Groups.of(
                [same.get(name, name) for name in names] if same else names
            )
        return self._groups[kind]

    @cached_property
    def _groups(self) -> dict[str, Groups]:
        return {}

    def problem(self) -> Problem:
        """The targets and groups for a head."""
        kind: Literal["class", "number"] = "class" if self.classes else "number"
        shares = None if self.votes is None else self.votes / self.votes.sum(1, keepdims=True)
        return Problem(
            kind, self.targets, len(self.classes), groups=self.groups(), distributions=shares
        )

    def groups(self) -> NDArray[np.int64]:
        """Number of the connected group of each example [examples]; inner folds keep them together.

        Under a comparison protocol each example is a group: its folds let the declared groups cross.
        """
        protocol = self.task.protocol
        if protocol.comparison:
            return np.arange(len(self.examples))
        names = [name for name in protocol.never_cross if name != "partition"]
        names = [name for name in names if name not in protocol.controlled] or [protocol.cluster]
        if isinstance(protocol, CrossedFolds):  # both kinds connect all examples
            names = [protocol.inner]
        numbers = [self.group(name).numbers for name in names]
        if len(numbers) == 1:
            return numbers[0]
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        # Components of the bipartite graph of examples and groups.
        rows = np.tile(np.arange(len(self.examples)), len(numbers))
        starts = np.cumsum([len(self.examples), *(int(column.max()) + 1 for column in numbers)])
        columns = np.concatenate(
            [column + start for column, start in zip(numbers, starts, strict=False)]
        )
        size = int(starts[-1])
        graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size))
        components: NDArray[np.int32] = connected_components(graph, directed=False)[1]
        return components[: len(self.examples)].astype(np.int64)

    def class_counts(self) -> dict[str, int]:
        """The number of examples of each class."""
        if not self.classes:
            return {}
        counts = np.bincount(self.targets.astype(int), minlength=len(self.classes))
        return dict(zip(self.classes, map(int, counts), strict=True))

    def attribute(self, name: str) -> NDArray[np.str_]:
        """Each example's attribute or group of this name, or "unknown", [examples]."""
        values = (
            example.attributes.get(name, example.groups.get(name, "unknown"))
            for example in self.examples
        )
        return np.array([str(value) for value in values])

    def without(self, refused: Mapping[str, str]) -> Selection:
        """The same task with these examples (id -> reason) refused as well."""
        keep = [row for row, example in enumerate(self.examples) if example.id not in refused]
        if not keep:
            name, reason = next(iter(refused.items()))
            raise ParalbenchError(
                f"no example of '{self.task.id}' is left to score; the first refusal: {name}: {reason}."
            )
        refusals = [
            Refusal(example.id, refused[example.id], example.source)
            for example in self.examples
            if example.id in refused
        ]
        return replace(
            self,
            examples=tuple(self.examples[row] for row in keep),
            targets=self.targets[keep],
            listed=self.listed or self,
            refused=(*self.refused, *refusals),
            series=tuple(self.series[row] for row in keep) if self.series else (),
            votes=None if self.votes is None else self.votes[keep],
        )


@dataclass(frozen=True)
class Groups:
    """The groups of a selection: their names, sorted, and the number of each example's, [examples]."""

    names: tuple[str, ...]
    numbers: NDArray[np.int64]

    @classmethod
    def of(cls, names: Sequence[str]) -> Groups:
        """The groups of examples with these names."""
        distinct = sorted(set(names))
        place = {name: number for number, name in enumerate(distinct)}
        return cls(tuple(distinct), np.array([place[name] for name in names], np.int64))

    def places(self, names: Collection[str]) -> list[int]:
        """The numbers of those of these names that occur."""
        return [number for number, name in enumerate(self.names) if name in names]


def select(
    task: TaskCard, examples: Sequence[Example], refused: Sequence[Refusal] = ()
) -> Selection:
    """Apply a task card. Examples without a label are skipped, those with an invalid one refused.

    Refused examples whose label and groups are known are in ``listed`` of the selection.

    Raises:
        ParalbenchError: if no example is left, or a class task has fewer than two classes.
    """
    absent = {
        refusal.listed.id: refusal
        for refusal in refused
        if refusal.listed is not None and not refusal.erratum
    }
    for example in examples:
        absent.pop(example.id, None)
    reasons = {name: refusal.reason for name, refusal in absent.items()}
    chosen: list[Example] = []
    values: list[Value] = []
    invalid: list[Refusal] = []
    for example in chain(examples, (r.listed for r in absent.values() if r.listed is not None)):
        try:
            value = _value(task, example)
        except Refused as reason:
            if isinstance(task.target, NumberTarget):
                value = math.nan  # folds of numbers depend on groups and sizes only
                reasons.setdefault(example.id, str(reason))
            else:
                invalid.append(Refusal(example.id, str(reason), example.source))
                continue
        if value is not None:
            chosen.append(example)
            values.append(value)
    if not any(example.id not in reasons for example in chosen):
        voted = isinstance(task.target, DistributionTarget)
        known = sorted(
            {name for each in examples for name in (each.votes if voted else each.labels)}
        )
        raise ParalbenchError(
            f"task '{task.id}': no example has {'votes on' if voted else 'a usable label'} "
            f"'{task.target.label}' (the corpus has: {', '.join(known) or 'none'})."
        )
    classes: tuple[str, ...] = ()
    if isinstance(task.target, ClassTarget | DistributionTarget):
        present = [example.id not in reasons for example in chosen]
        classes = _classes(task, [str(v) for v, used in zip(values, present, strict=True) if used])
        known_class = [value in classes for value in values]
        chosen = [example for example, use in zip(chosen, known_class, strict=True) if use]
        values = [classes.index(str(v)) for v, use in zip(values, known_class, strict=True) if use]
    votes = None
    if isinstance(task.target, DistributionTarget):
        votes = np.array([_votes(task.target, example) for example in chosen])
    series = tuple(value.values for value in values if isinstance(value, Series))
    targets = np.array(
        [v.values.mean() if isinstance(v, Series) else v for v in values], dtype=float
    )
    names = {example.id for example in chosen}
    rest = [r for r in refused if r.listed is None or absent.get(r.listed.id) is not r]
    rest += [refusal for name, refusal in absent.items() if name not in names]
    selection = Selection(
        task, tuple(chosen), targets, classes, (*rest, *invalid), series, votes=votes
    )
    unusable = {name: reason for name, reason in reasons.items() if name in names}
    return selection.without(unusable) if unusable else selection


Value = str | float | Series


def _value(task: TaskCard, example: Example) -> Value | None:
    """What the task makes of an example's label; None for an example that is not of the task.

    Raises:
        Refused: for a label that is not what the target needs.
    """
    target = task.target
    selected = all(str(example.value(key)) in allowed for key, allowed in task.where.items())
    if isinstance(target, DistributionTarget):
        votes = _votes(target, example)
        return target.classes[int(votes.argmax())] if selected and votes.any() else None
    if not selected or target.label not in example.labels:
        return None
    label = example.labels[target.label]
    if isinstance(target, SeriesTarget):
        if problem := _invalid_series(target, example):
            raise Refused(f"its {target.label} {problem}")
        assert isinstance(label, Series)
        return Series(label.rate, label.values.astype(np.float64))
    if isinstance(target, NumberTarget):
        low = -math.inf if target.minimum is None else target.minimum
        high = math.inf if target.maximum is None else target.maximum
        number = _number(label)
        if number is None or not low <= number <= high:
            bounds = (target.minimum, target.maximum)
            limits = "" if bounds == (None, None) else f" from {bounds[0]} to {bounds[1]}"
            raise Refused(f"its {target.label} is {label!r}, expected a number{limits}")
        return number
    if target.cuts:
        number = _number(label)
        if number is None:
            raise Refused(f"its {target.label} is {label!r}, expected a number")
        return target.classes[bisect_right(target.cuts, number)]
    name = target.merge.get(str(label), str(label))
    if not target.classes and name.casefold() in _MISSING:
        raise Refused(f"its {target.label} is {name!r}, which stands for a missing value")
    return None if target.classes and name not in target.classes else name


def _votes(target: DistributionTarget, example: Example) -> NDArray[np.int64]:
    """How many of the raters' choices fell on each class of the task."""
    counts = np.zeros(len(target.classes), np.int64)
    for choice, count in example.votes.get(target.label, {}).items():
        name = target.merge.get(choice, choice)
        if name in target.classes:
            counts[target.classes.index(name)] += count
    return counts


def _classes(task: TaskCard, names: Sequence[str]) -> tuple[str, ...]:
    """The classes of a task whose examples have these.

    Raises:
        ParalbenchError: for fewer than two, or for what looks like numbers or names.
    """
    assert isinstance(task.target, ClassTarget | DistributionTarget)
    distinct = sorted(set(names))
    if len(distinct) < 2:
        raise ParalbenchError(
            f"task '{task.id}': expected two or more classes, got only '{distinct[0]}'."
        )
    if not task.target.classes and len(distinct) > max(10, len(names) // 4):
        raise ParalbenchError(
            f"task '{task.id}': {len(distinct)} different labels on {len(names)} examples look "
            "like numbers or names, not classes; for numbers use a task whose target is a number."
        )
    return tuple(task.target.classes or distinct)


def _number(label: str | float | Series) -> float | None:
    if isinstance(label, Series):
        return None
    try:
        number = numeral.number(label) if isinstance(label, str) else float(label)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _invalid_series(target: SeriesTarget, example: Example) -> str:
    """Why an example's label is not a series of the target's rate; "" if it is."""
    label = example.labels[target.label]
    if not isinstance(label, Series):
        return f"is {label!r}, expected a series"
    if not math.isclose(label.rate, target.rate):
        return f"has {label.rate:g} values a second, expected {target.rate:g}"
    if not len(label.values) or not np.isfinite(label.values).all():
        return "is empty or contains NaN"
    if len(example.clips) != 1:
        return f"belongs to {len(example.clips)} clips, expected one recording"
    return ""
