"""The leaderboard as data: entries grouped by task, ranked where they may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.leaderboard.description import described
from paralbench.leaderboard.groups import RankedTask, TaskGroup, groups
from paralbench.leaderboard.overall import Overall, overall
from paralbench.leaderboard.reading import Group, competing, read, table_key
from paralbench.leaderboard.separation import AboveNull, Joint, Separation, entry_key
from paralbench.metrics import metric
from paralbench.records.contamination import UNKNOWN, Exposure, Ledger
from paralbench.records.errors import CardError
from paralbench.records.layer_analysis import LayerAnalysis
from paralbench.records.result import Result, Score
from paralbench.records.verdict import Verdict
from paralbench.results import files


@dataclass(frozen=True)
class Row:
    """One entry on the board.

    ``rank`` is None where it is not ranked; ``separation`` is the range of that rank, None
    where the predictions could not be read; ``tied``: in one tie group with the entry above; ``verdict``
    is the conformance kit's on this encoder, None where it was not checked; ``exposure``: whether the
    model was trained on the corpus; ``above``: the entry against the best null of the task.
    """

    result: Result
    score: Score
    rank: int | None
    tied: bool
    verdict: Verdict | None = None
    separation: Separation | None = None
    exposure: Exposure = UNKNOWN
    above: AboveNull | None = None


@dataclass(frozen=True)
class Table:
    """All entries of one task, on real or on synthetic data, best first."""

    task: str
    metric: str
    higher_is_better: bool
    synthetic: bool
    rows: tuple[Row, ...]
    joint: Joint = field(default=Joint({}), compare=False, repr=False)

    @property
    def stem(self) -> str:
        """The name of its files, without a suffix."""
        return f"{self.task}{'.synthetic' if self.synthetic else ''}"


@dataclass(frozen=True)
class Board:
    """Tables, real data before synthetic, and what stands outside of them.

    Args:
        tables: one a task.
        refused: files that are not results, with the reason.
        crossed: cross-corpus results, which stand in no table.
        layers: analyses layer by layer.
        overall: entries across the tasks on real data.
        unread: entries without a rank range because their predictions could not be read, and why.
        groups: entries across the tasks of each term and of each suite, on real data.
    """

    tables: tuple[Table, ...]
    refused: tuple[tuple[str, str], ...]
    crossed: tuple[Result, ...] = ()
    layers: tuple[LayerAnalysis, ...] = ()
    overall: tuple[Overall, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    groups: tuple[TaskGroup, ...] = ()


def collect(root: Path, ledger: Ledger | None = None, catalog: Catalog | None = None) -> Board:
    """Read every result below ``root``; a file that is not a result is refused, the others count.

    Titles, abouts and cards are those of ``catalog``, where it has them.
    """
    reading = read(root)
    if catalog is not None:
        words = [described(result, catalog) for result in reading.results]
        reading = replace(reading, results=tuple(words))
    refused = list(reading.refused)
    verdicts = _verdicts(root, {result.model.id for result in reading.results}, refused)
    task_tables = tuple(tables(reading.results, verdicts, reading.joints, ledger))
    across = [
        (table.metric, len(table.rows[0].result.classes), table.joint)
        for table in task_tables
        if not table.synthetic
    ]
    return Board(
        tables=task_tables,
        # Read before ``refused`` is closed: a broken analysis is refused too.
        layers=tuple(_layers(root, refused)),
        refused=tuple(refused),
        crossed=tuple(result for result in reading.results if result.transfer is not None),
        overall=overall(across),
        unread=tuple(entry for table in task_tables for entry in table.joint.unread),
        groups=groups(_ranked_tasks(task_tables), catalog.suites if catalog else {}),
    )


def _ranked_tasks(task_tables: Iterable[Table]) -> list[RankedTask]:
    """The tables of real data that rank an entry."""
    ranked = [
        (table, [row.result for row in table.rows if row.rank is not None])
        for table in task_tables
        if not table.synthetic
    ]
    return [
        RankedTask.of(results, table.metric, table.joint) for table, results in ranked if results
    ]


def _layers(root: Path, refused: list[tuple[str, str]]) -> Iterator[LayerAnalysis]:
    for file in files.find_layers(root):
        try:
            yield LayerAnalysis.from_json(file)
        except CardError as error:
            refused.append((file.relative_to(root).as_posix(), str(error)))


def _verdicts(
    root: Path, models: Iterable[str], refused: list[tuple[str, str]]
) -> dict[str, Verdict]:
    """The conformance kit's verdicts, by the identity of the encoder examined."""
    verdicts = {}
    for model in sorted(models):
        try:
            verdict = files.verdict(root, model)
        except CardError as error:
            refused.append((f"{model}/conformance.json", str(error)))
            continue
        if verdict is not None:
            verdicts[verdict.encoder] = verdict
    return verdicts


def tables(
    results: Iterable[Result],
    verdicts: Mapping[str, Verdict] | None = None,
    joints: Mapping[Group, Joint] | None = None,
    ledger: Ledger | None = None,
) -> list[Table]:
    """One table a task; synthetic data stand apart from real, cross-corpus results in no table.

    ``joints`` holds the separation of the entries of each table.
    """
    grouped: dict[Group, list[Result]] = defaultdict(list)
    for result in results:
        if result.transfer is not None:
            continue  # trained on another corpus: that is the matrix's question
        grouped[table_key(result)].append(result)
    return [
        _table(
            key,
            grouped[key],
            verdicts or {},
            (joints or {}).get(key, Joint({})),
            ledger or Ledger(),
        )
        for key in sorted(grouped)
    ]


def unranked(results: Iterable[Result]) -> list[Table]:
    """Tables without ranks, for results that each answer another question."""
    grouped: dict[tuple[bool, str, str], list[Result]] = defaultdict(list)
    for result in results:
        grouped[result.data.synthetic, result.task, result.ranking].append(result)
    return [
        Table(
            task, ranking, metric(ranking).higher_is_better, synthetic,
            tuple(Row(entry, entry.score(ranking), None, False) for entry in entries),
        )
        for (synthetic, task, ranking), entries in sorted(grouped.items(), key=lambda item: item[0])
    ]  # fmt: skip


def _table(
    group: Group,
    results: list[Result],
    verdicts: Mapping[str, Verdict],
    joint: Joint,
    ledger: Ledger,
) -> Table:
    synthetic, task, ranking = group
    ranked = competing(results)
    others = [result for result in results if result.standing not in ("ranked", "synthetic")]
    ordered = [*ranked, *sorted(others, key=lambda result: (result.model.id, result.head))]
    rows: list[Row] = []
    for place, result in enumerate(ordered):
        separation = joint.of.get(entry_key(result))
        above = rows[-1].separation if rows else None
        rows.append(
            Row(
                result=result,
                score=result.score(ranking),
                rank=place + 1 if place < len(ranked) else None,
                tied=separation is not None
                and above is not None
                and separation.group == above.group,
                verdict=verdicts.get(result.model.encoder),
                exposure=ledger.exposure(
                    [model.id for model in result.model.streams or [result.model]],
                    result.data.corpus,
                ),
                separation=separation,
                above=joint.above.get(entry_key(result)),
            )
        )
    better = metric(ranking).higher_is_better
    return Table(task, ranking, better, synthetic, tuple(rows), joint)
