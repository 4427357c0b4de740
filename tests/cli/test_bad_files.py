"""Two bad files among 400 good ones: both named, the others scored. As CSV and as class folders."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from paralbench.cli.main import main
from tests.evaluation.cases import write_tone

GOOD, SPEAKERS = 400, 20


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """<class>/<speaker>/<file>, and a CSV beside them that lists the same."""
    root = tmp_path_factory.mktemp("recordings")
    rng = np.random.default_rng(0)
    lines = ["path;target;speaker"]
    for number in range(GOOD):
        name, speaker = ("low", "high")[number % 2], f"s{number // 2 % SPEAKERS}"
        file = root / "clips" / name / speaker / f"{number}.wav"
        write_tone(file, name == "high", rng)
        lines.append(f"{file.relative_to(root)};{name};{speaker}")
    empty, text = (
        root / "clips" / "low" / "s3" / "empty.ogg",
        root / "clips" / "high" / "s4" / "notes.wav",
    )
    empty.touch()
    text.write_text("these are my notes, not a recording\n")
    lines += [f"{empty.relative_to(root)};low;s3", f"{text.relative_to(root)};high;s4"]
    (root / "all.csv").write_text("\n".join(lines))
    return root


@pytest.mark.slow
@pytest.mark.parametrize("place", ["clips", "all.csv"])
def test_both_are_named_and_400_are_scored(
    recordings: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", "--task", "manifest", "--data", str(recordings / place), "--model", "log-mel"]
    command += ["--no-nulls"]
    assert main([*command, "--seeds", "2"]) == 1
    output = capsys.readouterr()
    assert "2 refused, the others were scored" in output.err
    assert "low/s3/empty.ogg: the file is empty (0 bytes)" in output.err
    assert "high/s4/notes.wav: it is a text file, not audio" in output.err
    (file,) = Path("leaderboard/results").rglob("*.json")
    result = json.loads(file.read_text())
    assert (result["data"]["scored"], result["data"]["listed"]) == (400, 402)
    assert (result["standing"], result["standing_reason"]) == (
        "local",
        "the data are your own, so nobody else can check the result",
    )
    assert len(result["data"]["refused"]) == 2
    # The second time nothing is computed, and the refusals are listed again, by name.
    assert main([*command, "--seeds", "2"]) == 1
    output = capsys.readouterr()
    assert "up to date" in output.out
    assert "low/s3/empty.ogg" in output.err
