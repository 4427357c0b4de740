"""Tables by term and by suite: who is in them, with which numbers, and what terms mean."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from paralbench.catalog import Catalog
from paralbench.leaderboard.board import Board, collect
from paralbench.leaderboard.build import build
from paralbench.leaderboard.groups import TERMS, groups, parquet, records
from paralbench.leaderboard.text import render
from paralbench.records.suite_card import Suite
from tests.leaderboard.boards import predictions, store


def _cards(term: str) -> dict[str, Any]:
    """The cards of a result of version 2, of a task of this term."""
    fixture = Path(__file__).parents[1] / "results" / "fixtures" / "result-v2.json"
    cards: dict[str, Any] = json.loads(fixture.read_text(encoding="utf-8"))["cards"]
    cards["task"]["term"] = term
    return cards


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    """Two short tasks and a long one; one entry lacks a short one."""
    root = tmp_path_factory.mktemp("results")
    for task, term in (("toy-tone", "short"), ("toy-other", "short"), ("toy-age", "long")):
        for seed, (model, skill) in enumerate({"good": 3.0, "middle": 1.0, "poor": -0.5}.items()):
            store(root, model, predictions(skill, seed), task=task, cards=_cards(term))
    store(root, "once", predictions(4.0, 5), task="toy-tone", cards=_cards("short"))
    return collect(root)


def test_a_term_has_its_tasks_and_those_who_are_ranked_in_all(board: Board) -> None:
    short, long = board.groups
    assert (short.kind, short.name, short.present) == ("term", "short", ("toy-other", "toy-tone"))
    assert [entry.model for entry in short.entries] == ["good", "middle", "poor"]
    assert short.partial == (("once", "linear-probe", 1),)
    assert (long.name, long.present) == ("long", ("toy-age",))
    assert not long.partial


def test_numbers_are_means_over_the_tasks(board: Board) -> None:
    short = board.groups[0]
    good = short.entries[0]
    scores = [
        row.score.value
        for table in board.tables
        for row in table.rows
        if row.result.model.id == "good" and table.task in short.present
    ]
    assert good.normalised is not None
    assert good.normalised.value == pytest.approx(2 * np.mean(scores) - 1)
    assert good.normalised.low < good.normalised.value < good.normalised.high
    assert good.borda.value == 1
    assert good.borda.low <= 1 <= good.borda.high


def test_a_suite_shows_how_many_of_its_tasks_have_results(board: Board) -> None:
    from paralbench.leaderboard.board import _ranked_tasks

    suites = {
        "half": Suite(about="Half.", known=["toy-tone", "toy-missing"]),
        "none": Suite(about="None.", known=["toy-missing"]),
    }
    listed = groups(_ranked_tasks(board.tables), suites)
    assert [group.name for group in listed] == ["short", "long", "half"]
    half = listed[-1]
    assert (half.tasks, half.present) == (("toy-tone", "toy-missing"), ("toy-tone",))
    assert half.entries[0].model == "once"
    numbers = [record for record in records(listed) if record["group"] == "half"]
    assert {(record["covered"], record["present"], record["tasks"]) for record in numbers} == {
        (1, 1, 2)
    }


def test_files_hold_the_numbers_and_the_coverage(board: Board, tmp_path: Path) -> None:
    build(board, tmp_path)
    rows = json.loads((tmp_path / "overall.json").read_text(encoding="utf-8"))
    once = next(row for row in rows if row["model"] == "once")
    assert (once["covered"], once["present"], once["borda"]) == (1, 2, None)
    table = pq.read_table(io.BytesIO(parquet(board.groups)))
    assert table.to_pylist() == rows
    page = (tmp_path / "overall.html").read_text(encoding="utf-8")
    assert "Term: short" in page
    assert "once · linear-probe: 1 of 2" in page
    assert "term short, 2 of 2 tasks" in render(board)


def test_an_empty_board_has_no_groups(tmp_path: Path) -> None:
    assert collect(tmp_path).groups == ()
    build(collect(tmp_path), tmp_path / "site")
    assert "No entry on real data" in (tmp_path / "site" / "overall.html").read_text()


@pytest.mark.parametrize(
    ("term", "tasks"),
    [
        ("short", "iemocap-emotion iemocap-arousal sewa-liking cmu-mosei-sentiment mustard-sarcasm"),
        ("medium", "daic-woz-depression eatd-depression androids-interview flusense-influenza"),
        ("long", "voxceleb-age voxceleb-gender accentdb-accent kespeech-dialect adress-m-diagnosis"),
    ],
)  # fmt: skip
def test_terms_last_from_states_to_traits(term: str, tasks: str) -> None:
    """Emotion is short, depression medium, age, sex and accent long, however long a recording is."""
    catalog = Catalog()
    assert {catalog.task(task).term for task in tasks.split()} == {term}
    assert term in TERMS


def test_the_suite_of_paralbench_says_how_many_corpora_it_takes() -> None:
    catalog = Catalog()
    suite = catalog.suites["paralbench"]
    corpora = {catalog.task(task).corpus for task in suite.tasks}
    assert (len(suite.tasks), len(corpora)) == (13, 10)
    assert "ten data sets" in suite.about
    assert "Nine corpora" in suite.about
