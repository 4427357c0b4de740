"""The first quarter of an hour on one's own recordings: what a run prints, and the mistakes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.cli.main import main
from paralbench.evaluation.preparation import Preparation
from paralbench.profiler.profiling import Profiling
from paralbench.records.result import Result
from paralbench.results import files, local
from paralbench.submission.packing import _contents


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    return [
        "run",
        "--task",
        "manifest",
        "--model",
        "log-mel",
        "--results",
        str(tmp_path / "results"),
    ]


@pytest.fixture
def texts(tones: Path, tmp_path: Path) -> Path:
    """The tones as a table in which every speaker says both texts."""
    file = tmp_path / "texts.csv"
    with file.open("w", newline="") as content:
        writer = csv.writer(content)
        writer.writerow(["path", "target", "speaker", "text"])
        for audio in sorted(tones.rglob("*.wav")):
            writer.writerow([audio, audio.parts[-3], audio.parts[-2], audio.stem])
    return file


def test_a_run_describes_the_data_the_score_and_what_is_next(
    command: list[str], tones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--data", f"manifest={tones}"]) == 0
    shown = capsys.readouterr().out
    assert "manifest: 24 clips, 0.2 minutes, 6 speakers, 5 folds by speaker\n" in shown
    assert "classes: high 12, low 12" in shown
    assert "truth \\ predicted  high  low  recall" in shown
    assert "high               12    0    1.00" in shown
    table = shown.split("\n\n")[1].splitlines()
    assert table[0].split() == ["manifest", "head", "UAR"]
    assert {line.split()[0] for line in table[1:4]} == {"log-mel", "null-channel", "null-duration"}
    assert table[4].split() == ["chance", "0.500"]
    # Tones differ in their spectrum, which is all that the null of the channel reads.
    assert "null-channel reaches 1.000 from level, bandwidth and noise alone" in shown
    assert "next: paralbench errors " in shown


def test_a_file_that_repeats_and_speakers_of_one_class_are_named(
    command: list[str], tones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tones / "low" / "s0" / "copy.wav").write_bytes((tones / "low" / "s0" / "0.wav").read_bytes())
    for audio in (tones / "high" / "s1").iterdir():
        audio.unlink()
    main([*command, "--data", f"manifest={tones}", "--no-nulls"])
    shown = capsys.readouterr().out
    assert "1 files repeat the audio of another file, byte for byte" in shown
    assert "1 of 6 speakers have one class only" in shown
    assert "null-channel" not in shown


@pytest.mark.slow
def test_speakers_who_share_all_texts_are_refused_with_what_to_do(
    command: list[str], texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*command, "--no-nulls", "--data", f"manifest={texts}"]
    assert main(command) == 3
    shown = capsys.readouterr().err
    assert (
        "all 6 speakers say all 2 texts, so that folds of speakers cannot separate texts" in shown
    )
    assert "--groups speaker" in shown
    assert main([*command, "--groups", "speaker"]) == 0
    shown = capsys.readouterr().out
    assert "2 of 2 texts are said by more than one speaker; 2 are on both sides of a fold" in shown
    assert main([*command, "--folds", "crossed"]) == 0
    shown = capsys.readouterr().out
    assert "10 folds of speaker crossed with text" in shown
    assert "2 of 2 texts are said by more than one speaker\n" in shown
    file = tmp_path / "results" / "log-mel" / "manifest" / "linear-probe.json"
    assert main(["reproduce", str(file), "--data", f"manifest={texts}"]) == 0
    assert main([*command, "--folds", "crossed", "--groups", "speaker"]) == 2


@pytest.mark.slow
def test_folds_of_own_recordings_are_chosen_and_recorded(
    command: list[str], tones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*command, "--no-nulls", "--data", f"manifest={tones}"]
    file = tmp_path / "results" / "log-mel" / "manifest" / "linear-probe.json"
    for folds, expected in (("3", 3), ("loso", 6)):
        assert main([*command, "--folds", folds]) == 0
        assert files.read(file).folds == expected
    capsys.readouterr()
    assert main([*command, "--folds", "loso"]) == 0
    assert "up to date" in capsys.readouterr().out
    assert main(["reproduce", str(file), "--data", f"manifest={tones}"]) == 0
    assert main(["cache", "why", str(file)]) == 0


def test_folds_of_a_task_of_the_catalogue_are_not_chosen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = ["plan", "--task", "iemocap-emotion", "--model", "log-mel", "--folds", "3"]
    assert main([*command, "--data", f"iemocap={tmp_path}"]) == 2
    assert "its folds are part of the task" in capsys.readouterr().err


def test_costs_are_measured_where_they_are_asked_for_only(
    command: list[str], tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiled: list[str] = []

    def profile(self: Profiling, prepared: Preparation, result: Result) -> None:
        profiled.append(result.model.id)

    monkeypatch.delenv("PARALBENCH_NO_PROFILE")
    monkeypatch.setattr(Profiling, "__call__", profile)
    command = [*command, "--no-nulls", "--data", f"manifest={tones}"]
    assert main(command) == 0
    assert profiled == []
    assert main([*command, "--profile"]) == 0
    assert profiled == ["log-mel"]


def test_mistakes_are_listed_with_paths_the_most_confident_first(
    command: list[str], tones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tones / "low" / "s0" / "0.wav").rename(tones / "high" / "s0" / "wrong.wav")
    assert main([*command, "--no-nulls", "--data", f"manifest={tones}"]) == 0
    file = tmp_path / "results" / "log-mel" / "manifest" / "linear-probe.json"
    capsys.readouterr()
    assert main(["errors", str(file), "--json"]) == 0
    mistakes = json.loads(capsys.readouterr().out)
    assert mistakes[0]["file"] == str(tones / "high" / "s0" / "wrong.wav")
    assert (mistakes[0]["truth"], mistakes[0]["predicted"]) == ("high", "low")
    confidences = [float(mistake["confidence"]) for mistake in mistakes]
    assert confidences == sorted(confidences, reverse=True)
    assert main(["errors", str(file), "--top", "1"]) == 0
    assert str(tones / "high" / "s0" / "wrong.wav") in capsys.readouterr().out
    assert len(local.read(file)) == 24


def test_paths_are_in_nothing_that_is_submitted(
    command: list[str], tones: Path, tmp_path: Path
) -> None:
    assert main([*command, "--no-nulls", "--data", f"manifest={tones}"]) == 0
    results = tmp_path / "results"
    contents = _contents("log-mel", results, Catalog())
    assert not any(local.FOLDER in name for name in contents)
    assert not any(str(tones).encode() in content for content in contents.values())
    assert (results / local.FOLDER / ".gitignore").read_text() == "*\n"


def test_without_the_local_table_the_message_says_how_to_make_it(
    command: list[str], tones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--no-nulls", "--data", f"manifest={tones}"]) == 0
    file = tmp_path / "results" / "log-mel" / "manifest" / "linear-probe.json"
    local.path(file).unlink()
    assert main(["errors", str(file)]) == 3
    assert "paralbench run ... --again" in capsys.readouterr().err
