"""A screener's entry against the best null entry of its task, whose results lie beside it."""

from __future__ import annotations

from pathlib import Path

from paralbench.leaderboard.reading import nulls, table_key
from paralbench.leaderboard.separation import entry_key, separated
from paralbench.records.bundle import AboveNull
from paralbench.records.errors import CardError
from paralbench.records.result import Result
from paralbench.results import files


def compared(file: Path, result: Result) -> AboveNull | None:
    """The paired comparison that the leaderboard makes, for one entry.

    None where ``file`` is not in a folder of results, or where no null entry of the same task and
    examples is there.
    """
    root = file.absolute().parents[2]
    place = files.result_path(
        root, result.task, result.model.id, result.head, result.data.synthetic
    )
    if file.absolute() != place:
        return None
    entries, places = [], {entry_key(result): file}
    for path in sorted(root.glob(f"*/{result.task}/*.json")):
        try:
            entry = files.read(path)
        except CardError:
            continue  # a verdict, layers, or a result of another version: the board refuses it too
        if table_key(entry) == table_key(result) and entry.transfer is None:
            entries.append(entry)
            places.setdefault(entry_key(entry), path)
    above = separated(result.ranking, [result, *nulls(entries)], places).above
    comparison = above.get(entry_key(result))
    if comparison is None:
        return None
    return AboveNull(
        null=comparison.null,
        metric=result.ranking,
        difference=comparison.difference,
        low=comparison.low,
        high=comparison.high,
        p=comparison.p,
        shown=comparison.shown,
    )
