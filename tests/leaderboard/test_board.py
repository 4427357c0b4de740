"""Who is ranked, in which order, and who is only shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from paralbench.leaderboard.board import collect, tables
from paralbench.leaderboard.build import build
from paralbench.leaderboard.data import board_csv, records
from paralbench.leaderboard.text import render
from paralbench.records.verdict import Finding, Verdict
from paralbench.results import files
from tests.leaderboard.boards import predictions, result, store, write


def _ranks(*results: Any) -> list[list[tuple[str, int | None]]]:
    return [[(row.result.model.id, row.rank) for row in table.rows] for table in tables(results)]


def test_the_best_comes_first() -> None:
    ranked = _ranks(result("b", 0.5), result("a", 0.9), result("c", 0.7))
    assert ranked == [[("a", 1), ("c", 2), ("b", 3)]]


def test_less_is_better_where_the_metric_says_so() -> None:
    ranked = _ranks(result("b", 5, metric="rmse"), result("a", 9, metric="rmse"))
    assert ranked == [[("b", 1), ("a", 2)]]


def test_synthetic_results_have_a_table_of_their_own_after_the_real_ones() -> None:
    ranked = tables([result("made", 0.99, standing="synthetic"), result("real", 0.6)])
    assert [(table.synthetic, [row.result.model.id for row in table.rows]) for table in ranked] == [
        (False, ["real"]), (True, ["made"]),
    ]  # fmt: skip
    assert [table.rows[0].rank for table in ranked] == [1, 1]


@pytest.mark.parametrize("standing", ["incomplete", "unverified", "null", "comparison"])
def test_what_is_incomplete_unverified_or_a_null_is_shown_below_without_a_rank(
    standing: str,
) -> None:
    ranked = _ranks(result("part", 0.99, standing=standing), result("whole", 0.6))
    assert ranked == [[("whole", 1), ("part", None)]]


def test_copies_that_cannot_be_complete_are_ranked_among_their_like() -> None:
    def partial(model: str, value: float, share: float) -> Any:
        data = result().data.model_copy(update={"share": share}).model_dump()
        return result(model, value, data=data)

    ranked = tables([partial("a", 0.9, 0.62), partial("b", 0.5, 0.87), partial("c", 0.7, 0.899)])
    assert {table.task.rpartition(".")[2]: [row.result.model.id for row in table.rows] for table in ranked} == {
        "60-65": ["a"], "85-90": ["c", "b"],
    }  # fmt: skip


def test_a_null_on_synthetic_data_stays_in_the_synthetic_table() -> None:
    data = result().data.model_copy(update={"synthetic": True}).model_dump()
    made = result("made", standing="synthetic", data=data)
    null = result("null", 0.99, standing="null", data=data)
    (table,) = tables([null, made])
    assert table.synthetic
    assert [(row.result.model.id, row.rank) for row in table.rows] == [("made", 1), ("null", None)]


def test_who_cannot_be_told_from_the_best_is_tied_with_it(tmp_path: Path) -> None:
    for model, skill in (("a", 2.5), ("b", 2.4), ("c", -0.5)):
        store(tmp_path, model, predictions(skill, seed=ord(model)))
    (table,) = collect(tmp_path).tables
    separate = [row.separation for row in table.rows if row.separation]
    assert {row.result.model.id for row in table.rows[:2]} == {"a", "b"}
    assert [item.group for item in separate] == [1, 1, 2]
    assert [row.tied for row in table.rows] == [False, True, False]
    assert [(item.low, item.high) for item in separate] == [(1, 2), (1, 2), (3, 3)]
    assert sum(item.best for item in separate) == pytest.approx(1)
    assert separate[2].best == 0


def test_without_its_predictions_an_entry_has_no_rank_interval_and_it_is_said(
    tmp_path: Path,
) -> None:
    for model in "abc":
        store(tmp_path, model, predictions(1.0, seed=ord(model)))
    (tmp_path / "a" / "toy-tone" / "linear-probe.parquet").unlink()
    (tmp_path / "b" / "toy-tone" / "linear-probe.parquet").write_bytes(b"PAR1")
    board = collect(tmp_path)
    record = {row.result.model.id: row.separation for row in board.tables[0].rows}
    assert record["a"] is None
    assert record["b"] is None
    assert record["c"] is not None
    assert dict(board.unread) == {
        "a/toy-tone/linear-probe.parquet": "the predictions of this result are missing.",
        "b/toy-tone/linear-probe.parquet": "these are not the predictions the result was made from.",
    }
    assert "no rank interval: a/toy-tone/linear-probe.parquet" in render(board)


def test_entries_of_other_examples_are_drawn_for_themselves(tmp_path: Path) -> None:
    store(tmp_path, "a", predictions(3.0))
    store(tmp_path, "b", predictions(-1.0, clusters=9))
    (table,) = collect(tmp_path).tables
    assert [row.separation.group for row in table.rows if row.separation] == [1, 2]


def test_what_is_not_ranked_takes_no_part_in_ranks(tmp_path: Path) -> None:
    store(tmp_path, "a", predictions(1.0))
    store(tmp_path, "b", predictions(3.0, seed=1), standing="unverified")
    rows = collect(tmp_path).tables[0].rows
    assert [row.separation and (row.separation.high, row.separation.best) for row in rows] == [
        (1, 1.0),
        None,
    ]


def test_entries_of_every_task_stand_across_tasks(tmp_path: Path) -> None:
    for task in ("toy-tone", "toy-other"):
        store(tmp_path, "good", predictions(3.0, 1), task=task)
        store(tmp_path, "poor", predictions(0.0, 2), task=task)
    store(tmp_path, "once", predictions(5.0, 3))
    store(tmp_path, "good", predictions(3.0, 1), standing="synthetic", task="toy-third")
    board = collect(tmp_path)
    good, poor = board.overall
    assert (good.model, poor.model, good.tasks) == ("good", "poor", 2)
    assert (good.borda.value, poor.borda.value) == (1.0, 0.0)
    assert good.best > 0.99
    uar = [row.score.value for table in board.tables for row in table.rows
           if row.result.model.id == "good" and not table.synthetic]  # fmt: skip
    assert good.normalised is not None
    assert good.normalised.value == pytest.approx(2 * np.mean(uar) - 1)
    assert good.normalised.low < good.normalised.value < good.normalised.high
    assert "across 2 tasks" in render(board)


def test_tasks_do_not_mix() -> None:
    assert _ranks(result("a", 0.5), result("a", 0.9, task="toy-other")) == [[("a", 1)], [("a", 1)]]


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    results = [
        result("a", 0.5),
        result("b", 0.5),
        result("c", 0.9),
        result("d", standing="synthetic"),
    ]
    item = collect(write(tmp_path / "one", *results))
    other = collect(write(tmp_path / "other", *results[::-1]))
    assert item == other
    assert tables(results) == tables(results[::-1])


def test_a_broken_file_is_refused_by_name_and_the_others_are_shown(tmp_path: Path) -> None:
    root = write(tmp_path, result("good"), result("moved"), result("odd"))
    (root / "good" / "toy-tone" / "broken.json").write_text("{")
    (root / "moved").rename(root / "elsewhere")
    odd = root / "odd" / "toy-tone" / "linear-probe.json"
    content = json.loads(odd.read_text())
    content["ranking"] = content["scores"][0]["metric"] = "beauty"
    odd.write_text(json.dumps(content))
    board = collect(root)
    assert [row.result.model.id for table in board.tables for row in table.rows] == ["good"]
    reasons = dict(board.refused)
    assert "not valid JSON" in reasons["good/toy-tone/broken.json"]
    assert "belongs to" in reasons["elsewhere/toy-tone/linear-probe.json"]
    assert "no metric 'beauty'" in reasons["odd/toy-tone/linear-probe.json"]
    text = render(board)
    assert all(name in text for name in reasons)


def test_an_empty_board_says_so(tmp_path: Path) -> None:
    assert render(collect(tmp_path / "nothing")) == "There are no results yet."


def test_formulas_are_defused_in_csv(tmp_path: Path) -> None:
    hostile = ["=HYPERLINK(1)", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", 'plain, "quoted"']
    root = write(tmp_path, *(
        result(f"m{number}", standing="unverified", standing_reason=words)
        for number, words in enumerate(hostile)
    ))  # fmt: skip
    import csv

    board = collect(root)
    cells = [row["reason"] for row in csv.DictReader(board_csv(board).splitlines())]
    assert cells == [*(f"'{words}" for words in hostile[:-1]), hostile[-1]]
    assert [row["reason"] for row in records(board)] == hostile


def test_negative_scores_stay_numbers_in_csv(tmp_path: Path) -> None:
    board = collect(write(tmp_path, result("a", -0.25, metric="ccc")))
    assert ",-0.25," in board_csv(board)


def test_the_terminal_shows_score_interval_and_standing(tmp_path: Path) -> None:
    root = write(tmp_path, result("a", 0.75), result("part", 0.8, standing="incomplete"))
    text = render(collect(root))
    assert text.splitlines()[0] == "toy-tone (UAR)"
    assert "[0.700, 0.800]" in text
    assert "incomplete" in text.split("\n\n")[0].splitlines()[-1]


def test_a_verdict_stands_beside_the_encoder_it_is_of(tmp_path: Path) -> None:
    def verdict(encoder: str, outcome: Literal["passed", "failed"]) -> Verdict:
        finding = Finding(
            check="batch", outcome=outcome, sentence="In a batch <b>not</b> as alone."
        )
        return Verdict(
            model="bands",
            encoder=encoder,
            findings=[finding],
            paralbench="0",
            packages={},
            seconds=1.0,
        )

    root = write(tmp_path / "results", result("bands"))
    (row,) = collect(root).tables[0].rows
    assert row.verdict is None
    files.write_verdict(root, verdict("another", "passed"))
    (row,) = collect(root).tables[0].rows
    assert row.verdict is None
    files.write_verdict(root, verdict(row.result.model.encoder, "failed"))
    (row,) = (board := collect(root)).tables[0].rows
    assert row.verdict is not None
    assert records(board)[0]["checks_failed"] == 1
    front = build(board, tmp_path / "site")
    assert "1 of 1 failed" in front.read_text(encoding="utf-8")
    page = (front.parent / "models" / "bands.html").read_text(encoding="utf-8")
    assert "In a batch &lt;b&gt;not&lt;/b&gt; as alone." in page
    (root / "bands" / "conformance.json").write_text("{}")
    assert collect(root).refused[0][0] == "bands/conformance.json"
