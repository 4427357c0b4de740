"""Tables over the tasks of a term or of a suite: the entries that are ranked in all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from paralbench.leaderboard.overall import Measure, Overall, overall
from paralbench.leaderboard.separation import Joint
from paralbench.records.result import Result
from paralbench.records.suite_card import Suite
from paralbench.results import files

TERMS: Mapping[str, str] = {
    "short": "States of seconds to minutes: emotion, its dimensions, sentiment, sarcasm, pain.",
    "medium": "Conditions of days to months: depression, infections, voice and breathing disorders, stuttering.",
    "long": "Traits: age, sex, identity, accent, language, and diseases that do not pass (dementia, Parkinson’s).",
}
"""What the terms of tasks mean: how long a characteristic lasts, not how long a recording is."""


@dataclass(frozen=True)
class RankedTask:
    """A task on real data: its name, ranking metric, number of classes, and ranked entries.

    ``entries`` are (model, head), those without readable predictions too.
    """

    name: str
    term: str
    metric: str
    classes: int
    joint: Joint
    entries: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, results: Sequence[Result], metric: str, joint: Joint) -> RankedTask:
        """From the ranked results of a table."""
        first = results[0]
        return cls(
            first.task, first.cards.task.term if first.cards else "unknown", metric,
            len(first.classes), joint, frozenset((item.model.id, item.head) for item in results),
        )  # fmt: skip


@dataclass(frozen=True)
class TaskGroup:
    """The tasks of a term or suite, and the entries across them.

    Args:
        kind: what it is.
        name: of the term or suite.
        about: what its tasks are.
        tasks: all of them; of a term those on the board.
        present: those on the board.
        entries: ranked in each of ``present``, best Borda count first.
        partial: model, head and how many of ``present``, of entries that are ranked in some only.
    """

    kind: Literal["term", "suite"]
    name: str
    about: str
    tasks: tuple[str, ...]
    present: tuple[str, ...]
    entries: tuple[Overall, ...]
    partial: tuple[tuple[str, str, int], ...]


def groups(tasks: Sequence[RankedTask], suites: Mapping[str, Suite]) -> tuple[TaskGroup, ...]:
    """One a term that has tasks, then one a suite of which a task is on the board."""
    result = []
    for term, about in TERMS.items():
        names = tuple(dict.fromkeys(task.name for task in tasks if task.term == term))
        if names:
            result.append(_group("term", term, about, names, tasks))
    for name, suite in sorted(suites.items()):
        if any(task.name in suite.tasks for task in tasks):
            result.append(_group("suite", name, suite.about, suite.tasks, tasks))
    return tuple(result)


def _group(
    kind: Literal["term", "suite"],
    name: str,
    about: str,
    names: Sequence[str],
    tasks: Sequence[RankedTask],
) -> TaskGroup:
    members = [task for task in tasks if task.name in names]
    entries: tuple[Overall, ...] = ()
    if all(task.joint.replicates is not None for task in members):
        entries = overall([(task.metric, task.classes, task.joint) for task in members], least=1)
    counts = Counter(entry for task in members for entry in task.entries)
    complete = {(entry.model, entry.head) for entry in entries}
    return TaskGroup(
        kind, name, about, tuple(names), tuple(dict.fromkeys(task.name for task in members)),
        entries,
        tuple(
            (model, head, count)
            for (model, head), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            if (model, head) not in complete
        ),
    )  # fmt: skip


COLUMNS = (
    "kind", "group", "model", "head", "covered", "present", "tasks", "borda", "borda_low", "borda_high",
    "p_best", "normalised", "normalised_low", "normalised_high",
)  # fmt: skip


def records(listed: Sequence[TaskGroup]) -> list[dict[str, Any]]:
    """A flat record for each entry of each group; numbers are None where it lacks a task."""
    result = []
    for group in listed:
        place = {"kind": group.kind, "group": group.name}
        sizes = {"present": len(group.present), "tasks": len(group.tasks)}
        for entry in group.entries:
            result.append(
                {
                    **place, "model": entry.model, "head": entry.head, "covered": len(group.present),
                    **sizes, **_measure("borda", entry.borda), "p_best": round(entry.best, 4),
                    **_measure("normalised", entry.normalised),
                }
            )  # fmt: skip
        for model, head, count in group.partial:
            result.append(
                {
                    **place, "model": model, "head": head, "covered": count, **sizes,
                    **_measure("borda", None), "p_best": None, **_measure("normalised", None),
                }
            )  # fmt: skip
    return result


def parquet(listed: Sequence[TaskGroup]) -> bytes:
    """The records as a Parquet file."""
    import pyarrow as pa

    text, count, number = pa.string(), pa.int32(), pa.float64()
    kinds = [text] * 4 + [count] * 3 + [number] * 7
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    content, _ = files.parquet(pa.Table.from_pylist(records(listed), schema=schema))
    return content


def _measure(name: str, measure: Measure | None) -> dict[str, float | None]:
    values = (None,) * 3 if measure is None else (measure.value, measure.low, measure.high)
    keys = (name, f"{name}_low", f"{name}_high")
    return {
        key: None if value is None else round(value, 6)
        for key, value in zip(keys, values, strict=True)
    }
