"""A task of raters' votes from clips to the board: learnt, scored, validated, shown, or refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from paralbench.bundling.bundle_maker import make
from paralbench.catalog import Catalog
from paralbench.cli import result_text
from paralbench.evaluation.benchmark import Benchmark, Done, Failed, Request
from paralbench.leaderboard import text
from paralbench.leaderboard.board import collect
from paralbench.leaderboard.build import build
from paralbench.metrics import metric
from paralbench.metrics.distribution import DistributionMetric
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result
from paralbench.results import files
from paralbench.submission.validation import validate
from tests.evaluation import toy

_ADAPTER = """
from dataclasses import replace
from zlib import crc32

from paralbench.corpora.manifest import read_manifest


def read(root):
    for example in read_manifest(root):
        most, other = ("low", "high") if example.labels["target"] == "low" else ("high", "low")
        doubt = crc32(example.id.encode()) % 3
        yield replace(example, votes={"heard": {most: 5 - doubt, other: doubt, "nothing": 1}})
"""
_TASK = """id = "toy-heard"
version = 1
corpus = "toy"
title = "High or low, as heard"
about = "How many raters heard a high tone."
term = "short"
examples = 32

[target]
kind = "distribution"
label = "heard"
classes = ["low", "high"]

[protocol]
kind = "group-folds"
by = "speaker"
folds = 4
never_cross = ["speaker"]
cluster = "speaker"

[metrics]
ranking = "cross-entropy"
report = ["cross-entropy", "kl-divergence", "jensen-shannon", "uar"]
over_folds = ["cross-entropy"]
"""
RESULT = Path("bands/toy-heard/linear-probe.json")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalog, Path]:
    """A catalogue, and the results of the linear probe and of the neighbours, under a condition."""
    root = tmp_path_factory.mktemp("heard")
    folder, data = toy.write_catalog(root / "catalog"), toy.write_corpus(root / "data")
    (folder / "tasks" / "toy" / "adapter.py").write_text(_ADAPTER)
    (folder / "tasks" / "toy" / "heard.toml").write_text(_TASK)
    request = Request(
        ["toy-heard"], ["bands"], ["linear-probe", "knn", "lda"], {"toy": data}, under=["gain-20"]
    )
    catalog = Catalog([folder])
    benchmark = Benchmark(catalog, request, root / "cache", root / "results")
    outcomes = list(benchmark.run(lambda words: None, quiet=True))
    assert [type(item) for item in outcomes] == [Done, Done, Failed]
    (failed,) = (item for item in outcomes if isinstance(item, Failed))
    assert str(failed.error) == "head 'lda' learns class; 'toy-heard' is a distribution."
    return catalog, root / "results"


@pytest.fixture
def result(scored: tuple[Catalog, Path]) -> Result:
    return files.read(scored[1] / RESULT)


def test_the_result_is_ranked_and_near_the_raters(result: Result) -> None:
    assert (result.standing, result.standing_reason) == ("ranked", "")
    assert result.annotators is not None
    assert result.calibration is None
    entropy = result.score("cross-entropy").value - result.score("kl-divergence").value
    assert result.annotators.floor.value == pytest.approx(entropy)
    assert entropy < result.score("cross-entropy").value < np.log(2)
    assert result.score("uar").value > 0.9
    assert (result.annotators.examples, result.annotators.votes) == (32, 5.0)
    assert [score.metric for score in result.annotators.held_out] == ["cross-entropy", "uar"]


def test_the_table_gives_the_scores_again(scored: tuple[Catalog, Path], result: Result) -> None:
    table = pq.read_table((scored[1] / RESULT).with_suffix(".parquet"))
    votes, outputs = (
        np.stack([table[f"{kind}:{name}"] for name in ("low", "high")], 1)
        for kind in ("votes", "p")
    )
    assert (votes.sum(1) == 5).all()
    for name in ("cross-entropy", "kl-divergence", "jensen-shannon"):
        known = metric(name)
        assert isinstance(known, DistributionMetric)
        assert known.of(votes, outputs) == pytest.approx(result.score(name).value)
    assert [str(problem) for problem in validate(scored[1], scored[0]).problems] == []


def _other_ceiling(document: dict[str, Any]) -> None:
    document["annotators"]["held_out"][0]["value"] -= 0.1


def _no_ceiling(document: dict[str, Any]) -> None:
    document["annotators"] = None


@pytest.mark.parametrize("change", [_other_ceiling, _no_ceiling])
def test_a_ceiling_that_the_votes_do_not_give_is_a_problem(
    scored: tuple[Catalog, Path], tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    shutil.copytree(scored[1], tmp_path / "results")
    file = tmp_path / "results" / RESULT
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")
    problems = map(str, validate(tmp_path / "results", scored[0]).problems)
    assert any("annotators" in problem for problem in problems)


def test_predictions_without_votes_are_a_problem(
    scored: tuple[Catalog, Path], tmp_path: Path
) -> None:
    shutil.copytree(scored[1], tmp_path / "results")
    file = tmp_path / "results" / RESULT
    table = pq.read_table(file.with_suffix(".parquet"))
    content, digest = files.parquet(table.drop_columns(["votes:low", "votes:high"]))
    file.with_suffix(".parquet").write_bytes(content)
    document = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**document, "predictions_sha256": digest}), encoding="utf-8")
    problems = map(str, validate(tmp_path / "results", scored[0]).problems)
    assert any("expected the votes of raters, got none" in problem for problem in problems)


def test_raters_stand_in_the_text_of_a_run_and_on_the_board(
    scored: tuple[Catalog, Path], result: Result, tmp_path: Path
) -> None:
    assert result.annotators is not None
    floor = f"{result.annotators.floor.value:.3f}"
    lines = result_text.details(result)
    assert any("held-out rater" in line for line in lines)
    assert any(floor in line and "5.0 votes an example" in line for line in lines)
    board = collect(scored[1])
    (table,) = board.tables
    values = [row.score.value for row in table.rows if row.rank is not None]
    assert values == sorted(values)
    assert f"raters' entropy, the floor: CROSS-ENTROPY {floor}" in text.render(board)
    build(board, tmp_path / "site")
    pages = [page.read_text(encoding="utf-8") for page in (tmp_path / "site").rglob("*.html")]
    assert any("<dt>Raters’ entropy</dt>" in page and floor in page for page in pages)
    assert any('<th scope="col">Held-out rater</th>' in page for page in pages)


def test_the_mean_over_folds_stands_in_the_text_of_a_run_and_on_the_board(
    scored: tuple[Catalog, Path], result: Result, tmp_path: Path
) -> None:
    score = result.score("cross-entropy")
    mean = f"{np.mean(list(score.by_fold.values())):.3f}"
    assert f"mean over folds, as some publications report it: CROSS-ENTROPY {mean}" in (
        result_text.details(result)
    )
    build(collect(scored[1]), tmp_path / "site")
    pages = [page.read_text(encoding="utf-8") for page in (tmp_path / "site").rglob("*.html")]
    column = '<th scope="col" class="number">Mean over folds</th>'
    assert any(column in page and f'<td class="number">{mean}</td>' in page for page in pages)


def test_no_bundle_is_made_of_it(scored: tuple[Catalog, Path], tmp_path: Path) -> None:
    with pytest.raises(ParalbenchError, match="has a distribution of raters"):
        make(scored[1] / RESULT, scored[0], lambda result: _unused(), tmp_path)


def _unused() -> Request:
    raise AssertionError("nothing is prepared")
