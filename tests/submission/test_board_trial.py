"""What would break the board is refused: by the records, or because the board is built of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from paralbench.catalog import Catalog
from paralbench.leaderboard import build as board_build
from paralbench.submission.validation import validate

BOARD = Path(__file__).parents[2] / "leaderboard" / "results"
RESULT = "log-mel/voice-prompts-language/linear-probe.json"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder with one of the repository's own results, which has a profile."""
    for name in (RESULT, RESULT.replace(".json", ".parquet")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(BOARD / name, tmp_path / name)
    return tmp_path


def _problems(results: Path, against: Path | None = None) -> list[str]:
    return list(map(str, validate(results, Catalog(), against).problems))


def _changed(results: Path, path: str, value: str) -> None:
    """Set a key to a JSON text, as it is."""
    content = json.loads((results / RESULT).read_text())
    *parents, last = path.split("/")
    place: Any = content
    for key in parents:
        place = place[int(key) if isinstance(place, list) else key]
    place[last] = "@@"
    text = json.dumps(content).replace('"@@"', value)
    (results / RESULT).write_text(text)


@pytest.mark.slow
def test_a_result_of_the_repository_is_valid_alone(results: Path) -> None:
    assert _problems(results) == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("profile/ratios/0/macs", "0", "key 'profile.ratios.0.macs': Input should be greater"),
        ("profile/ratios/0/size", "-1.5", "key 'profile.ratios.0.size'"),
        ("profile/ratios/0/latency", "0.0", "key 'profile.ratios.0.latency'"),
        ("profile/noise/calibration_microseconds", '"1 two"', "key 'profile.noise.calibration"),
        ("profile/parts/entry/size", str(2**63), "beyond 64 bits"),
        ("training/settings/x", "1e999", "not a finite number"),
        ("training/settings/x", r'"\ud800"', "half a character"),
        ("provenance/hardware/x", r'{"a\udfff": 1}', "half a character"),
        ("provenance/hardware/x", "-Infinity", "not a finite number"),
        ("provenance/packages/torch", '"e\u0301"', "normal form C"),
    ],
)
def test_a_number_or_text_that_breaks_the_board_is_refused(
    results: Path, path: str, value: str, words: str
) -> None:
    _changed(results, path, value)
    problems = _problems(results)
    assert any(words in problem for problem in problems), problems


@pytest.mark.slow
def test_what_only_the_build_notices_is_refused(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(board_build._Site, "write", broken)
    (problem,) = _problems(results)
    assert problem == (
        "the board: cannot be built of these results: building the board failed: "
        "ZeroDivisionError: division by zero."
    )
