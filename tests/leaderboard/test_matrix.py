"""The cross-corpus matrix: every result in its cell, what was not run is a dash."""

from __future__ import annotations

from paralbench.leaderboard.matrix import matrices, render
from paralbench.records.result import Result
from paralbench.records.task_card import Transfer
from tests.leaderboard.boards import result


def _cell(trained: str, tested: str, value: float) -> Result:
    output = Transfer(labels="pair", trained=trained, tested=tested, mapping={})
    return result(value=value).model_copy(update={"transfer": output})


def test_cells_stand_at_their_tasks() -> None:
    (matrix,) = matrices([_cell("b", "a", 0.6), _cell("a", "a", 0.7), result(value=0.5)])
    assert (matrix.trained, matrix.tested) == (("a", "b"), ("a",))
    assert matrix.cells["b", "a"].scores[0].value == 0.6
    assert ("a", "b") not in matrix.cells


def test_the_terminal_shows_a_row_for_each_training_task() -> None:
    (matrix,) = matrices([_cell("b", "a", 0.6), _cell("a", "b", 0.7)])
    lines = render(matrix).splitlines()
    assert lines[2].split()[:2] == ["a", "-"]
    assert lines[3].split()[:2] == ["b", "0.600"]
