"""From a corpus's Examples to a task's: which take part, and what is to be said of each."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from paralbench.heads.head import Problem
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example, Refusal, Series
from paralbench.records.task_card import ClassTarget, NumberTarget, SeriesTarget, TaskCard


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
        """What a head is fitted to."""
        kind: Literal["class", "number"] = "class" if self.classes else "number"
        return Problem(kind, self.targets, len(self.classes), groups=self.groups())

    def groups(self) -> NDArray[np.int64]:
        """What inner folds keep together [examples]: all that shares a group which may not cross."""
        protocol = self.task.protocol
        names = [name for name in protocol.never_cross if name != "partition"]
        names = [name for name in names if name not in protocol.controlled] or [protocol.cluster]
        numbers = [
            np.unique([example.group(name) for example in self.examples], return_inverse=True)[1]
            for name in names
        ]
        if len(numbers) == 1:
            return numbers[0].astype(np.int64)
        # Examples and groups as the two sides of a graph; its components cross nowhere.
        rows = np.tile(np.arange(len(self.examples)), len(numbers))
        starts = np.cumsum([len(self.examples), *(int(one.max()) + 1 for one in numbers)])
        columns = np.concatenate([one + start for one, start in zip(numbers, starts, strict=False)])
        size = int(starts[-1])
        graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size))
        components: NDArray[np.int32] = connected_components(graph, directed=False)[1]
        return components[: len(self.examples)].astype(np.int64)

    def class_counts(self) -> dict[str, int]:
        """Examples of each class."""
        if not self.classes:
            return {}
        counts = np.bincount(self.targets.astype(int), minlength=len(self.classes))
        return dict(zip(self.classes, map(int, counts), strict=True))

    def attribute(self, name: str) -> NDArray[np.str_]:
        """Each example's attribute or group of this name, or "unknown", [examples]."""
        return np.array(
            [
                str(example.attributes.get(name, example.groups.get(name, "unknown")))
                for example in self.examples
            ]
        )

    def without(self, refused: dict[str, str]) -> Selection:
        """The same task with these examples (id -> reason) refused as well."""
        keep = [number for number, one in enumerate(self.examples) if one.id not in refused]
        if not keep:
            first = next(iter(refused.items()))
            raise ParalbenchError(
                f"no example of '{self.task.id}' is left to score; the first refusal: "
                f"{first[0]}: {first[1]}."
            )
        more = [
            Refusal(one.id, refused[one.id], one.source)
            for one in self.examples
            if one.id in refused
        ]
        return Selection(
            self.task,
            tuple(self.examples[number] for number in keep),
            self.targets[keep],
            self.classes,
            (*self.refused, *more),
            tuple(self.series[number] for number in keep) if self.series else (),
        )


def select(
    task: TaskCard, examples: Sequence[Example], refused: Sequence[Refusal] = ()
) -> Selection:
    """Apply a task card. A label that is missing leaves an example out; a broken one refuses it.

    Raises:
        ParalbenchError: where nothing is left, or a class task finds fewer than two classes.
    """
    target = task.target
    chosen: list[Example] = []
    values: list[str | float] = []
    series: list[NDArray[np.float64]] = []
    broken: list[Refusal] = list(refused)
    for example in examples:
        if not _wanted(task, example) or target.label not in example.labels:
            continue
        label = example.labels[target.label]
        number = _number(label)
        if isinstance(target, ClassTarget) and not target.cuts:
            name = target.merge.get(str(label), str(label))
            if target.classes and name not in target.classes:
                continue
            values.append(name)
        elif isinstance(target, ClassTarget) and number is not None:
            values.append(target.classes[bisect_right(target.cuts, number)])
        elif isinstance(target, ClassTarget):
            reason = f"its {target.label} is {label!r}, expected a number"
            broken.append(Refusal(example.id, reason, example.source))
            continue
        elif isinstance(target, NumberTarget):
            if number is None or not _in_range(target, number):
                told = _range(target)
                broken.append(
                    Refusal(
                        example.id,
                        f"its {target.label} is {label!r}, expected {told}",
                        example.source,
                    )
                )
                continue
            values.append(number)
        else:
            wrong = _broken_series(target, example)
            if wrong:
                broken.append(Refusal(example.id, wrong, example.source))
                continue
            assert isinstance(label, Series)
            series.append(label.values.astype(np.float64))
            values.append(float(label.values.mean()))
        chosen.append(example)
    if not chosen:
        known = sorted({name for example in examples for name in example.labels})
        raise ParalbenchError(
            f"task '{task.id}': no example has a usable label '{target.label}' "
            f"(the corpus has: {', '.join(known) or 'none'})."
        )
    if isinstance(target, ClassTarget):
        return _of_classes(task, target, chosen, [str(value) for value in values], broken)
    targets = np.array(values, dtype=float)
    return Selection(task, tuple(chosen), targets, (), tuple(broken), tuple(series))


def _of_classes(
    task: TaskCard,
    target: ClassTarget,
    chosen: list[Example],
    names: list[str],
    broken: list[Refusal],
) -> Selection:
    counts = Counter(names)
    classes = tuple(target.classes or sorted(counts))
    if len(counts) < 2:
        raise ParalbenchError(
            f"task '{task.id}': only the class '{next(iter(counts))}' was found, expected two or more."
        )
    if not target.classes and len(classes) > max(10, len(chosen) // 4):
        raise ParalbenchError(
            f"task '{task.id}': {len(classes)} different labels on {len(chosen)} examples look like "
            "numbers or names, not classes; for numbers use a task whose target is a number."
        )
    place = {name: number for number, name in enumerate(classes)}
    targets = np.array([place[name] for name in names], dtype=float)
    return Selection(task, tuple(chosen), targets, classes, tuple(broken))


def _wanted(task: TaskCard, example: Example) -> bool:
    return all(str(example.value(key)) in allowed for key, allowed in task.where.items())


def _number(label: str | float | Series) -> float | None:
    try:
        number = float(label)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _broken_series(target: SeriesTarget, example: Example) -> str:
    """Why an example's label is not the series the target asks for; "" where it is."""
    label = example.labels[target.label]
    if not isinstance(label, Series):
        return f"its {target.label} is {label!r}, expected a series"
    if not math.isclose(label.rate, target.rate):
        return f"its {target.label} comes {label.rate:g} times a second, expected {target.rate:g}"
    if not len(label.values) or not np.isfinite(label.values).all():
        return f"its {target.label} is empty or holds NaN"
    if len(example.clips) != 1:
        return f"it has {len(example.clips)} clips, a series is of one recording"
    return ""


def _in_range(target: NumberTarget, number: float) -> bool:
    low = -math.inf if target.minimum is None else target.minimum
    high = math.inf if target.maximum is None else target.maximum
    return low <= number <= high


def _range(target: NumberTarget) -> str:
    if target.minimum is None and target.maximum is None:
        return "a number"
    return f"a number from {target.minimum} to {target.maximum}"
