"""The leaderboard as data: entries grouped by task, ranked where they may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from paralbench.leaderboard.overall import Overall, overall
from paralbench.leaderboard.reading import Group, competing, group, read
from paralbench.leaderboard.separation import Joint, Separation, key
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

    ``rank`` is None where it is not ranked; ``separation`` is what can be said of that rank, None
    where the predictions could not be read; ``tied`` says that it is in one tie group with the entry
    above; ``verdict`` is the conformance kit's on this very encoder, None where it was not checked;
    ``exposure`` tells whether the model has heard the corpus.
    """

    result: Result
    score: Score
    rank: int | None
    tied: bool
    verdict: Verdict | None = None
    separation: Separation | None = None
    exposure: Exposure = UNKNOWN


@dataclass(frozen=True)
class Table:
    """All entries of one task on one data standing (real or synthetic), best first."""

    task: str
    metric: str
    higher_is_better: bool
    synthetic: bool
    rows: tuple[Row, ...]
    joint: Joint = field(default=Joint({}), compare=False, repr=False)

    @property
    def stem(self) -> str:
        """What its files are called, without an ending."""
        return f"{self.task}{'.synthetic' if self.synthetic else ''}"


@dataclass(frozen=True)
class Board:
    """Tables, real data before synthetic; files that are no results, with the reason.

    ``crossed`` are cross-corpus results, which stand in no table; ``layers`` analyses layer by layer;
    ``overall`` is across the tasks on real data; ``unread`` names entries whose predictions could
    not be read, which have no rank interval, with the reason.
    """

    tables: tuple[Table, ...]
    refused: tuple[tuple[str, str], ...]
    crossed: tuple[Result, ...] = ()
    layers: tuple[LayerAnalysis, ...] = ()
    overall: tuple[Overall, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()


def collect(root: Path, ledger: Ledger | None = None) -> Board:
    """Read every result below ``root``; a file that is none is refused and the others go on."""
    reading = read(root)
    refused = list(reading.refused)
    verdicts = _verdicts(root, {result.model.id for result in reading.results}, refused)
    found = tuple(tables(reading.results, verdicts, reading.joints, ledger))
    across = [
        (table.metric, len(table.rows[0].result.classes), table.joint)
        for table in found
        if not table.synthetic
    ]
    return Board(
        tables=found,
        # Layer analyses are read first: what is wrong with them is refused too.
        layers=tuple(_layers(root, refused)),
        refused=tuple(refused),
        crossed=tuple(result for result in reading.results if result.transfer is not None),
        overall=overall(across),
        unread=tuple(one for table in found for one in table.joint.unread),
    )


def _layers(root: Path, refused: list[tuple[str, str]]) -> Iterator[LayerAnalysis]:
    for file in files.find_layers(root):
        try:
            yield LayerAnalysis.from_json(file)
        except CardError as error:
            refused.append((file.relative_to(root).as_posix(), str(error)))


def _verdicts(
    root: Path, models: Iterable[str], refused: list[tuple[str, str]]
) -> dict[str, Verdict]:
    """What the conformance kit said, by the identity of the encoder that it examined."""
    found = {}
    for model in sorted(models):
        try:
            verdict = files.verdict(root, model)
        except CardError as error:
            refused.append((f"{model}/conformance.json", str(error)))
            continue
        if verdict is not None:
            found[verdict.encoder] = verdict
    return found


def tables(
    results: Iterable[Result],
    verdicts: Mapping[str, Verdict] | None = None,
    joints: Mapping[Group, Joint] | None = None,
    ledger: Ledger | None = None,
) -> list[Table]:
    """One table a task; synthetic data never stand beside real ones, cross-corpus in none.

    ``joints`` has what can be told apart in each table.
    """
    grouped: dict[Group, list[Result]] = defaultdict(list)
    for result in results:
        if result.transfer is not None:
            continue  # another training corpus is another question: the matrix has it
        grouped[group(result)].append(result)
    return [
        _table(
            of, grouped[of], verdicts or {}, (joints or {}).get(of, Joint({})), ledger or Ledger()
        )
        for of in sorted(grouped)
    ]


def unranked(results: Iterable[Result]) -> list[Table]:
    """Tables whose entries have no ranks, for results that answer another question each."""
    grouped: dict[tuple[bool, str, str], list[Result]] = defaultdict(list)
    for result in results:
        grouped[result.data.synthetic, result.task, result.ranking].append(result)
    return [
        Table(
            task, ranking, metric(ranking).higher_is_better, synthetic,
            tuple(Row(one, one.score(ranking), None, False) for one in found),
        )
        for (synthetic, task, ranking), found in sorted(grouped.items(), key=lambda item: item[0])
    ]  # fmt: skip


def _table(
    of: Group,
    results: list[Result],
    verdicts: Mapping[str, Verdict],
    joint: Joint,
    ledger: Ledger,
) -> Table:
    synthetic, task, ranking = of
    ranked = competing(results)
    others = [one for one in results if one.standing not in ("ranked", "synthetic")]
    ordered = [*ranked, *sorted(others, key=lambda one: (one.model.id, one.head))]
    rows: list[Row] = []
    for place, result in enumerate(ordered):
        found = joint.of.get(key(result))
        above = rows[-1].separation if rows else None
        rows.append(
            Row(
                result=result,
                score=result.score(ranking),
                rank=place + 1 if place < len(ranked) else None,
                tied=found is not None and above is not None and found.group == above.group,
                verdict=verdicts.get(result.model.encoder),
                exposure=ledger.exposure(
                    [one.id for one in result.model.streams or [result.model]], result.data.corpus
                ),
                separation=found,
            )
        )
    better = metric(ranking).higher_is_better
    return Table(task, ranking, better, synthetic, tuple(rows), joint)
