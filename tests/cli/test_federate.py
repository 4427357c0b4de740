"""Two sites and a coordinator, each by commands of its own, from keys to a screener that screens."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from paralbench.cli.main import main
from paralbench.results import files
from paralbench.screener.bundle import Bundle
from tests.screener.screeners import Lab, lab, write_tone

Capture = pytest.CaptureFixture[str]
SITES = ("berlin", "leeds")
USE = """[quality]
seconds = { refuse = 0.2 }
speech = {}
bandwidth = {}
noise_ratio = {}
speaker_contrast = {}
"""


def _lab(root: Path, seed: int) -> Lab:
    """A site's recordings: the toy corpus, with tones that were drawn from the seed."""
    site, rng = lab(root), np.random.default_rng(seed)
    for file in sorted(site.recordings):
        write_tone(file, int(file.stem.split("-")[1]) % 2 > 0, rng)
    return site


def _planned(*more: str) -> list[str]:
    """Keys, and the arguments of a plan."""
    for name in ("coordinator", *SITES):
        assert main(["federate", "key", f"{name}.pem"]) == 0
    sites = [part for name in SITES for part in ("--site", f"{name}={name}.pub.pem")]
    return [
        "federate", "init", "study", "--task", "toy-tone", "--model", "bands", "--key",
        "coordinator.pem", *sites, *more,
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("head", ["linear-probe", "mlp"])
def test_from_keys_to_screeners(tmp_path: Path, capsys: Capture, head: str) -> None:
    labs = {name: _lab(tmp_path / name, seed) for seed, name in enumerate(SITES)}
    catalog = ["--catalog", str(labs["berlin"].catalog)]
    fewer = (
        ["inner_folds=3"]
        if head == "linear-probe"
        else ["inner_folds=0", "--set", "epochs_blind=10"]
    )
    assert main([*_planned(*catalog, "--head", head, "--set", *fewer)]) == 0
    private = {name: Path(f"{name}.pem") for name in SITES}
    assert all(file.stat().st_mode & 0o077 == 0 for file in private.values())
    of_site = {
        name: ["--site", name, "--trust", "coordinator.pub.pem", "--data", f"toy={labs[name].data}",
               "--cache", str(tmp_path / f"cache-{name}"), *catalog]
        for name in SITES
    }  # fmt: skip
    assert main(["federate", "combine", "study", "--key", "coordinator.pem"]) == 3
    assert "round 1 waits for berlin, leeds" in capsys.readouterr().err
    answering = [
        subprocess.Popen(
            [sys.executable, "-m", "paralbench", "federate", "answer", "study", *of_site[name],
             "--key", f"{name}.pem", "--wait", "120"]
        )
        for name in SITES
    ]  # fmt: skip
    try:
        assert (
            main(["federate", "combine", "study", "--key", "coordinator.pem", "--wait", "120"]) == 0
        )
        assert [process.wait(timeout=60) for process in answering] == [0, 0]
    finally:
        for process in answering:
            process.kill()
    Path("use.toml").write_text(USE)
    heads = []
    for name in SITES:
        bundle = ["-o", f"{name}.plb", "--intended-use", "use.toml", "--level", "0.8"]
        results = ["--results", f"results-{name}"]
        assert main(["federate", "bundle", "study", *of_site[name], *bundle, *results]) == 0
        (file,) = files.find(Path(f"results-{name}"))
        result = files.read(file)
        assert result.standing == "local"
        assert "2 sites together" in result.standing_reason
        assert result.score("uar").value > 0.6
        made = Bundle.open(Path(f"{name}.plb"))
        assert f"figure here are of the site {name} alone" in " ".join(made.manifest.use.limits)
        heads.append([made.read(member) for member in made.manifest.head.members])
    assert heads[0] == heads[1]
    new = tmp_path / "new" / "a.wav"
    write_tone(new, True, np.random.default_rng(9), 1.0)
    assert main(["screen", "berlin.plb", str(new.parent), "-o", "report", *catalog]) == 0
    (row,) = csv.DictReader(Path("report/results.csv").read_text("utf-8").splitlines())
    assert 0 <= float(row["probability"]) <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--head", "knn"], "cannot be federated here"),
        (["--head", "mlp", "--set", "pool=frames"], "cannot be federated here"),
    ],
)
def test_what_no_study_is_made_of(
    tmp_path: Path, capsys: Capture, arguments: list[str], message: str
) -> None:
    site = lab(tmp_path / "lab")
    assert main(_planned("--catalog", str(site.catalog), *arguments)) == 3
    assert message in capsys.readouterr().err
    assert not Path("study").exists()


def test_a_site_with_too_few_speakers_does_not_answer(tmp_path: Path, capsys: Capture) -> None:
    site = lab(tmp_path / "lab")
    assert main(_planned("--catalog", str(site.catalog), "--least", "20")) == 0
    answer = [
        "federate", "answer", "study", "--site", "leeds", "--key", "leeds.pem", "--trust",
        "coordinator.pub.pem", "--data", f"toy={site.data}", "--catalog", str(site.catalog),
    ]  # fmt: skip
    assert main(answer) == 3
    refused = capsys.readouterr().err
    assert "14 speakers; the plan asks for 20 or more (init --least)" in refused
    assert "Speakers whom a fold keeps together count as one" in refused
    assert main(["federate", "answer", "study", "--site", "rome", *answer[5:]]) == 2
    assert "it has berlin, leeds" in capsys.readouterr().err


def test_a_key_is_never_overwritten(tmp_path: Path, capsys: Capture) -> None:
    assert main(["federate", "key", "a.pem"]) == 0
    before = Path("a.pem").read_bytes()
    assert main(["federate", "key", "a.pem"]) == 3
    assert "never overwritten" in capsys.readouterr().err
    assert Path("a.pem").read_bytes() == before


@pytest.mark.slow
def test_a_trial_compares_three_ways_to_train(tmp_path: Path, capsys: Capture) -> None:
    site = lab(tmp_path / "lab")
    trial = [
        "federate", "trial", "--task", "toy-tone", "--model", "bands", "--data", f"toy={site.data}",
        "--catalog", str(site.catalog), "--sites", "2",
    ]  # fmt: skip
    assert main([*trial, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["largest_difference_from_pooled"] < 1e-6
    assert set(content["scores"]) == {"local", "federated", "pooled"}
    assert content["scores"]["federated"]["value"] == content["scores"]["pooled"]["value"]
    assert content["paired"]["pooled - federated"]["difference"] == 0
    assert sum(size["speakers"] for size in content["sites"].values()) == 14
    assert main([*trial, "--by", "sex"]) == 0
    assert "f: 7 speakers" in capsys.readouterr().out
