"""Two entries side by side: the intervals of differences are those of the shared draws."""

from pathlib import Path

import numpy as np

from paralbench.leaderboard.board import collect
from paralbench.leaderboard.comparison import comparison
from tests.leaderboard.boards import predictions, result, store, write


def test_the_half_width_is_that_of_the_draws_of_the_difference(tmp_path: Path) -> None:
    for place, skill in enumerate((2.5, 1.0, 0.0)):
        store(tmp_path, f"m{place}", predictions(skill, seed=place))
    store(tmp_path, "null", predictions(0.0, seed=9), standing="null")
    board = collect(tmp_path)
    page = comparison(board)
    (pairs,) = page["tables"]
    assert pairs["urls"] == [f"entries/m{place}/toy-tone/linear-probe.html" for place in range(3)]
    assert [len(row) for row in pairs["half"]] == [0, 1, 2]
    replicates = board.tables[0].joint.replicates
    assert replicates is not None
    differences = replicates.drawn[:, 2] - replicates.drawn[:, 0]
    # 1.96 deviations, more where there are few speakers.
    widths = pairs["half"][2][0] / np.std(differences, ddof=1)
    assert 1.96 < widths < 2.4
    assert len(page["entries"]) == 4


def test_entries_without_draws_have_no_interval(tmp_path: Path) -> None:
    write(tmp_path, result("a"), result("b"))  # their predictions cannot be read
    assert comparison(collect(tmp_path))["tables"] == []
