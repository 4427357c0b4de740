"""The leaderboard as data: entries grouped by task, ranked where they may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from paralbench.metrics import metric
from paralbench.records.contamination import UNKNOWN, Exposure, Ledger
from paralbench.records.errors import CardError, UsageError
from paralbench.records.result import Result, Score
from paralbench.records.verdict import Verdict
from paralbench.results import files


@dataclass(frozen=True)
class Row:
    """One entry on the board.

    ``rank`` is None where it is not ranked; ``tied`` says that its interval overlaps that of the entry
    above; ``verdict`` is the conformance kit's on this very encoder, None where it was not checked;
    ``exposure`` tells whether the model has heard the corpus.
    """

    result: Result
    score: Score
    rank: int | None
    tied: bool
    verdict: Verdict | None = None
    exposure: Exposure = UNKNOWN


@dataclass(frozen=True)
class Table:
    """All entries of one task on one data standing (real or synthetic), best first."""

    task: str
    metric: str
    higher_is_better: bool
    synthetic: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Board:
    """Tables, real data before synthetic; files that are no results, with the reason."""

    tables: tuple[Table, ...]
    refused: tuple[tuple[str, str], ...]


def collect(root: Path, ledger: Ledger | None = None) -> Board:
    """Read every result below ``root``; a file that is none is refused and the others go on."""
    results: list[Result] = []
    refused: list[tuple[str, str]] = []
    for file in files.find(root):
        try:
            result = files.read(file)
            metric(result.ranking)
            expected = files.place(
                root, result.task, result.model.id, result.head, result.data.synthetic
            )
            if expected != file:
                raise CardError(f"{file}: holds the entry that belongs to {expected}.")
            results.append(result)
        except (CardError, UsageError) as error:
            refused.append((file.relative_to(root).as_posix(), str(error)))
    verdicts = _verdicts(root, {result.model.id for result in results}, refused)
    return Board(tuple(tables(results, verdicts, ledger)), tuple(refused))


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
    ledger: Ledger | None = None,
) -> list[Table]:
    """One table a task; synthetic data never stand beside real ones, cross-corpus in none."""
    grouped: dict[tuple[bool, str, str], list[Result]] = defaultdict(list)
    for result in results:
        if result.transfer is not None:
            continue  # another training corpus is another question: the matrix has it
        grouped[result.standing == "synthetic", result.task, result.ranking].append(result)
    return [_table(task, ranking, synthetic, grouped[synthetic, task, ranking], verdicts or {}, ledger or Ledger())
            for synthetic, task, ranking in sorted(grouped)]  # fmt: skip


def _table(
    task: str,
    ranking: str,
    synthetic: bool,
    results: list[Result],
    verdicts: Mapping[str, Verdict],
    ledger: Ledger,
) -> Table:
    better = metric(ranking).higher_is_better
    sign = -1 if better else 1
    allowed = {"synthetic"} if synthetic else {"ranked"}

    def order(result: Result) -> tuple[bool, float, str, str]:
        score = result.score(ranking)
        return result.standing not in allowed, sign * score.value, result.model.id, result.head

    ordered = sorted(results, key=order)
    rows = []
    rank = 0
    for place, result in enumerate(ordered):
        score = result.score(ranking)
        ranked = result.standing in allowed
        rank += ranked
        tied = ranked and place > 0 and _overlap(score, ordered[place - 1].score(ranking))
        verdict = verdicts.get(result.model.encoder)
        streams = [one.id for one in result.model.streams or [result.model]]
        exposure = ledger.exposure(streams, result.data.corpus)
        rows.append(Row(result, score, rank if ranked else None, tied, verdict, exposure))
    return Table(task, ranking, better, synthetic, tuple(rows))


def _overlap(one: Score, other: Score) -> bool:
    return one.interval.low <= other.interval.high and other.interval.low <= one.interval.high
