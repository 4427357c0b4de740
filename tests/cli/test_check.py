"""``paralbench check``: the verdict it writes, its exit codes, and the bounds seen through it."""

from __future__ import annotations

import json
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


def test_log_mel_passes_the_whole_kit(capsys: Capture) -> None:
    assert main(["check", "log-mel", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert [finding["check"] for finding in told["findings"]] == list(CHECKS)
    verdict = files.verdict(DEFAULT, "log-mel")
    assert verdict is not None
    assert verdict.model_dump(mode="json") == told
    assert verdict.encoder == loadable(Catalog().model("log-mel")).identity
    assert not verdict.failed


def test_a_failure_is_told_once_and_ends_in_1(capsys: Capture) -> None:
    _model("raise ValueError('no such file of mine')")
    assert _check() == 1
    told = capsys.readouterr().out
    assert told.count("no such file of mine") == 1
    assert "FAILED  layers           as global-state" in told
    verdict = files.verdict(DEFAULT, "mine")
    assert verdict is not None
    assert {finding.check for finding in verdict.failed} == set(CHECKS)


@pytest.mark.parametrize(
    ("load", "bound", "said"),
    [
        ("while True: pass", ["--timeout", "3"], "stopped after 3 s, the bound on its time"),
        ("return bytearray(3 << 33)", ["--memory", "20"], "MemoryError"),
    ],
)
def test_a_bound_ends_in_a_sentence(
    load: str, bound: list[str], said: str, capsys: Capture
) -> None:
    _model(load)
    assert _check(*bound) == 1
    assert said in capsys.readouterr().out


def test_an_unknown_model_is_wrong_usage(capsys: Capture) -> None:
    _model()
    assert main(["check", "Mine", "--catalog", str(CATALOG)]) == 2
    assert "Did you mean mine?" in capsys.readouterr().err
    assert _check("--timeout", "0") == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("frame_rate", "framerate"), "unknown key 'framerate'"),
        (("# [[weights]]\n# kind", "[[weights]]\nkind"), "weights.0.folder.path"),
    ],
)
def test_a_wrong_card_cannot_be_examined(
    change: tuple[str, str], said: str, capsys: Capture
) -> None:
    file = _model() / "model.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    assert _check() == 3
    assert said in capsys.readouterr().err


def test_weights_that_are_not_there_cannot_be_examined(capsys: Capture) -> None:
    _model()
    assert _check("--weights", "mine=nowhere") == 3
    assert "nowhere: expected a folder of weights" in capsys.readouterr().err


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
