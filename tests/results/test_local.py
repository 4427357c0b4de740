from pathlib import Path

import pytest

from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Refusal
from paralbench.results import local

ROW = {"file": "a, b.wav", "example": "e1", "truth": "x", "predicted": "y", "confidence": 0.75}
REFUSED = (
    Refusal("=1+1.wav", "the file is empty (0 bytes)", "list.csv:3"),
    Refusal("ä.wav", "it is a text file, not audio", erratum="known"),
)


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return tmp_path / "results" / "model" / "task" / "head.json"


def test_rows_and_refusals_are_read_as_written(result: Path) -> None:
    local.write(result, [ROW], REFUSED)
    (row,) = local.read(result)
    assert {name: row[name] for name in ROW} == {name: str(value) for name, value in ROW.items()}
    assert local.read_refused(result) == REFUSED


def test_the_folder_is_hidden_and_ignored_by_version_control(result: Path) -> None:
    local.write(result, [ROW])
    folder = result.parents[2] / local.FOLDER
    assert (folder / ".gitignore").read_text() == "*\n"
    assert local.path(result).is_relative_to(folder)


def test_what_no_longer_holds_is_removed(result: Path) -> None:
    local.write(result, [ROW], REFUSED)
    local.write(result, [])
    assert local.read_refused(result) == ()
    with pytest.raises(ParalbenchError, match="--again"):
        local.read(result)
