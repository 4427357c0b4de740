"""A trial of a screener, made from a synthetic result, on new synthetic speakers."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import inf
from pathlib import Path

from paralbench.bundling.bundle_maker import make
from paralbench.catalog import Catalog
from paralbench.corpora.reading import read
from paralbench.evaluation.rerun import recorded_request
from paralbench.evaluation.selection import select
from paralbench.results import files
from paralbench.screener import bundle
from paralbench.screening.batch import Settings, screen
from paralbench.screening.output_folder import write
from paralbench.screening.screener_source import open_bundle
from paralbench.system.folder_lock import Lock

_SEED = 1
"""Seed of the speakers who are screened; those of training have seed 0."""


@dataclass(frozen=True)
class Trial:
    """The bundle, the report, and the number of rows by status."""

    bundle: Path
    report: Path
    counts: dict[str, int]


def trial(
    file: Path,
    catalog: Catalog,
    data: Path,
    folder: Path,
    cache: Path,
    say: Callable[[str], None] = lambda message: None,
) -> Trial:
    """Make the bundle of a result and screen new speakers with it.

    ``file`` is the result, on a synthetic corpus in ``data``; bundle, new speakers and report are
    written to ``folder``; ``cache`` is the root of the feature store.

    Raises:
        ParalbenchError: if no bundle can be made, or the voice activity detector is missing.
    """
    result = files.read(file)
    corpus = catalog.corpus(result.data.corpus)
    manifest, members = make(
        file, catalog, lambda entry: recorded_request(entry, file, {corpus.card.id: data}, {}), cache,
        say=say, quiet=True,
    )  # fmt: skip
    plb = folder / f"{result.task}{bundle.SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    bundle.write(plb, manifest, members)
    speakers = folder / "people" / corpus.card.id
    if not speakers.is_dir():
        corpus.synthesize(speakers, _SEED)
    recordings = speakers.with_suffix(".csv")
    selection = select(catalog.task(result.task), read(corpus, speakers).examples)
    with recordings.open("w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(["path", "start", "end", "id", "truth", "sex"])
        for example, target in zip(selection.examples, selection.targets, strict=True):
            # The longest clip of each speaker is the recording.
            clip = max(example.clips, key=lambda c: inf if c.end is None else c.end - c.start)
            truth = selection.classes[int(target)] if selection.classes else target
            sex = example.attributes.get("sex", "unknown")
            writer.writerow([clip.path.resolve(), clip.start, clip.end, example.id, truth, sex])
    source, output = open_bundle(plb), folder / f"{result.task}-report"
    output.mkdir(exist_ok=True)
    settings = Settings(truth="truth", quiet=True)
    with Lock(output):
        batch = screen(source, [recordings], output, settings)
        write(source, batch, output, settings, datetime.now().astimezone())
    return Trial(plb, output / "report.html", dict(batch.counts))
