"""Trouble that is not ours - foreign code, the disk, the device - ends in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from paralbench.cli.main import main
from tests.evaluation import toy

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return toy.write_catalog(tmp_path / "catalog")


@pytest.fixture
def asked(tmp_path: Path, catalog: Path) -> list[str]:
    data = toy.write_corpus(tmp_path / "data")
    return [
        "run", "--catalog", str(catalog), "--data", f"toy={data}", "--task", "toy-tone",
        "--seeds", "1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "reported"),
    [
        (
            "class E:\n    def encode(self, w):\n        raise RuntimeError('boom')\n"
            "def load():\n    return E()\n",
            "model 'broken' failed: RuntimeError: boom",
        ),
        (
            "class E:\n    def encode(self, w):\n        return [1]\ndef load():\n    return E()\n",
            "expected hidden states as a torch.Tensor, the encoder returned int",
        ),
        ("import (\n", "adapter.py failed: SyntaxError"),
        ("def load():\n    return 1 / 0\n", "adapter.py: load() failed: ZeroDivision"),
    ],
)
def test_a_model_that_breaks_is_named_and_the_others_go_on(
    asked: list[str], catalog: Path, source: str, reported: str, capsys: Capture
) -> None:
    assert main(["new-model", "broken", "--in", str(catalog)]) == 0
    (catalog / "models" / "broken" / "adapter.py").write_text(source)
    assert main([*asked, "--model", "broken", "bands"]) == 3
    shown = capsys.readouterr()
    assert reported in shown.err
    assert "Traceback" not in shown.err
    assert "toy-tone  bands  linear-probe  UAR" in shown.out


def test_plan_goes_on_past_a_model_that_breaks(
    asked: list[str], catalog: Path, capsys: Capture
) -> None:
    assert main(["new-model", "broken", "--in", str(catalog)]) == 0
    (catalog / "models" / "broken" / "adapter.py").write_text("import (\n")
    capsys.readouterr()
    assert main(["plan", *asked[1:], "--model", "broken", "bands", "--json"]) == 3
    shown = capsys.readouterr()
    assert [row["model"] for row in json.loads(shown.out)] == ["bands"]
    assert "adapter.py failed: SyntaxError" in shown.err


def test_debug_shows_where_an_entry_failed(
    asked: list[str], catalog: Path, capsys: Capture
) -> None:
    assert main(["new-model", "broken", "--in", str(catalog)]) == 0
    (catalog / "models" / "broken" / "adapter.py").write_text("def load():\n    return 1 / 0\n")
    assert main([*asked, "--model", "broken", "--debug"]) == 3
    assert "return 1 / 0" in capsys.readouterr().err


def test_an_adapter_that_breaks_names_its_corpus(
    asked: list[str], catalog: Path, capsys: Capture
) -> None:
    (adapter,) = catalog.glob("tasks/toy/adapter.py")
    adapter.write_text("def read(root):\n    return 1 / 0\n")
    assert main([*asked, "--model", "bands"]) == 3
    assert "the adapter of corpus 'toy' failed: ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--cache", "--results"])
def test_a_place_that_cannot_be_written_is_named(
    asked: list[str], tmp_path: Path, option: str, capsys: Capture
) -> None:
    (tmp_path / "file").touch()
    assert main([*asked, "--model", "bands", option, str(tmp_path / "file" / "below")]) == 3
    output = capsys.readouterr().err
    assert f"the system refused a file at {tmp_path / 'file' / 'below'}" in output
    assert "Traceback" not in output


def test_a_device_that_is_not_there_is_refused(
    asked: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert main([*asked, "--model", "bands", "--device", "cuda"]) == 3
    assert "torch finds 0 GPUs on this machine" in capsys.readouterr().err
    assert main([*asked, "--model", "bands", "--device", "gpu"]) == 2


def test_cleaning_prints_json_where_asked(tmp_path: Path, capsys: Capture) -> None:
    assert main(["cache", "clean", "--json", "--cache", str(tmp_path / "none")]) == 0
    assert json.loads(capsys.readouterr().out) == []
