"""The front page's matrix and its sentences."""

import json
from pathlib import Path

from paralbench.leaderboard.board import collect, tables
from paralbench.leaderboard.build import build
from paralbench.leaderboard.overview import overview, sentence
from tests.leaderboard.boards import predictions, result, store, write


def test_a_model_stands_with_its_best_head_and_nulls_come_last(tmp_path: Path) -> None:
    store(tmp_path, "a", predictions(0.5), head="knn")
    store(tmp_path, "a", predictions(3.0, seed=1), head="mlp")
    store(tmp_path, "b", predictions(0.0, seed=2))
    store(tmp_path, "null", predictions(4.0, seed=3), standing="null")
    write(tmp_path, result("made", 0.9, standing="synthetic"))
    matrix = overview(collect(tmp_path).tables)
    assert [line.model for line in matrix.lines] == ["a", "b", "null"]
    (cell,) = matrix.lines[0].cells
    assert cell is not None
    assert (cell.row.result.head, cell.shade) == ("mlp", 10)
    assert "made" not in {line.model for line in matrix.lines}
    assert not any(table.synthetic for table in matrix.tables)


def test_the_sentence_names_the_best_and_the_null(tmp_path: Path) -> None:
    store(tmp_path, "a", predictions(4.0, seed=1))
    store(tmp_path, "b", predictions(-1.0, seed=2))
    store(tmp_path, "null", predictions(-1.0, seed=3), standing="null")
    (table,) = collect(tmp_path).tables
    words = sentence(table)
    assert words.startswith("a + ")
    assert "is best. 1 of 2 entries are above the best null, null." in words


def test_equal_entries_tie(tmp_path: Path) -> None:
    for name, skill in (("a", 2.5), ("b", 2.4)):
        store(tmp_path, name, predictions(skill, seed=ord(name)))
    (table,) = collect(tmp_path).tables
    assert sentence(table).startswith("2 entries tie for first")


def test_the_page_begins_with_the_matrix_and_hides_synthetic_tables(tmp_path: Path) -> None:
    store(tmp_path / "r", "a", predictions(2.5))
    write(tmp_path / "r", result("made", 0.9, standing="synthetic"))
    build(collect(tmp_path / "r"), tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text()
    assert page.index("Models by tasks") < page.index('class="task')
    assert 'class="task synthetic" hidden' in page
    assert 'id="synthetic"' in page


def test_a_line_has_the_seconds_of_an_hour_on_the_hardware_of_most() -> None:
    fixture = Path(__file__).parents[1] / "results" / "fixtures" / "result-v2.json"
    profile = json.loads(fixture.read_text(encoding="utf-8"))["profile"]
    other = {**profile, "machine": {**profile["machine"], "hardware_class": "another"}}
    matrix = overview(
        tables([
            result("a", 0.8, profile=profile), result("b", 0.7, profile=profile),
            result("c", 0.6, profile=other), result("d", 0.5),
        ])
    )  # fmt: skip
    seconds = {line.model: line.seconds for line in matrix.lines}
    ten = next(cost for cost in profile["parts"]["entry"]["costs"] if cost["seconds"] == 10)
    expected = ten["latency"]["p50"] * 360
    assert matrix.hardware == profile["machine"]["hardware_class"]
    assert seconds == {"a": expected, "b": expected, "c": None, "d": None}
