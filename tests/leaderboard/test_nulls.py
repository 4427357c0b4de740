"""Entries against the best null of their task."""

from pathlib import Path

import numpy as np
import pytest

from paralbench.leaderboard.board import Table, collect
from paralbench.leaderboard.build import build
from paralbench.leaderboard.data import records
from paralbench.leaderboard.text import render
from tests.leaderboard.boards import predictions, store


def _table(root: Path) -> Table:
    (table,) = collect(root).tables
    return table


def test_an_entry_far_above_the_best_null_is_shown_to_be(tmp_path: Path) -> None:
    store(tmp_path, "good", predictions(3.0))
    store(tmp_path, "null-a", predictions(-1.0, seed=1), standing="null")
    store(tmp_path, "null-b", predictions(0.0, seed=2), standing="null")
    rows = {row.result.model.id: row for row in _table(tmp_path).rows}
    above = rows["good"].above
    assert above is not None
    assert above.shown
    assert above.null == "null-b"
    expected = rows["good"].score.value - rows["null-b"].score.value
    assert above.difference == pytest.approx(expected)
    assert 0 < above.low < above.difference < above.high
    assert rows["null-a"].above is None


def test_a_null_that_beats_an_entry_is_shown_to(tmp_path: Path) -> None:
    store(tmp_path, "weak", predictions(0.0))
    store(tmp_path, "good", predictions(4.0, seed=3))
    store(tmp_path, "null", predictions(2.0, seed=2), standing="null")
    table = _table(tmp_path)
    rows = {row.result.model.id: row for row in table.rows}
    weak, good = rows["weak"].above, rows["good"].above
    assert weak is not None
    assert good is not None
    assert weak.difference < 0
    assert not weak.shown
    assert good.shown
    text = render(collect(tmp_path))
    assert "not shown" in text
    record = next(item for item in records(collect(tmp_path)) if item["model"] == "weak")
    assert (record["best_null"], record["above_null_shown"]) == ("null", False)


def test_nulls_change_no_rank(tmp_path: Path) -> None:
    for name, skill in (("a", 2.5), ("b", 1.0)):
        store(tmp_path, name, predictions(skill, seed=ord(name)))
    before = [(row.result.model.id, row.rank, row.separation) for row in _table(tmp_path).rows]
    store(tmp_path, "null", predictions(4.0), standing="null")
    after = [(row.result.model.id, row.rank, row.separation) for row in _table(tmp_path).rows]
    assert after == [*before, ("null", None, None)]


def test_the_page_says_it(tmp_path: Path) -> None:
    store(tmp_path / "results", "good", predictions(3.0))
    store(tmp_path / "results", "null", predictions(0.0, seed=2), standing="null")
    build(collect(tmp_path / "results"), tmp_path / "site")
    page = (tmp_path / "site" / "tasks" / "toy-tone.html").read_text()
    assert "Above the nulls" in page


def test_words_seen_and_unseen_stand_side_by_side(tmp_path: Path) -> None:
    from paralbench.leaderboard.unseen_words import pair_tables

    store(tmp_path, "a", predictions(3.0), task="toy-tone")
    store(tmp_path, "b", predictions(1.0, seed=5), task="toy-tone")
    store(tmp_path, "a", predictions(1.5, seed=1), task="toy-tone-unseen-words")
    store(tmp_path, "b", predictions(1.0, seed=5), task="toy-tone-unseen-words")
    (table,) = pair_tables(collect(tmp_path).tables)
    lost = {pair.seen.result.model.id: pair for pair in table.pairs}
    scores = lost["a"].seen.score.value, lost["a"].unseen.score.value
    assert lost["a"].lost == pytest.approx(scores[0] - scores[1])
    assert lost["a"].interval is not None
    assert lost["a"].interval[0] > 0
    # The same predictions on the same examples: paired draws leave no difference at all.
    assert lost["b"].interval is not None
    assert np.allclose(lost["b"].interval, 0)
    assert "what the words gave away" in render(collect(tmp_path))


def test_the_mean_and_the_worst_loss_under_conditions(tmp_path: Path) -> None:
    from paralbench.leaderboard.robust import robust
    from tests.leaderboard.boards import result

    base = result("a").model_dump()
    paired = {"metric": "uar", "version": 1, "p": 0.1, "test": "t", "seeds": 1}
    interval = base["scores"][0]["interval"]
    base["conditions"] = [
        {
            "condition": name, "identity": name, "score": base["scores"][0],
            "paired": {**paired, "difference": change, "interval": interval},
        }
        for name, change in (("white-0", -0.2), ("opus-16", 0.04))
    ]  # fmt: skip
    lost = robust(type(result("a")).model_validate(base))
    assert lost is not None
    assert (lost.conditions, lost.where) == (2, "white-0")
    assert lost.worst == pytest.approx(0.2)
    assert lost.mean == pytest.approx(0.08)
    assert robust(result("a")) is None
