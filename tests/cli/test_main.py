"""What every verb does alike: starting quickly, and turning errors into sentences and exit codes."""

from __future__ import annotations

import argparse
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import ArrowMemoryError

from paralbench.cli import compare, doctor, profile
from paralbench.cli.main import FAULT, VERBS, main
from paralbench.profiler.clips import LENGTHS
from paralbench.statistics.corrections import CORRECTIONS

HEAVY = {
    "torch", "scipy", "transformers", "pandas", "pyarrow", "librosa", "sklearn", "numpy", "pydantic",
    "onnxruntime", "openvino", "opensmile", "soundfile", "av", "ray",
}  # fmt: skip
MODULES = 200
"""A little over what was counted: 151 with all verbs, 123 with the largest one."""
IMPORTED = """
import json, sys
from paralbench.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as stopped:
    assert not stopped.code
sys.stdout = sys.__stdout__
print("\\n" + json.dumps(sorted(sys.modules)))
"""


def imported(*arguments: str) -> set[str]:
    """The modules that a fresh process imports to answer."""
    answer = subprocess.run(
        [sys.executable, "-c", IMPORTED, *arguments], capture_output=True, text=True, check=True
    )
    return set(json.loads(answer.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], *([verb, "--help"] for verb in VERBS)]
)
def test_help_imports_little(arguments: list[str]) -> None:
    modules = imported(*arguments)
    assert not modules & HEAVY
    assert len(modules) < MODULES


@pytest.mark.parametrize("what", ["corpora", "tasks", "suites", "models", "label-sets", "results"])
def test_a_list_imports_no_machine_learning(what: str) -> None:
    modules = imported("list", what)
    assert "paralbench.cli.list_all" in modules
    assert not modules & {
        "torch", "transformers", "sklearn", "librosa", "scipy", "pyarrow", "pandas", "jinja2",
        "huggingface_hub.hf_api",
    }  # fmt: skip


def test_values_that_help_repeats_are_those_of_the_modules() -> None:
    """Help does not import them."""
    parser = argparse.ArgumentParser()
    profile.add_arguments(parser)
    assert parser.parse_args(["--model", "x"]).lengths == list(LENGTHS)
    parser = argparse.ArgumentParser()
    compare.add_arguments(parser)
    (correction,) = [action for action in parser._actions if action.dest == "correction"]
    assert list(correction.choices or []) == sorted(CORRECTIONS)


@pytest.mark.parametrize(
    ("verb", "near"), [("bundel", "Did you mean bundle?"), ("nonexistent", None)]
)
def test_an_unknown_verb_suggests_close_ones_only(
    verb: str, near: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([verb])
    assert stopped.value.code == 2
    shown = capsys.readouterr().err
    assert f"there is no verb '{verb}'" in shown
    assert near in shown if near else "Did you mean" not in shown


def test_an_unknown_model_suggests_close_ones_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "--model", "nonexistent"]) == 2
    assert "Did you mean" not in capsys.readouterr().err
    assert main(["profile", "--model", "moonshine-tin"]) == 2
    assert "Did you mean moonshine-tiny" in capsys.readouterr().err


def _fails(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(args: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr(doctor, "run", run)


def test_a_fault_is_one_sentence_and_a_file_with_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    _fails(ZeroDivisionError("unforeseen"), monkeypatch)
    assert main(["doctor"]) == FAULT == 70
    shown = capsys.readouterr().err
    (file,) = tmp_path.iterdir()
    assert shown == (
        "paralbench doctor: a fault of paralbench itself (ZeroDivisionError); please report it with "
        f"the traceback in {file}.\n"
    )
    assert "ZeroDivisionError: unforeseen" in file.read_text()
    assert "Traceback" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_debug_still_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    _fails(ZeroDivisionError("unforeseen"), monkeypatch)
    with pytest.raises(ZeroDivisionError, match="unforeseen"):
        main(["doctor", "--debug"])


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes"),
        RuntimeError("CUDA out of memory. Tried to allocate 9 GiB."),
        ArrowMemoryError("malloc of size 9 failed"),
    ],
)
def test_memory_that_runs_out_is_a_sentence(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _fails(error, monkeypatch)
    assert main(["doctor"]) == 3
    shown = capsys.readouterr().err
    assert shown.startswith("paralbench doctor: memory ran out.")
    assert shown.count("\n") == 1


def test_help_lists_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for code in (
        "0 done",
        "1 done, but",
        "2 wrong usage",
        "3 the work",
        "70 a fault",
        "130 stopped",
    ):
        assert code in shown


def test_a_run_that_finds_everything_current_imports_no_machine_learning(
    tmp_path: Path, tones: Path
) -> None:
    arguments = [
        "run", "--task", "manifest", "--data", f"manifest={tones}", "--model", "log-mel",
        "--cache", str(tmp_path / "cache"), "--results", str(tmp_path / "results"),
    ]  # fmt: skip
    assert main([*arguments, "--json"]) == 0
    modules = imported(*arguments)
    assert "paralbench.evaluation.benchmark" in modules
    assert not modules & {
        "torch", "transformers", "sklearn", "librosa", "scipy", "pyarrow", "pandas", "onnxruntime",
    }  # fmt: skip
