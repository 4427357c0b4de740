"""A screener from a synthetic result, tried on other computed people whose truth is known."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from paralbench.bundling.making import make
from paralbench.catalog import Catalog
from paralbench.corpora.reading import read
from paralbench.evaluation.rerun import recorded_request
from paralbench.evaluation.selection import select
from paralbench.records.example import Clip, Example
from paralbench.results import files
from paralbench.screener import bundle
from paralbench.screening.batch import Settings, screen
from paralbench.screening.outputs import write
from paralbench.screening.screening import opened
from paralbench.system.folder_lock import Lock

_SEED = 1
"""Of the people who are screened; 0 made those of training."""


@dataclass(frozen=True)
class Trial:
    """What came of it: where the bundle and the report are, and how many rows of each status."""

    bundle: Path
    report: Path
    counts: dict[str, int]


def trial(
    file: Path,
    catalog: Catalog,
    data: Path,
    folder: Path,
    cache: Path,
    say: Callable[[str], None] = lambda words: None,
) -> Trial:
    """Make the bundle of a result and screen new people with it, the truth beside them.

    Args:
        file: the result, on a synthetic corpus.
        catalog: where its task is.
        data: where that corpus lies.
        folder: where bundle, new people and report go.
        cache: root of the feature store.
        say: where remarks go.

    Raises:
        ParalbenchError: where no bundle can be made, or the voice activity detector is missing.
    """
    recorded = files.read(file)
    corpus = catalog.corpus(recorded.data.corpus)
    manifest, members = make(
        file, catalog, lambda one: recorded_request(one, file, {corpus.card.id: data}, {}), cache, say=say,
        quiet=True,
    )  # fmt: skip
    made = folder / f"{recorded.task}{bundle.SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    bundle.write(made, manifest, members)
    people = folder / "people" / corpus.card.id
    if not people.is_dir():
        corpus.synthesize(people, _SEED)
    listed = people.with_suffix(".csv")
    selection = select(catalog.task(recorded.task), read(corpus, people).examples)
    with listed.open("w", newline="", encoding="utf-8") as table:
        lines = csv.writer(table)
        lines.writerow(["path", "start", "end", "id", "truth", "sex"])
        for example, target in zip(selection.examples, selection.targets, strict=True):
            clip = _longest(example)
            truth = selection.classes[int(target)] if selection.classes else target
            told = (clip.path.resolve(), clip.start, "" if clip.end is None else clip.end)
            lines.writerow([*told, example.id, truth, example.attributes.get("sex", "unknown")])
    screening, output = opened(made), folder / f"{recorded.task}-report"
    output.mkdir(exist_ok=True)
    settings = Settings(truth="truth", quiet=True)
    with Lock(output):
        batch = screen(screening, [listed], output, settings)
        write(screening, batch, output, settings, datetime.now().astimezone(), False)
    return Trial(made, output / "report.html", dict(batch.counts))


def _longest(example: Example) -> Clip:
    """What of a person is screened: the longest stretch that is known to be his."""
    return max(
        example.clips, key=lambda one: float("inf") if one.end is None else one.end - one.start
    )
