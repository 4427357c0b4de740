"""Remarks, details and the log of every verb."""

from __future__ import annotations

from pathlib import Path

import pytest

from paralbench.cli.main import main


@pytest.fixture
def command(tones: Path) -> list[str]:
    return [
        "run",
        "--task",
        "manifest",
        "--model",
        "log-mel",
        "--data",
        f"manifest={tones}",
        "--no-nulls",
    ]


def test_quiet_leaves_the_results_and_nothing_else(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "-q"]) == 0
    shown = capsys.readouterr()
    assert not shown.err
    assert "UAR" in shown.out
    assert main([*command, "--again"]) == 0  # quiet holds for one command


def test_verbose_shows_the_times_of_each_part(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "-v"]) == 0
    shown = capsys.readouterr().err
    assert "seconds: extraction " in shown
    assert "exit code 0 after" in shown


def test_a_log_has_everything_and_is_appended_to(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "run.log"
    assert main([*command, "-q", "--log", str(log)]) == 0
    assert main(["list", "models", "--log", str(log)]) == 0
    assert main(["errors", "absent.json", "--log", str(log)]) == 3
    text = log.read_text()
    assert text.count("DEBUG paralbench ") == 3
    assert "seconds: extraction " in text
    assert "WARNING paralbench errors: absent.json" in text


def test_a_log_that_cannot_be_written_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "models", "--log", str(tmp_path / "absent" / "run.log")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_quiet_and_verbose_exclude_each_other() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["list", "models", "-q", "-v"])
    assert stopped.value.code == 2
