"""Costs of an entry: asked for alone, and as part of a run."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from paralbench.cli.main import main
from paralbench.profiler import costs, references
from paralbench.profiler.profiling import Profiling
from paralbench.records.errors import ParalbenchError
from paralbench.records.profile import Profile
from tests.evaluation import toy

Capture = pytest.CaptureFixture[str]
_RESULT = Path("leaderboard/results/bands/toy-tone/linear-probe.json")


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside log-mel alone: loading wav2vec 2.0 base would take most of the time."""
    light = {references.LOG_MEL: references.references()[references.LOG_MEL]}
    monkeypatch.setattr(costs, "references", lambda device: light)


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return toy.write_catalog(tmp_path / "catalog")


@pytest.mark.slow
def test_alone(catalog: Path, capsys: Capture) -> None:
    command = ["profile", "--catalog", str(catalog), "--model", "bands", "--task", "toy-tone"]
    assert main([*command, "--lengths", "1", "2", "--budget", "300", "--json"]) == 0
    output = Profile.model_validate(json.loads(capsys.readouterr().out))
    entry = output.parts["entry"]
    assert [cost.seconds for cost in entry.costs] == [1, 2]
    transform = 1.25 * 320 * math.log2(320)  # the encoder's, of each of 99 frames
    assert entry.costs[0].macs == pytest.approx(99 * transform + 2 * 8 * 2, abs=1)
    assert {cost.macs for cost in output.parts["head-deployed"].costs} == {2 * 8 * 2}
    assert output.parts["head-deployed"].trained == 2 * 8 * 2 + 2
    for name, part in output.parts.items():
        assert len(part.costs) == 2, name
        assert all(len(cost.latency.samples) >= 3 for cost in part.costs)
    for complete, encoder in zip(entry.costs, output.parts["encoder"].costs, strict=True):
        assert complete.latency.p50 >= encoder.latency.p50
    ratios = output.against(references.LOG_MEL, 1.0)
    assert ratios is not None
    assert ratios.macs is not None
    assert 0 < ratios.macs < 1
    assert ratios.latency is not None
    assert 0 < ratios.latency < 1000
    assert ratios.size == pytest.approx(entry.size / output.references[0].size, rel=1e-4)
    counted = output.references[0].costs[0]
    filters = 101 * (201 * 80 + 1.25 * 400 * math.log2(400))
    assert counted.macs == pytest.approx(filters + 2 * 80 * 4, abs=1)
    assert output.memory.baseline < output.memory.loaded <= output.memory.peaks[0].whole
    assert output.energy.startswith(("RAPL", "unavailable: "))
    assert output.throughput is not None
    assert output.machine.threads == 1
    assert output.training is None, "nothing was trained"


@pytest.mark.slow
def test_in_a_run_and_kept_for_the_next(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.delenv("PARALBENCH_NO_PROFILE")
    data = toy.write_corpus(tmp_path / "data")
    command = ["run", "--catalog", str(catalog), "--data", f"toy={data}", "--task", "toy-tone",
               "--model", "bands", "--seeds", "2", "--profile-budget", "1", "--no-nulls"]  # fmt: skip
    assert main([*command, "--no-profile"]) == 0
    assert _profile() is None
    capsys.readouterr()
    assert main(command) == 0, "the result is current, and lacks its costs"
    shown = capsys.readouterr()
    assert "costs of" in shown.out
    assert "MACs a second" in shown.out
    first = _profile()
    assert first is not None
    assert first["training"]["fits"] == json.loads(_RESULT.read_text())["folds"]
    assert first["training"]["seconds"] > 0
    assert main([*command, "--again"]) == 0
    assert "that profile is used" in capsys.readouterr().err
    again = _profile()
    assert again is not None
    assert again["created"] == first["created"]
    assert again["parts"] == first["parts"]


def test_a_score_is_not_lost_where_costs_cannot_be_measured(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fails(*_: Any) -> Profile:
        raise ParalbenchError("the measuring process was killed")

    monkeypatch.delenv("PARALBENCH_NO_PROFILE")
    monkeypatch.setattr(Profiling, "__call__", fails)
    data = toy.write_corpus(tmp_path / "data")
    command = ["run", "--catalog", str(catalog), "--data", f"toy={data}", "--task", "toy-tone"]
    assert main([*command, "--model", "bands", "--seeds", "1", "--profile"]) == 0
    assert "not profiled: the measuring process was killed" in capsys.readouterr().err
    assert _profile() is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "reported"),
    [
        (["--classes", "0"], "--classes expects 1 or more, got 0."),
        (["--task", "nothing"], "nothing"),
        (["--head", "nothing"], "there is no head 'nothing'"),
        (["--precision", "bf16"], "has no torch-bf16 path"),
    ],
)
def test_what_cannot_be_meant_is_reported(
    catalog: Path, more: list[str], reported: str, capsys: Capture
) -> None:
    command = ["profile", "--catalog", str(catalog), "--model", "bands", "--lengths", "1"]
    assert main([*command, "--budget", "1", *more]) == 2
    assert reported in capsys.readouterr().err


@pytest.mark.parametrize("inputs", ["0", "-1", "soon", "inf"])
def test_seconds_are_above_zero(catalog: Path, inputs: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["profile", "--model", "bands", "--budget", inputs])
    assert "expected seconds above zero" in capsys.readouterr().err


def _profile() -> dict[str, Any] | None:
    document: dict[str, Any] = json.loads(_RESULT.read_text())
    profile: dict[str, Any] | None = document["profile"]
    return profile
