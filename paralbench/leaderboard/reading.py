"""Result files read, and their entries separated, task by task on all cores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from paralbench.leaderboard.separation import Joint, Key, entry_key, separated
from paralbench.metrics import metric
from paralbench.records.errors import CardError, UsageError
from paralbench.records.result import Result
from paralbench.results import files
from paralbench.system.processes import parallel_map

Group = tuple[bool, str, str]
"""Synthetic or not, task, ranking metric: what one table is of."""

_ALONE = 500
"""Up to so many results are read in this process; starting others would take longer."""


@dataclass(frozen=True)
class Reading:
    """All results of a folder in the order of their files, and the files refused, with the reason.

    ``joints`` holds the separation of the entries of each table.
    """

    results: tuple[Result, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    joints: Mapping[Group, Joint] = field(default_factory=dict)


def read(root: Path, workers: int | None = None) -> Reading:
    """Read every result below ``root``; a file that is not a result is refused, the others count."""
    tasks: dict[str, list[Path]] = defaultdict(list)
    for file in files.find(root):
        tasks[file.parent.name].append(file)
    count = sum(map(len, tasks.values()))
    parts = parallel_map(
        partial(_task, root), list(tasks.values()), 1 if count <= _ALONE else workers
    )
    return Reading(
        tuple(sorted((result for part in parts for result in part.results), key=entry_key)),
        tuple(sorted(refusal for part in parts for refusal in part.refused)),
        {table: joint for part in parts for table, joint in part.joints.items()},
    )


def table_key(result: Result) -> Group:
    """The table that a result belongs to.

    A task of which no complete copy can be had has a table for copies of like completeness, in
    steps of five per cent: "sep28k-block.85-90" has those with 85 to 90 % of the examples.
    """
    synthetic = result.standing == "synthetic" or result.data.synthetic
    task, share = result.task, result.data.share
    if share is not None and not synthetic:
        step = min(int(100 * share + 1e-9) // 5 * 5, 95)
        task += f".{step}-{step + 5}"
    return synthetic, task, result.ranking


def competing(results: Iterable[Result]) -> list[Result]:
    """Those that have a rank, best first, equal ones by name."""
    ranked = [result for result in results if result.standing in ("ranked", "synthetic")]

    def order(result: Result) -> tuple[float, str, str]:
        sign = -1 if metric(result.ranking).higher_is_better else 1
        return sign * result.score(result.ranking).value, result.model.id, result.head

    return sorted(ranked, key=order)


def nulls(results: Iterable[Result]) -> list[Result]:
    """Those of nulls, by name."""
    return sorted((result for result in results if result.standing == "null"), key=entry_key)


def _task(root: Path, paths: Sequence[Path]) -> Reading:
    results: list[Result] = []
    places: dict[Key, Path] = {}
    refused: list[tuple[str, str]] = []
    for file in paths:
        try:
            result = files.read(file)
            metric(result.ranking)
            expected = files.result_path(
                root, result.task, result.model.id, result.head, result.data.synthetic
            )
            if expected != file:
                raise CardError(f"{file}: holds the entry that belongs to {expected}.")
            results.append(result)
            places[entry_key(result)] = file
        except (CardError, UsageError) as error:
            refused.append((file.relative_to(root).as_posix(), str(error)))
    grouped: dict[Group, list[Result]] = defaultdict(list)
    for result in results:
        if result.transfer is None:
            grouped[table_key(result)].append(result)
    joints = {
        table: separated(table[2], [*competing(entries), *nulls(entries)], places)
        for table, entries in sorted(grouped.items())
    }
    return Reading(tuple(results), tuple(refused), joints)
