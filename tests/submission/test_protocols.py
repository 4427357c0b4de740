"""Results under every kind of protocol and target are valid as they were run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Done, Request
from paralbench.submission.validation import validate


def _run(task: str, root: Path, catalog: Catalog) -> Path:
    corpus = catalog.corpus(catalog.task(task).corpus)
    corpus.synthesize(root / "data", 0)
    request = Request(
        tasks=[task], models=["log-mel"], heads=["sgd-probe"],
        data={corpus.card.id: root / "data"}, seeds=(0, 1),
    )  # fmt: skip
    benchmark = Benchmark(catalog, request, root / "cache", root / "results")
    (result,) = benchmark.run(lambda words: None, quiet=True)
    assert isinstance(result, Done), result
    return result.file


@pytest.mark.slow
@pytest.mark.parametrize(
    "task", ["m3ed-emotion", "sewa-arousal", "adress-m-mmse", "iemocap-emotion-10fold"]
)
def test_it_is_valid(task: str, tmp_path: Path) -> None:
    catalog = Catalog()
    _run(task, tmp_path, catalog)
    assert list(map(str, validate(tmp_path / "results", catalog).problems)) == []


@pytest.mark.slow
def test_under_a_corpus_s_own_parts_counts_are_held_against_folds_and_predictions(
    tmp_path: Path,
) -> None:
    catalog = Catalog()
    file = _run("m3ed-emotion", tmp_path, catalog)
    document = json.loads(file.read_text())
    name = next(iter(document["data"]["classes"]))
    document["data"]["scored"] = document["data"]["listed"] = 3
    document["data"]["classes"][name] = 0
    file.write_text(json.dumps(document))
    text = list(map(str, validate(tmp_path / "results", catalog).problems))
    assert any("data.scored" in item and "or more of the folds" in item for item in text), text
    assert any("data.classes" in item for item in text), text
