"""Suites: listed, run as a whole, and honest about what they cannot run."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.catalog import Catalog
from paralbench.cli.main import main
from paralbench.records.errors import CardError, UsageError

SUITES = """
[suites.both]
about = "One that is here and one whose corpus is not."
known = ["manifest", "iemocap-emotion"]

[suites.broken]
about = "Names a task that is not."
known = ["manifest"]
assumed = ["nowhere-task"]
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    (tmp_path / "catalog" / "tasks").mkdir(parents=True)
    (tmp_path / "catalog" / "tasks" / "suites.toml").write_text(SUITES)
    return tmp_path / "catalog"


def test_the_platforms_suites_are_there() -> None:
    suites = Catalog().suites
    assert {"seeds", "paralbench", "open"} <= suites.keys()
    assert len(suites["paralbench"].tasks) == 13
    assert len({task.split("-")[0] for task in suites["seeds"].tasks}) == 5


def test_a_users_suites_stand_beside_them(catalog: Path) -> None:
    assert {"both", "seeds"} <= Catalog([catalog]).suites.keys()
    assert Catalog([catalog]).suite("both") == ("manifest", "iemocap-emotion")


def test_a_task_that_is_not_there_is_named_when_the_suite_is_asked_for(catalog: Path) -> None:
    with pytest.raises(UsageError, match="suite 'broken' names nowhere-task"):
        Catalog([catalog]).suite("broken")
    with pytest.raises(UsageError, match=r"no suite 'bth'.*Did you mean both"):
        Catalog([catalog]).suite("bth")


def test_a_suite_without_a_task_or_with_one_twice_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "tasks"
    folder.mkdir()
    for members, text in (("", "needs a task"), ('known = ["a", "a"]', "listed twice")):
        (folder / "suites.toml").write_text(f'[suites.x]\nabout = "x"\n{members}\n')
        with pytest.raises(CardError, match=text):
            _ = Catalog([tmp_path]).suites


def test_what_is_not_here_fails_by_name_and_the_others_go_on(
    catalog: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.delenv("PARALBENCH_DATA", raising=False)
    recordings(tmp_path / "mine")
    code = main(
        ["plan", "--suite", "both", "--model", "log-mel", "--data", f"manifest={tmp_path / 'mine'}",
         "--catalog", str(catalog), "--cache", str(tmp_path / "cache"), "--seeds", "1", "--json"]
    )  # fmt: skip
    captured = capsys.readouterr()
    assert code == 3
    assert [row["task"] for row in json.loads(captured.out)] == ["manifest"]
    assert "iemocap-emotion" in captured.err
    assert "was not found" in captured.err


def test_neither_task_nor_suite_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--model", "log-mel"]) == 2
    assert "--suite SUITE" in capsys.readouterr().err


def test_suites_are_listed(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "suites", "--catalog", str(catalog), "--json"]) == 0
    rows = [row for row in json.loads(capsys.readouterr().out) if row["task"] == "nowhere-task"]
    assert [(row["suite"], row["member"], row["title"]) for row in rows] == [
        ("broken", "assumed", "not in this catalogue")
    ]


def recordings(root: Path) -> None:
    """Two classes of five speakers each, half a second a file."""
    rng = np.random.default_rng(0)
    for kind in ("calm", "loud"):
        for speaker in ("ann", "bob", "cat", "dan", "eve"):
            (root / kind / speaker).mkdir(parents=True)
            soundfile.write(root / kind / speaker / "1.wav", rng.normal(0, 0.1, 8000), 16000)
