"""A kept fit is read as it was written, or not at all."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from paralbench.heads.head import Fitted, OutOfFold, Split
from paralbench.heads.training import finished
from paralbench.heads.training.job import Done

ROWS = np.arange(4)
SPLIT = Split(2, 1, ROWS, ROWS[:0], ROWS)


def _done() -> Done:
    rng = np.random.default_rng(0)
    outputs = rng.random((4, 2), dtype=np.float32)
    fitted = Fitted(
        SPLIT, outputs, {"epoch": 3}, {"weight": rng.random((8, 8))}, np.full(3, 1 / 3, np.float32),
        OutOfFold(ROWS, outputs),
    )  # fmt: skip
    return Done(
        fitted=fitted, control=None, compressed={}, trained_parameters=64, tried=[], difference=0.0,
        changed=0, forms=[], weights={}, example="",
    )  # fmt: skip


def test_a_fit_comes_back_as_it_was(tmp_path: Path) -> None:
    finished.save(tmp_path, SPLIT, _done())
    done = finished.load(tmp_path, SPLIT)
    assert done is not None
    assert done.trained_parameters == 64
    assert done.fitted.chosen == {"epoch": 3}
    np.testing.assert_array_equal(done.fitted.outputs, _done().fitted.outputs)
    np.testing.assert_array_equal(done.fitted.state["weight"], _done().fitted.state["weight"])
    assert finished.load(tmp_path, Split(0, 0, ROWS, ROWS[:0], ROWS)) is None


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "foreign"])
def test_a_damaged_fit_is_absent(tmp_path: Path, damage: str) -> None:
    """It blocked every later run of its entry until it was deleted by hand."""
    finished.save(tmp_path, SPLIT, _done())
    (file,) = tmp_path.glob("*.fit")
    intact = file.read_bytes()
    rng = random.Random(1)
    for _ in range(40):
        content = bytearray(intact)
        if damage == "flipped":
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        elif damage == "cut":
            del content[rng.randrange(len(content)) :]
        elif damage == "empty":
            content.clear()
        else:
            content[:] = b"PK\x03\x04" + rng.randbytes(200)
        file.write_bytes(content)
        assert finished.load(tmp_path, SPLIT) is None
    finished.save(tmp_path, SPLIT, _done())
    assert finished.load(tmp_path, SPLIT) is not None
