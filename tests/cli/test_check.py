"""``paralbench check``: the verdict it writes, its exit codes, and the bounds seen through it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.cli.main import main
from paralbench.encoders import conformance
from paralbench.encoders.conformance import CHECKS
from paralbench.encoders.loading import loadable
from paralbench.records.errors import ParalbenchError
from paralbench.results import DEFAULT, files

Capture = pytest.CaptureFixture[str]
CATALOG = Path("catalog")


def _model(load: str = "", name: str = "mine") -> Path:
    """The scaffold, with ``load`` in the place of its own."""
    assert main(["new-model", name, "--in", str(CATALOG)]) == 0
    folder = CATALOG / "models" / name
    if load:
        text = (folder / "adapter.py").read_text(encoding="utf-8")
        (folder / "adapter.py").write_text(f"{text}\n\ndef load():\n    {load}\n", encoding="utf-8")
    return folder


def _check(*more: str) -> int:
    return main(["check", "mine", "--catalog", str(CATALOG), *more])


@pytest.mark.slow
def test_log_mel_passes_the_whole_kit(capsys: Capture) -> None:
    assert main(["check", "log-mel", "--json"]) == 0
    (output,) = json.loads(capsys.readouterr().out)
    assert [finding["check"] for finding in output["findings"]] == list(CHECKS)
    verdict = files.verdict(DEFAULT, "log-mel")
    assert verdict is not None
    assert verdict.model_dump(mode="json") == output
    assert verdict.encoder == loadable(Catalog().model("log-mel")).identity
    assert not verdict.failed


@pytest.mark.slow
def test_a_failure_is_shown_once_and_ends_in_1(capsys: Capture) -> None:
    adapter = _model() / "adapter.py"
    text = adapter.read_text(encoding="utf-8")
    broken = "raise ValueError('no such file of mine')\n        padded = "
    adapter.write_text(text.replace("padded = ", broken), encoding="utf-8")
    assert _check() == 1
    shown = capsys.readouterr().out
    assert "FAILED  dtype            as " in shown
    verdict = files.verdict(DEFAULT, "mine")
    assert verdict is not None
    assert [finding.check for finding in verdict.findings] == list(CHECKS)
    assert not any(finding.outcome == "passed" for finding in verdict.findings)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import a_module_that_is_not_there\n", "a_module_that_is_not_there"),
        ("def load(:\n", "SyntaxError"),
        ("raise OSError('half a library')\n", "OSError: half a library"),
        ("def load():\n    raise ValueError('no such file of mine')\n", "no such file of mine"),
        ("def load():\n    import socket\n    socket.create_connection(('192.0.2.1', 9))\n",
         "It tried the network 1 times, first with socket."),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_loaded_gives_one_sentence(
    source: str, message: str, capsys: Capture
) -> None:
    (_model() / "adapter.py").write_text(source, encoding="utf-8")
    capsys.readouterr()
    assert _check() == 1
    finding, summary = capsys.readouterr().out.splitlines()
    assert finding.startswith("FAILED  load ")
    assert message in finding
    assert summary.startswith("mine: 0 passed, 1 failed")
    verdict = files.verdict(DEFAULT, "mine")
    assert verdict is not None
    assert [finding.check for finding in verdict.findings] == ["load"]


_COMMAND = [sys.executable, "-m", "paralbench.cli.main", "check", "mine", "--catalog", str(CATALOG)]


@pytest.mark.slow
def test_findings_are_shown_while_the_model_is_checked() -> None:
    """The command prints the first finding long before it ends."""
    _model()
    with subprocess.Popen(_COMMAND, stdout=subprocess.PIPE, text=True) as check:
        assert check.stdout is not None
        first = check.stdout.readline()
        running = check.poll() is None
        check.kill()
    assert first.startswith("passed  global-state")
    assert running


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_the_worker_ends_with_the_command(end: signal.Signals) -> None:
    """Ctrl-C and a kill leave no process behind that goes on with the checks."""
    started = Path("started").absolute()
    _model(
        f"import os, pathlib; pathlib.Path({str(started)!r}).write_text(str(os.getpid()))\n"
        "    while True: pass"
    )
    check = subprocess.Popen(
        _COMMAND, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        # A shell's background processes ignore SIGINT, and their children would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        _wait_until(lambda: started.is_file() and bool(started.read_text()))
        worker = Path("/proc", started.read_text())
        assert worker.is_dir()
        check.send_signal(end)
        check.wait(60)
        _wait_until(lambda: not worker.is_dir())
    finally:
        check.kill()
        check.wait()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("load", "bound", "message"),
    [
        ("while True: pass", ["--timeout", "3"], "stopped after 3 s, the time limit"),
        ("return bytearray(3 << 33)", ["--memory", "20"], "MemoryError"),
    ],
)
def test_a_bound_ends_in_a_sentence(
    load: str, bound: list[str], message: str, capsys: Capture
) -> None:
    _model(load)
    assert _check(*bound) == 1
    assert message in capsys.readouterr().out


def test_an_unknown_model_is_wrong_usage(capsys: Capture) -> None:
    _model()
    assert main(["check", "Mine", "--catalog", str(CATALOG)]) == 2
    assert "Did you mean mine?" in capsys.readouterr().err
    assert _check("--timeout", "0") == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("frame_rate", "framerate"), "unknown key 'framerate'"),
        (("# [[weights]]\n# kind", "[[weights]]\nkind"), "weights.0.folder.path"),
    ],
)
def test_a_wrong_card_cannot_be_examined(
    change: tuple[str, str], message: str, capsys: Capture
) -> None:
    file = _model() / "model.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    assert _check() == 3
    assert message in capsys.readouterr().err


def test_weights_that_are_not_there_cannot_be_examined(capsys: Capture) -> None:
    _model()
    assert _check("--weights", "mine=nowhere") == 3
    assert "nowhere: expected a folder of weights" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "checks"),
    [
        ("egemaps", ["layers", "width", "dtype", "silence", "repetition"]),
        ("whisper-tiny.en", ["layers", "width", "dtype", "frame-rate", "padding", "silence"]),
    ],
)
def test_a_larger_model_passes_what_is_quick(name: str, checks: list[str]) -> None:
    try:
        encoder = loadable(Catalog().model(name)).load()
    except ParalbenchError as error:
        if "not on this machine" not in str(error) and "not installed" not in str(error):
            raise
        pytest.skip(str(error))
    card = Catalog().model(name).card
    for check in checks:
        conformance.check_encoder(lambda: encoder, card, only=check)
