"""A screener says what its head says in the evaluation; a recording that is wrong is told, not raised."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from paralbench.bundling.bundle_maker import BundleSettings
from paralbench.bundling.operating_point import Goal
from paralbench.bundling.refitting import Refitted, refit
from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Failed
from paralbench.records.admission import Admission
from paralbench.records.errors import BundleError, Refused
from paralbench.records.example import Clip
from paralbench.records.intended_use import IntendedUse
from paralbench.records.quality_limits import AtMost
from paralbench.results import files
from paralbench.screener import Screener, bundle
from paralbench.screener.blockwise_attention import BlockwiseAttention
from paralbench.screener.recordings import Recording
from paralbench.screener.windows import Window
from tests.screener.screeners import LIMITS, Lab, lab, write_tone

NETWORK = {"epochs": 2, "epochs_blind": 2, "batch": 8}
HEADS: list[tuple[str, dict[str, Any]]] = [
    ("linear-probe", {}),
    ("linear-probe", {"layers": "last"}),
    ("sgd-probe", {}),
    ("mlp", {**NETWORK, "hidden": 8}),
    ("mlp", {**NETWORK, "hidden": 8, "pool": "frames"}),
    ("hrf-speechformer", {**NETWORK, "width": 16, "heads": 2, "blocks": [1, 1, 1, 1]}),
    ("hrf-conformer", {**NETWORK, "width": 16, "heads": 2, "blocks": 1, "inner": 16, "frame_rate": 25.0}),
    ("attentive-statistics", {**NETWORK, "hidden": 8, "bottleneck": 4, "storage": "bfloat16"}),
    ("haffformer", {**NETWORK, "cutting": {"how": "as-given"}}),
]  # fmt: skip


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def made(toys: Lab) -> Path:
    return toys.bundle(toys.result()).rename(toys.work / "tone.plb")


def opened(toys: Lab, path: Path) -> Screener:
    return Screener.open(path, catalog=Catalog([toys.catalog]))


def refitted(toys: Lab, file: Path, members: int) -> Refitted:
    recorded = files.read(file)
    benchmark = Benchmark(
        Catalog([toys.catalog]), toys.request(recorded), toys.work / "cache", toys.work
    )
    prepared = next(iter(benchmark.preparations()))
    assert not isinstance(prepared, Failed)
    return refit(prepared, recorded, members, toys.work / "cache", quiet=True)


@pytest.mark.slow
@pytest.mark.parametrize(("head", "settings"), HEADS)
@pytest.mark.parametrize("task", ["toy-tone", "toy-number"])
def test_it_says_what_the_head_says_in_the_evaluation(
    toys: Lab, task: str, head: str, settings: dict[str, Any]
) -> None:
    file = toys.result(task, head, **settings)
    members = len(files.read(file).seeds)  # a deterministic head has one
    required = BundleSettings(IntendedUse(quality=LIMITS), level=0.8, members=members)
    screener = opened(toys, toys.bundle(file, required))
    expected = refitted(toys, file, members)
    paths = [example.clips[0].path for example in expected.selection.examples]
    stacked = np.stack([screener.raw(Clip(path)) for path in paths])
    assert stacked == pytest.approx(expected.outputs.mean(0), abs=1e-5)
    assert np.ptp(stacked[:, 0]) > 1e-3


@pytest.mark.slow
def test_windows_of_a_long_recording_add_up(toys: Lab, tmp_path: Path) -> None:
    """Many windows, one after the other, against all frames at once."""
    file = toys.result(model="bands")
    screener = opened(toys, toys.bundle(file))
    write_tone(tmp_path / "long.wav", True, np.random.default_rng(3), seconds=95.0)
    windows = list(screener._reader.windows(Clip(tmp_path / "long.wav")))
    assert [(item.start, round(item.end)) for item in windows] == [
        (0, 30),
        (30, 60),
        (60, 90),
        (90, 95),
    ]
    assessment = screener.assess(Recording("long", Clip(tmp_path / "long.wav")))
    parts = {(item.start, round(item.end)): item.weight for item in assessment.stretches}
    assert set(parts) == {(0, 30), (30, 60), (60, 90), (90, 95)}
    assert sum(map(abs, parts.values())) == pytest.approx(1)


@pytest.mark.slow
def test_of_a_recording_that_is_too_long_no_more_windows_are_kept_than_of_the_longest(
    toys: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = LIMITS.model_copy(update={"longest": AtMost(refuse=45.0)})
    settings = BundleSettings(IntendedUse(quality=limits), level=0.8)
    screener = opened(toys, toys.bundle(toys.result(model="bands"), settings))
    write_tone(tmp_path / "long.wav", True, np.random.default_rng(3), seconds=185.0)
    clip = Clip(tmp_path / "long.wav")
    read: list[Window] = []
    windows = screener._reader.windows

    def counted(clip: Clip) -> Iterator[Window]:
        for window in windows(clip):
            read.append(window)
            yield window

    monkeypatch.setattr(screener._reader, "windows", counted)
    with pytest.raises(Refused, match="longer than 45 s"):
        screener._answer(clip, gate=Future[Admission]())  # a gate that is not done yet
    assert [window.start for window in read] == [0, 30, 60]
    assert screener.assess(Recording("long", clip)).cause == "longest"


@pytest.mark.slow
def test_attention_over_a_recording_is_computed_in_blocks(toys: Lab) -> None:
    settings = dict(HEADS)["hrf-conformer"]
    screener = opened(toys, toys.bundle(toys.result("toy-tone", "hrf-conformer", **settings)))
    for head in screener._heads:
        network = getattr(head, "network", None)
        assert isinstance(network, torch.nn.Module)
        assert any(isinstance(part, BlockwiseAttention) for part in network.modules())


def test_every_file_has_its_row_in_order(toys: Lab, made: Path, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("this is no sound")
    inputs = [*toys.recordings[:3], tmp_path / "text.wav", *toys.recordings[3:6]]
    rows = list(opened(toys, made).score(inputs))
    assert [recording.clip.path for recording, _ in rows] == inputs
    statuses = [assessment.status for _, assessment in rows]
    assert statuses[3] == "not scored"
    assert {"scored", "abstained"} >= set(statuses[:3] + statuses[4:])
    wrong = rows[3][1]
    assert (wrong.probability, wrong.prediction, wrong.classes) == (None, None, ())
    assert wrong.reason
    item = rows[0][1]
    assert item.probability is not None
    assert 0 <= item.probability <= 1
    assert item.quality is not None
    assert item.distance is not None


def test_neighbours_change_nothing(toys: Lab, made: Path) -> None:
    screener = opened(toys, made)
    together = [item for _, item in screener.score(toys.recordings[:8], workers=4)]
    alone = [screener.assess(Recording("x", Clip(path))) for path in toys.recordings[:8]]
    assert together == alone


def test_a_number_has_an_interval(toys: Lab) -> None:
    screener = opened(toys, toys.bundle(toys.result("toy-number")))
    for _, item in screener.score(toys.recordings[:4]):
        assert item.status == "scored"
        assert item.value is not None
        assert item.low is not None
        assert item.high is not None
        assert item.low < item.value < item.high
        assert item.probability is None
        assert item.prediction is None
    conformal = screener.manifest.conformal
    assert conformal is not None
    assert conformal.level == 0.8


def test_what_sounds_unlike_all_it_heard_is_abstained_from(
    toys: Lab, made: Path, tmp_path: Path
) -> None:
    import soundfile

    noise = np.random.default_rng(0).uniform(-0.9, 0.9, 16000).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", noise, 16000)
    item = opened(toys, made).assess(Recording("noise", Clip(tmp_path / "noise.wav")))
    assert (item.status, item.cause) == ("abstained", "outside-range")
    assert item.distance is not None
    assert item.distance > 1
    assert (item.probability, item.prediction) == (None, None)
    assert "differs too much from the recordings" in item.reason


def test_between_the_thresholds_there_is_no_prediction(toys: Lab) -> None:
    goal = Goal(accuracy=0.999, most=0.9)
    screener = opened(
        toys, toys.bundle(toys.result(), BundleSettings(IntendedUse(quality=LIMITS), 0.8, goal))
    )
    point = screener.manifest.operating_point
    assert point is not None
    assert point.abstain is not None
    rows = [item for _, item in screener.score(toys.recordings)]
    silent = [item for item in rows if item.cause == "undecided"]
    assert silent
    for item in silent:
        assert item.prediction is None
        assert item.probability is not None
        assert point.abstain[0] < item.probability < point.abstain[1]
    for item in rows:
        if item.status == "scored":
            assert item.probability is not None
            positive = item.probability >= point.threshold
            assert item.prediction == ("high" if positive else "low")


def test_another_adapter_than_it_was_made_with_is_refused(
    toys: Lab, made: Path, tmp_path: Path
) -> None:
    """Hashes cannot see code; the self-check does."""
    from tests.evaluation import toy

    other = toy.write_catalog(
        tmp_path / "catalog", encoder=toy.ENCODER.replace("[:, :40]", "[:, 1:41]")
    )
    with pytest.raises(BundleError, match=r"its hidden states differ by"):
        Screener.open(made, catalog=Catalog([other]))
    with pytest.raises(BundleError, match="needs its own adapter, which is not in this catalogue"):
        Screener.open(made, catalog=Catalog())


def test_weights_of_another_head_are_refused(toys: Lab, made: Path, tmp_path: Path) -> None:
    complete = bundle.Bundle.open(made)
    members = {member.name: complete.read(member.name) for member in complete.manifest.members}
    state = load(members["head/0.safetensors"])
    members["head/0.safetensors"] = save({"weight": state["weights"]})
    bundle.write(tmp_path / "other.plb", complete.manifest, members)
    with pytest.raises(Exception, match="the bundle's head is not one"):
        opened(toys, tmp_path / "other.plb")


@pytest.mark.slow
def test_the_package_gives_it_without_loading_torch() -> None:
    code = (
        "import sys, paralbench.screener as s; assert 'torch' not in sys.modules; "
        "s.Screener; assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
