"""Selects a task's examples and targets from the examples of a corpus."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.head import Problem
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example, Refusal, Series
from paralbench.records.task_card import (
    ClassTarget,
    CrossedFolds,
    NumberTarget,
    SeriesTarget,
    TaskCard,
)


@dataclass(frozen=True)
class Selection:
    """The examples of a task with their targets: class indices or numbers, [examples].

    For a series task ``series`` holds each example's values [steps], ``targets`` their means.
    """

    task: TaskCard
    examples: tuple[Example, ...]
    targets: NDArray[np.float64]
    classes: tuple[str, ...]
    refused: tuple[Refusal, ...]
    series: tuple[NDArray[np.float64], ...] = ()

    def problem(self) -> Problem:
        """The targets and groups for a head."""
        kind: Literal["class", "number"] = "class" if self.classes else "number"
        return Problem(kind, self.targets, len(self.classes), groups=self.groups())

    def groups(self) -> NDArray[np.int64]:
        """Number of the connected group of each example [examples]; inner folds keep them together."""
        protocol = self.task.protocol
        names = [name for name in protocol.never_cross if name != "partition"]
        names = [name for name in names if name not in protocol.controlled] or [protocol.cluster]
        if isinstance(protocol, CrossedFolds):  # both kinds connect all examples
            names = [protocol.inner]
        numbers = [
            np.unique([example.group(name) for example in self.examples], return_inverse=True)[1]
            for name in names
        ]
        if len(numbers) == 1:
            return numbers[0].astype(np.int64)
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

    def without(self, refused: dict[str, str]) -> Selection:
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
            refused=(*self.refused, *refusals),
            series=tuple(self.series[row] for row in keep) if self.series else (),
        )


def select(
    task: TaskCard, examples: Sequence[Example], refused: Sequence[Refusal] = ()
) -> Selection:
    """Apply a task card. Examples without a label are skipped, those with an invalid one refused.

    Raises:
        ParalbenchError: if no example is left, or a class task has fewer than two classes.
    """
    target = task.target
    chosen: list[Example] = []
    values: list[str | float] = []
    series: list[NDArray[np.float64]] = []
    invalid: list[Refusal] = list(refused)
    for example in examples:
        selected = all(str(example.value(key)) in allowed for key, allowed in task.where.items())
        if not selected or target.label not in example.labels:
            continue
        label = example.labels[target.label]
        number = _number(label)
        problem = ""
        if isinstance(target, SeriesTarget):
            problem = _invalid_series(target, example)
            if not problem:
                assert isinstance(label, Series)
                series.append(label.values.astype(np.float64))
                values.append(float(label.values.mean()))
        elif isinstance(target, NumberTarget):
            low = -math.inf if target.minimum is None else target.minimum
            high = math.inf if target.maximum is None else target.maximum
            if number is not None and low <= number <= high:
                values.append(number)
            else:
                bounds = (target.minimum, target.maximum)
                limits = "" if bounds == (None, None) else f" from {bounds[0]} to {bounds[1]}"
                problem = f"is {label!r}, expected a number{limits}"
        elif target.cuts:
            if number is not None:
                values.append(target.classes[bisect_right(target.cuts, number)])
            else:
                problem = f"is {label!r}, expected a number"
        else:
            name = target.merge.get(str(label), str(label))
            if target.classes and name not in target.classes:
                continue
            values.append(name)
        if problem:
            reason = f"its {target.label} {problem}"
            invalid.append(Refusal(example.id, reason, example.source))
        else:
            chosen.append(example)
    if not chosen:
        known = sorted({name for example in examples for name in example.labels})
        raise ParalbenchError(
            f"task '{task.id}': no example has a usable label '{target.label}' "
            f"(the corpus has: {', '.join(known) or 'none'})."
        )
    classes: tuple[str, ...] = ()
    if isinstance(target, ClassTarget):
        names = sorted({str(value) for value in values})
        classes = tuple(target.classes or names)
        if len(names) < 2:
            raise ParalbenchError(
                f"task '{task.id}': expected two or more classes, got only '{names[0]}'."
            )
        if not target.classes and len(classes) > max(10, len(chosen) // 4):
            raise ParalbenchError(
                f"task '{task.id}': {len(classes)} different labels on {len(chosen)} examples look "
                "like numbers or names, not classes; for numbers use a task whose target is a number."
            )
        values = [classes.index(str(value)) for value in values]
    targets = np.array(values, dtype=float)
    return Selection(task, tuple(chosen), targets, classes, tuple(invalid), tuple(series))


def _number(label: str | float | Series) -> float | None:
    try:
        number = float(label)  # type: ignore[arg-type]
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
