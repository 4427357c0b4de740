"""Trials of a screener on people it was not made from: synthetic ones, or speakers held out of a corpus."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from pathlib import Path

import numpy as np

from paralbench.bundling.bundle_maker import BundleSettings, make
from paralbench.catalog import Catalog, Corpus
from paralbench.corpora.reading import read
from paralbench.evaluation.benchmark import Benchmark, Failed, Request
from paralbench.evaluation.rerun import recorded_request
from paralbench.evaluation.selection import Selection, select
from paralbench.records.bundle import Manifest
from paralbench.records.example import Example
from paralbench.records.screened import Row
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
    """The bundle with its manifest, the report, its rows, and their number by status."""

    bundle: Path
    manifest: Manifest
    report: Path
    rows: tuple[Row, ...]
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
    plb = _bundled(file, catalog, data, folder, cache, BundleSettings(), say)
    speakers = folder / "people" / corpus.card.id
    if not speakers.is_dir():
        corpus.synthesize(speakers, _SEED)
    selection = select(catalog.task(result.task), read(corpus, speakers).examples)
    recordings = speakers.with_suffix(".csv")
    return _screened(plb, selection, recordings, folder / f"{result.task}-report", Settings())


@dataclass(frozen=True)
class _Part(Corpus):
    """A corpus without the examples of ``held_out``."""

    held_out: frozenset[str] = frozenset()

    def read(self, root: Path) -> Iterator[Example]:
        """The examples that are not held out."""
        for example in super().read(root):
            if not isinstance(example, Example) or example.id not in self.held_out:
                yield example


def held_out_trials(
    task: str,
    model: str,
    head: str,
    catalog: Catalog,
    data: Path,
    folder: Path,
    settings: BundleSettings,
    say: Callable[[str], None] = lambda message: None,
) -> Iterator[Trial]:
    """For each speaker of a task, a screener made without them and tried on them.

    The corpus is in ``data``. Each speaker has a folder below ``folder`` with the result, the bundle
    and the report, made by the same code as by ``run``, ``bundle`` and ``screen``. A speaker is a
    group of the kind that the task's intervals resample.

    Raises:
        ParalbenchError: if no bundle can be made, or the voice activity detector is missing.
    """
    corpus = catalog.corpus(catalog.task(task).corpus)
    selection = select(catalog.task(task), read(corpus, data).examples)
    cache = folder / "cache"
    speakers = selection.group(selection.task.protocol.cluster)
    for number, name in enumerate(speakers.names):
        say(f"{name} is held out")
        tested = [selection.examples[row] for row in np.flatnonzero(speakers.numbers == number)]
        part = _Part(
            corpus.folder, corpus.card, corpus.tasks, frozenset(example.id for example in tested)
        )
        partial, place = copy(catalog), folder / f"speaker-{number}"
        partial.corpora = {**catalog.corpora, corpus.card.id: part}
        request = Request([task], [model], [head], {corpus.card.id: data}, seeds=(0, 1, 2))
        benchmark = Benchmark(partial, request, cache, place / "results")
        # A task of an open corpus and one model is one outcome.
        (outcome,) = benchmark.run(say, quiet=True)
        if isinstance(outcome, Failed):
            raise outcome.error
        plb = _bundled(outcome.file, partial, data, place, cache, settings, say)
        yield _screened(
            plb, select(catalog.task(task), tested), place / "held-out.csv", place / "report",
            Settings(patient="patient"),
        )  # fmt: skip


def _bundled(
    file: Path,
    catalog: Catalog,
    data: Path,
    folder: Path,
    cache: Path,
    settings: BundleSettings,
    say: Callable[[str], None],
) -> Path:
    """The bundle of a result, written to ``folder``."""
    result = files.read(file)
    manifest, members = make(
        file, catalog, lambda entry: recorded_request(entry, file, {result.data.corpus: data}, {}),
        cache, settings, say=say, quiet=True,
    )  # fmt: skip
    plb = folder / f"{result.task}{bundle.SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    bundle.write(plb, manifest, members)
    return plb


def _screened(
    plb: Path, selection: Selection, recordings: Path, output: Path, settings: Settings
) -> Trial:
    """Screen the examples of a selection, listed with their truth in the CSV ``recordings``."""
    speakers = selection.group(selection.task.protocol.cluster)
    with recordings.open("w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(["path", "start", "end", "id", "truth", "sex", "patient"])
        for number, (example, target) in enumerate(
            zip(selection.examples, selection.targets, strict=True)
        ):
            # The longest clip of each example is the recording.
            clip = max(example.clips, key=lambda c: inf if c.end is None else c.end - c.start)
            truth = selection.classes[int(target)] if selection.classes else target
            sex = example.attributes.get("sex", "unknown")
            patient = speakers.names[speakers.numbers[number]]
            row = [clip.path.resolve(), clip.start, clip.end, example.id, truth, sex, patient]
            writer.writerow(row)
    output.mkdir(exist_ok=True)
    settings = replace(settings, truth="truth", quiet=True)
    source = open_bundle(plb)
    with Lock(output):
        batch = screen(source, [recordings], output, settings)
        write(source, batch, output, settings, datetime.now().astimezone())
    return Trial(
        plb, source.manifest, output / "report.html", tuple(batch.rows), dict(batch.counts)
    )
