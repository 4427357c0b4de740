"""Learning curves: all of the training side is the ordinary result, and less of it scores less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Request
from paralbench.evaluation.curve import curve
from paralbench.evaluation.preparation import Preparation
from paralbench.records.errors import UsageError
from tests.evaluation import toy


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return toy.write_catalog(tmp_path / "catalog")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return toy.write_corpus(tmp_path / "data")


def _prepared(
    catalog: Path, data: Path, work: Path, task: str = "toy-tone", **more: Any
) -> Preparation:
    request = Request(
        [task], ["bands"], [more.pop("head")], data={"toy": data}, seeds=(0, 1), head_settings=more
    )
    benchmark = Benchmark(Catalog([catalog]), request, work / "cache", work / "results")
    (prepared,) = benchmark.preparations()
    assert isinstance(prepared, Preparation), prepared
    return prepared


@pytest.mark.slow
@pytest.mark.parametrize(
    "head", [pytest.param("sgd-probe", marks=pytest.mark.slow), "linear-probe", "knn"]
)
def test_all_speakers_and_all_labels_score_as_the_result(
    catalog: Path, data: Path, tmp_path: Path, head: str
) -> None:
    score = toy.score(catalog, data, tmp_path, heads=[head]).result.score("uar")
    learned = curve(
        _prepared(catalog, data, tmp_path, head=head), tmp_path / "cache", draws=2, quiet=True
    )
    complete = [point for point in learned.points if point.everything]
    assert [point.by for point in complete] == ["speakers", "labels"]
    for point in complete:
        assert point.value == score.value
        assert point.interval == score.interval
        assert point.by_draw == list(score.by_seed.values())
    assert not learned.left_out
    for by in ("speakers", "labels"):
        points = [point for point in learned.points if point.by == by]
        assert [point.size for point in points[:-1]] == [2**n for n in range(len(points) - 1)]
        assert points[0].examples < points[-1].examples
        assert all(len(point.by_draw) == 2 for point in points[:-1])


@pytest.mark.slow
def test_the_same_curve_again_is_the_same(catalog: Path, data: Path, tmp_path: Path) -> None:
    prepared = _prepared(catalog, data, tmp_path, head="sgd-probe")
    first, again = (
        curve(prepared, tmp_path / "cache", ["speakers"], 2, quiet=True) for _ in range(2)
    )
    assert first == again


def test_a_size_without_every_class_is_left_out_and_named(catalog: Path, tmp_path: Path) -> None:
    """As of a diagnosis: a speaker has one class only."""
    rows = [
        {**row, "target": ("low", "high")[int(row["speaker"][-1]) % 2]} for row in toy.usual_rows()
    ]
    data = toy.write_corpus(tmp_path / "data", rows)
    prepared = _prepared(catalog, data, tmp_path, head="linear-probe")
    learned = curve(prepared, tmp_path / "cache", ["speakers"], 2, quiet=True)
    (left_out,) = learned.left_out
    assert (left_out.by, left_out.size) == ("speakers", 1)
    assert "without an example" in left_out.reason
    assert learned.points[0].size == 2


def test_a_number_is_learnt_from_speakers_but_has_no_labels_of_a_class(
    catalog: Path, tmp_path: Path
) -> None:
    rows = [
        {**row, "target": str(number % 3 + number % 2)}
        for number, row in enumerate(toy.usual_rows())
    ]
    data = toy.write_corpus(tmp_path / "data", rows)
    prepared = _prepared(catalog, data, tmp_path, task="toy-number", head="linear-probe")
    learned = curve(prepared, tmp_path / "cache", ["speakers"], 2, quiet=True)
    assert learned.points[-1].everything
    with pytest.raises(UsageError, match="predicts a number"):
        curve(prepared, tmp_path / "cache", quiet=True)
