"""From a synthetic corpus to a report on other people: the whole of screening, once."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from paralbench.bundling.bundle_maker import BundleSettings
from paralbench.catalog import Catalog
from paralbench.cli.trial_screening import held_out_trials, trial
from paralbench.corpora.reading import read
from paralbench.evaluation.benchmark import Benchmark, Done, Request

pytest.importorskip("silero_vad")


@pytest.mark.slow
def test_a_screener_is_tried_on_people_it_has_not_heard(tmp_path: Path) -> None:
    catalog = Catalog()
    task = catalog.task("simusoe-screening")
    corpus, data = catalog.corpus(task.corpus), tmp_path / "data"
    corpus.synthesize(data, 0)
    request = Request(
        [task.id], ["log-mel"], ["linear-probe"], {corpus.card.id: data}, seeds=(0, 1)
    )
    benchmark = Benchmark(catalog, request, tmp_path / "cache", tmp_path / "results")
    (done,) = benchmark.run(lambda words: None, quiet=True)
    assert isinstance(done, Done), done
    result = trial(done.file, catalog, data, tmp_path / "screening", tmp_path / "cache")
    rows = list(csv.DictReader((result.report.parent / "results.csv").open(encoding="utf-8")))
    assert len(rows) == sum(result.counts.values()) == 40
    assert {row["truth"] for row in rows} == set(done.result.classes)
    scored = [row for row in rows if row["status"] == "scored"]
    right = sum(row["prediction"] == row["truth"] for row in scored)
    assert right / len(scored) > 0.7
    report = result.report.read_text(encoding="utf-8")
    assert "SYNTHETIC" in report
    assert "not a medical device" in report


@pytest.mark.slow
def test_each_speaker_is_screened_by_a_screener_made_without_them(tmp_path: Path) -> None:
    catalog, data = Catalog(), tmp_path / "data"
    corpus = catalog.corpus("game-voices")
    corpus.synthesize(data, 0)
    speakers = {example.groups["speaker"] for example in read(corpus, data).examples}
    trials = held_out_trials(
        "game-voices-pain", "log-mel", "linear-probe", catalog, data, tmp_path / "trials",
        BundleSettings(level=0.8),
    )  # fmt: skip
    first = next(trials)
    (screened,) = {row.patient for row in first.rows}
    assert screened in speakers
    assert first.manifest.population.participants == len(speakers) - 1
    trained = {example.id for example in read(corpus, data).examples} - {
        row.id for row in first.rows
    }
    assert first.manifest.population.recordings == len(trained)
    assert first.rows[0].truth in ("other", "pain")
    # The catalogue that was given has the complete corpus still.
    assert catalog.corpus("game-voices") is corpus
