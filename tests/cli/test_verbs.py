"""Every verb as a user types it: help, names, exit codes, JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import paralbench
from paralbench.cli.main import VERBS, main
from paralbench.records.corpus_card import SYNTHETIC_MARK
from paralbench.records.errors import UsageError
from tests.evaluation import toy

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    """Options that name the toy catalogue and its data."""
    catalog = toy.write_catalog(tmp_path / "catalog")
    data = toy.write_corpus(tmp_path / "data")
    return [
        "--catalog",
        str(catalog),
        "--data",
        f"toy={data}",
        "--task",
        "toy-tone",
        "--model",
        "bands",
    ]


def _json(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


def _usage(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str, capsys: Capture) -> None:
    assert _usage(verb, "--help") == 0
    output = capsys.readouterr().out
    assert "example:\n  paralbench " + verb in output


def test_the_version_is_reported(capsys: Capture) -> None:
    assert _usage("--version") == 0
    assert capsys.readouterr().out.strip() == f"paralbench {paralbench.__version__}"


@pytest.mark.parametrize(
    "arguments", [[], ["nope"], ["new-model"], ["list", "nope"], ["cache", "burn"]]
)
def test_what_is_no_command_is_wrong_usage(arguments: list[str]) -> None:
    assert _usage(*arguments) == 2


@pytest.mark.parametrize(
    ("option", "wrong", "near"),
    [
        ("--task", "toy-tome", "toy-tone"),
        ("--model", "band", "bands"),
        ("--head", "linear", "linear-probe"),
    ],
)
def test_an_unknown_name_gets_a_suggestion(
    asked: list[str], capsys: Capture, option: str, wrong: str, near: str
) -> None:
    assert main(["run", "--no-nulls", *asked, option, wrong]) == 2
    output = capsys.readouterr().err
    assert f"'{wrong}'" in output
    assert near in output
    assert not Path("cache").exists()


@pytest.mark.parametrize(
    "extra",
    [["--seeds", "0"], ["--set", "stepps=3"], ["--set", "steps"], ["--data", "elsewhere", "--data", "other"],
     ["--catalog", "nowhere"], ["--weights", "bands"]],
    ids=lambda extra: " ".join(extra),
)  # fmt: skip
def test_options_that_cannot_be_meant_are_wrong_usage(
    asked: list[str], capsys: Capture, extra: list[str]
) -> None:
    assert main(["run", "--no-nulls", *asked, *extra]) == 2
    assert capsys.readouterr().err.startswith("paralbench run: ")


def test_debug_shows_where_it_happened(asked: list[str]) -> None:
    with pytest.raises(UsageError):
        main(["run", "--debug", *asked, "--seeds", "0"])


def test_run_prints_the_score_and_again_does_not_run(asked: list[str], capsys: Capture) -> None:
    assert main(["run", "--no-nulls", *asked, "--seeds", "2"]) == 0
    first = capsys.readouterr().out
    assert "toy-tone  bands  linear-probe  UAR" in first
    assert "leaderboard/results/bands/toy-tone/linear-probe.json" in first
    assert main(["run", "--no-nulls", *asked, "--seeds", "2"]) == 0
    assert "up to date, skipped" in capsys.readouterr().out
    assert main(["run", "--no-nulls", *asked, "--seeds", "2", "--again", "--json"]) == 0
    (output,) = _json(capsys)
    assert output["fresh"] is True
    assert output["standing"] == "ranked"
    assert {score["metric"] for score in output["scores"]} == {"uar", "wa"}


def test_a_setting_reaches_the_head(asked: list[str], capsys: Capture) -> None:
    assert (
        main(
            [
                "run",
                "--no-nulls",
                *asked,
                "--head",
                "sgd-probe",
                "--set",
                "steps=3",
                "--set",
                "class_weights=none",
                "--json",
            ]
        )
        == 0
    )
    (output,) = _json(capsys)
    settings = json.loads(Path(output["file"]).read_text())["training"]["settings"]
    assert (settings["steps"], settings["class_weights"]) == (3, "none")


def test_what_was_refused_is_named_and_exit_code_is_1(asked: list[str], capsys: Capture) -> None:
    Path("data/wav/1-1.wav").write_bytes(b"")
    Path("data/wav/6-0.wav").write_text("not audio")
    assert main(["run", "--no-nulls", *asked]) == 1
    output = capsys.readouterr()
    assert "2 refused, the others were scored" in output.err
    assert "wav/1-1.wav: the file is empty (0 bytes)" in output.err
    assert "wav/6-0.wav: it is a text file" in output.err
    assert "incomplete: 30 of 32" in output.out


def test_what_cannot_be_done_is_said_and_exit_code_is_3(asked: list[str], capsys: Capture) -> None:
    place = asked.index("--data") + 1
    assert main(["run", "--no-nulls", *asked[:place], "toy=nowhere", *asked[place + 1 :]]) == 3
    assert "nowhere" in capsys.readouterr().err


def test_plan_shows_and_makes_nothing(asked: list[str], capsys: Capture) -> None:
    assert main(["plan", *asked, "--json"]) == 0
    (output,) = _json(capsys)
    assert (output["task"], output["model"], output["clips"], output["missing"]) == (
        "toy-tone",
        "bands",
        32,
        32,
    )
    assert output["seconds"] == pytest.approx(9.6, abs=0.01)
    assert output["disk"] == 32 * 2 * 8 * 4
    assert output["time"] > 0
    assert output["head_bytes"] > 0
    assert main(["run", "--no-nulls", *asked]) == 0
    capsys.readouterr()
    assert main(["plan", *asked]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:6] == [
        "toy-tone",
        "bands",
        "32",
        "0.00",
        "0",
        "0.00",
    ]


def test_cache_list_and_clean(asked: list[str], capsys: Capture) -> None:
    assert main(["cache", "list", "--json"]) == 0
    assert _json(capsys) == []
    main(["run", "--no-nulls", *asked])
    capsys.readouterr()
    assert main(["cache", "list", "--json"]) == 0
    (output,) = _json(capsys)
    assert (output["model"], output["kind"], output["records"]) == ("bands", "pooled", 32)
    assert main(["cache", "clean", "--model", "bamds"]) == 2
    assert "it holds: bands" in capsys.readouterr().err
    assert main(["cache", "list"]) == 0
    assert "bands" in capsys.readouterr().out
    assert main(["cache", "clean", "--model", "bands"]) == 0
    assert main(["cache", "list", "--json"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "[]"
    assert Path("leaderboard/results/bands/toy-tone/linear-probe.json").is_file(), "results stay"


@pytest.mark.parametrize(
    ("what", "key", "item"),
    [("corpora", "corpus", "toy"), ("tasks", "task", "toy-tone"), ("models", "model", "bands"),
     ("heads", "head", "linear-probe"), ("results", "model", "bands")],
)  # fmt: skip
def test_list(asked: list[str], capsys: Capture, what: str, key: str, item: str) -> None:
    if what == "results":
        main(["run", "--no-nulls", *asked])
        capsys.readouterr()
    options = [] if what == "results" else asked[:2]
    assert main(["list", what, "--json", *options]) == 0
    assert item in [row[key] for row in _json(capsys)]
    assert main(["list", what, *options]) == 0
    assert item in capsys.readouterr().out


def test_doctor_shows_what_is_here(capsys: Capture) -> None:
    assert main(["doctor", "--json"]) == 0
    output = _json(capsys)
    assert output["machine"]["cores"] >= 1
    assert "WAV" in output["codecs"]["libsndfile"]
    assert output["weights"]["log-mel"] == "none"
    assert main(["doctor"]) == 0
    assert "codecs" in capsys.readouterr().out


@pytest.mark.slow
def test_the_leaderboard_is_built_from_results_alone(asked: list[str], capsys: Capture) -> None:
    main(["run", "--no-nulls", *asked])
    Path("leaderboard/results/bands/toy-tone/broken.json").write_text("{")
    capsys.readouterr()
    assert main(["leaderboard", "build"]) == 1
    output = capsys.readouterr()
    assert "refused bands/toy-tone/broken.json" in output.err
    assert "bands" in output.out
    page = Path(output.out.rsplit("leaderboard page: ", 1)[1].strip())
    assert page.is_file()
    assert main(["leaderboard", "build", "--json"]) == 1
    assert [row["model"] for row in _json(capsys)] == ["bands"]


def test_a_leaderboard_of_nothing(capsys: Capture) -> None:
    assert main(["leaderboard", "build"]) == 0
    assert "There are no results yet" in capsys.readouterr().out


def test_a_new_model_works_at_once(asked: list[str], capsys: Capture) -> None:
    assert main(["new-model", "my-encoder", "--in", "mine"]) == 0
    assert "paralbench run" in capsys.readouterr().out
    assert main(["run", "--no-nulls", *asked[:-1], "my-encoder", "--catalog", "mine"]) == 0
    assert "my-encoder" in capsys.readouterr().out
    assert main(["new-model", "my-encoder", "--in", "mine"]) == 2
    assert main(["new-model", "My Encoder", "--in", "mine"]) == 2


@pytest.mark.slow
def test_a_new_task_works_at_once(capsys: Capture) -> None:
    toy.write_corpus(Path("data"))
    assert main(["new-task", "my-lab", "--in", "mine"]) == 0
    command = ["run", "--catalog", "mine", "--task", "my-lab-class", "--model", "log-mel", "--data"]
    assert main([*command, "data"]) == 0
    assert "my-lab-class  log-mel" in capsys.readouterr().out
    assert main(["new-task", "my-lab", "--in", "mine"]) == 2


def test_list_says_what_four_speakers_cannot_be(capsys: Capture) -> None:
    assert main(["list", "corpora", "--json"]) == 0
    ranked = {row["corpus"]: row["ranked"] for row in _json(capsys)}
    assert ranked["savee"] == "no: 4 speakers; an interval needs 5"
    assert ranked["tess"].startswith("no: 2 speakers")
    assert ranked["emodb"] == "yes"
    assert main(["list", "tasks", "--json"]) == 0
    never = {row["task"]: row["never ranked"] for row in _json(capsys)}
    assert never["emodb-emotion-emobox"].startswith("for comparison with EmoBox")
    assert never["emodb-emotion"] == ""


@pytest.mark.parametrize("inputs", ["data", "data/manifest.csv", "data/list.csv", "folders"])
def test_a_new_task_takes_layout_and_counts_from_the_copy_at_hand(
    capsys: Capture, inputs: str
) -> None:
    root = toy.write_corpus(Path("data"))
    if inputs == "data/list.csv":
        (root / "manifest.csv").rename(root / "list.csv")
    if inputs == "folders":
        for row in toy.usual_rows():
            file = Path("folders") / row["target"] / row["speaker"] / Path(row["path"]).name
            file.parent.mkdir(parents=True, exist_ok=True)
            (root / row["path"]).rename(file)
    assert main(["new-task", "my-lab", "--in", "mine", "--data", inputs]) == 0
    verify = ["verify", "my-lab", inputs, "--catalog", "mine"]
    capsys.readouterr()
    assert main(verify) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "my-lab: 32 of 32 present; complete"
    assert (
        main(
            [
                "run",
                "--no-nulls",
                "--catalog",
                "mine",
                "--task",
                "my-lab-class",
                "--model",
                "log-mel",
                "--data",
                inputs,
            ]
        )
        == 0
    )
    capsys.readouterr()
    next(Path(inputs).parent.rglob("*.wav")).unlink()
    assert main(verify) == 1
    assert main(["new-task", "other", "--in", "mine", "--data", "nowhere"]) == 2


def test_a_synthetic_corpus_is_written_into_a_new_folder_only(capsys: Capture) -> None:
    full = Path("full")
    full.mkdir()
    (full / "thesis.txt").write_text("years of work")
    assert main(["synth", "iemocap", "full"]) == 2
    assert "not empty" in capsys.readouterr().err
    assert [file.name for file in full.iterdir()] == ["thesis.txt"]
    assert not (full / SYNTHETIC_MARK).exists()
    assert main(["synth", "iemocup", "new"]) == 2
    assert "iemocap" in capsys.readouterr().err


def test_a_results_folder_that_is_not_there_builds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        "leaderboard",
        "build",
        "--results",
        str(tmp_path / "typo"),
        "--site",
        str(tmp_path / "site"),
    ]
    assert main(asked) == 2
    assert "there is no folder" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()
