"""Heads, metrics, conditions, encoders and corpora from other packages and from catalogue folders."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from paralbench import heads, metrics
from paralbench.audio import conditions
from paralbench.catalog import Catalog, from_environment
from paralbench.records.errors import CardError, UsageError
from paralbench.system import plug_ins, sources
from tests.evaluation import toy

_HEAD = '''
"""Naive Bayes on pooled features."""
from sklearn.naive_bayes import GaussianNB
from paralbench.heads.estimator_head import EstimatorHead
HEAD = EstimatorHead("naive-bayes", GaussianNB())
'''
_NETWORK = '''
"""Two layers of neurons."""
from torch import nn
from paralbench.heads.module_head import module_head
class Mine(nn.Sequential):
    def __init__(self, width, outputs):
        super().__init__(nn.Linear(width, 8), nn.ReLU(), nn.Linear(8, outputs))
HEAD = module_head("two-layers", Mine)
'''
_METRIC = '''
"""The recall of the first class."""
from paralbench.metrics.metric import Additive, confusion, matrix


def _score(sums, classes):
    counts = matrix(sums, classes)
    return counts[..., 0, 0] / counts[..., 0, :].sum(-1)


METRIC = Additive("first-recall", 1, "class", True, confusion, _score)
'''
_CONDITION = '''
"""The hum of the mains."""
import numpy as np
from paralbench.audio.conditions import Condition

LEVEL = 0.3

def hum(waveform, rng, others):
    phase = rng.uniform(0, 2 * np.pi)
    times = np.arange(len(waveform)) / 16000
    return (waveform + LEVEL * np.sin(2 * np.pi * 50 * times + phase)).astype(np.float32)

CONDITION = Condition("mains-hum", "hum of 50 Hz", hum)
'''


@pytest.fixture(autouse=True)
def _no_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (plug_ins.FOLDERS, plug_ins._ADDED):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path / "cache"))


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    return file


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A catalogue with a corpus, a head, a network and a metric that its task reports."""
    root = toy.write_catalog(tmp_path / "catalog")
    _write(root / "heads" / "naive_bayes.py", _HEAD)
    _write(root / "heads" / "two_layers.py", _NETWORK)
    _write(root / "metrics" / "first_recall.py", _METRIC)
    _write(root / "conditions" / "mains_hum.py", _CONDITION)
    card = root / "tasks" / "toy" / "tone.toml"
    card.write_text(card.read_text().replace('"uar", "wa"', '"uar", "first-recall"'))
    return root


def test_a_catalogues_heads_and_metrics_are_found(catalog: Path) -> None:
    assert "naive-bayes" not in heads.names()
    from_environment([catalog])
    assert {"naive-bayes", "two-layers"} <= set(heads.names())
    assert heads.head("naive-bayes").name == "naive-bayes"
    assert metrics.metric("first-recall")([0, 0, 1], [0, 1, 1], 2) == 0.5
    origins = heads.origins()
    naive = origins["naive-bayes"]
    assert naive is not None
    assert naive.origin == str(catalog.resolve() / "heads" / "naive_bayes.py")
    assert naive.about() == "Naive Bayes on pooled features."
    assert origins["linear-probe"] is None


def test_the_source_of_a_catalogues_head_decides_its_numbers(catalog: Path, tmp_path: Path) -> None:
    """Wherever the catalogue lies; what it imports of paralbench counts as well."""
    from_environment([catalog])
    before = heads.sources("naive-bayes")
    assert "paralbench.heads.estimator_head" in before
    digest = sources.digest(before)
    moved = tmp_path / "moved"
    shutil.move(catalog, moved)
    from_environment([moved])
    assert sources.digest(heads.sources("naive-bayes")) == digest
    file = moved / "heads" / "naive_bayes.py"
    file.write_text(file.read_text().replace("GaussianNB())", "GaussianNB(var_smoothing=1e-3))"))
    assert sources.digest(heads.sources("naive-bayes")) != digest


def test_heads_of_a_catalogue_are_scored(catalog: Path, tmp_path: Path) -> None:
    data = toy.write_corpus(tmp_path / "data")
    from_environment([catalog])
    for head in ("naive-bayes", "two-layers"):
        result = toy.score(catalog, data, tmp_path / "work", heads=[head]).result
        assert result.head == head
        assert result.score("uar").value > 0.7
        assert 0 <= result.score("first-recall").value <= 1


def test_a_catalogues_condition_is_found_and_its_source_is_in_its_identity(
    catalog: Path, tmp_path: Path
) -> None:
    own = {name: conditions.identity(item) for name, item in conditions.conditions().items()}
    assert "mains-hum" not in own
    from_environment([catalog])
    (hum,) = conditions.chosen(["mains-hum"])
    assert conditions.origins()["mains-hum"] == str(
        catalog.resolve() / "conditions" / "mains_hum.py"
    )
    assert conditions.origins()["white-0"] == "paralbench"
    before = conditions.identity(hum)
    moved = tmp_path / "moved"
    shutil.move(catalog, moved)
    from_environment([moved])
    assert conditions.identity(*conditions.chosen(["mains-hum"])) == before
    file = moved / "conditions" / "mains_hum.py"
    file.write_text(file.read_text().replace("LEVEL = 0.3", "LEVEL = 0.1"))
    assert conditions.identity(*conditions.chosen(["mains-hum"])) != before
    now = {name: conditions.identity(item) for name, item in conditions.conditions().items()}
    assert now.items() >= own.items(), "a plug-in moves no other condition"


def test_a_catalogues_condition_degrades_test_clips(catalog: Path, tmp_path: Path) -> None:
    """A changed source is another feature key: the clips are degraded and encoded anew."""
    data = toy.write_corpus(tmp_path / "data")
    from_environment([catalog])
    work = tmp_path / "work"
    (loud,) = toy.score(
        catalog, data, work, heads=["linear-probe"], under=["mains-hum"]
    ).result.conditions
    assert loud.condition == "mains-hum"
    features = len(list((work / "cache").rglob("data.bin")))
    file = catalog / "conditions" / "mains_hum.py"
    file.write_text(file.read_text().replace("LEVEL = 0.3", "LEVEL = 0.0"))
    (quiet,) = toy.score(
        catalog, data, work, heads=["linear-probe"], under=["mains-hum"]
    ).result.conditions
    assert len(list((work / "cache").rglob("data.bin"))) == features + 1
    assert quiet.paired.difference == pytest.approx(0, abs=1e-6)
    assert loud.identity != quiet.identity


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("conditions/white_0.py", _CONDITION, "'white-0' is a name of paralbench's own conditions"),
        ("conditions/other.py", _CONDITION, "expected CONDITION with the name 'other', got 'mains"),
        (
            "conditions/knn.py",
            _HEAD.replace("HEAD", "CONDITION").replace("naive-bayes", "knn"),
            "expected CONDITION to be a Condition, got a EstimatorHead",
        ),
        ("heads/knn.py", _HEAD, "'knn' is a name of paralbench's own heads; choose another"),
        ("heads/other.py", _HEAD, "expected HEAD with the name 'other', got 'naive-bayes'"),
        ("heads/other.py", "HEAD = 1 / 0\n", "failed: ZeroDivisionError"),
        ("heads/other.py", "hat = 1\n", "expected HEAD with the name 'other', got None"),
    ],
)
def test_a_faulty_plug_in_is_named(file: str, text: str, message: str, tmp_path: Path) -> None:
    _write(tmp_path / "faulty" / file, text)
    from_environment([tmp_path / "faulty"])
    with pytest.raises((CardError, UsageError, Exception), match=message) as raised:
        _ = conditions.conditions() if "conditions" in file else heads.head("other")
    assert str(tmp_path / "faulty" / file) in str(raised.value)


def _package(root: Path) -> Path:
    """A package with one of each, as its author would write it."""
    _write(
        root / "pyproject.toml",
        """
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "acme-paralinguistics"
        version = "1.2"
        [project.entry-points."paralbench.heads"]
        naive-bayes = "acme.naive_bayes:HEAD"
        [project.entry-points."paralbench.metrics"]
        first-recall = "acme.first_recall:METRIC"
        [project.entry-points."paralbench.conditions"]
        mains-hum = "acme.mains_hum:CONDITION"
        [project.entry-points."paralbench.encoders"]
        bands = "acme.models.bands"
        [project.entry-points."paralbench.corpora"]
        toy = "acme.tasks.toy"
        [tool.setuptools]
        packages = ["acme"]
        [tool.setuptools.package-data]
        acme = ["models/*/*", "tasks/*/*"]
        """,
    )
    _write(root / "acme" / "__init__.py", "")
    _write(root / "acme" / "naive_bayes.py", _HEAD)
    _write(root / "acme" / "first_recall.py", _METRIC)
    _write(root / "acme" / "mains_hum.py", _CONDITION)
    toy.write_catalog(root / "acme")
    card = root / "acme" / "tasks" / "toy" / "tone.toml"
    card.write_text(card.read_text().replace('"uar", "wa"', '"uar", "first-recall"'))
    return root


@pytest.mark.slow
def test_an_installed_package_adds_a_head_a_metric_a_condition_an_encoder_and_a_corpus(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site"
    install = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    package = _package(tmp_path / "package")
    subprocess.run([sys.executable, *install, "--target", str(site), str(package)], check=True)
    data = toy.write_corpus(tmp_path / "data")
    root = str(Path(heads.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, str(site)])}

    def paralbench(*arguments: str) -> str:
        process = subprocess.run(
            [sys.executable, "-m", "paralbench", *arguments],
            capture_output=True, text=True, cwd=tmp_path, env=environment, check=False,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr
        return process.stdout

    rows = {row["head"]: row for row in json.loads(paralbench("list", "heads", "--json"))}
    assert rows["naive-bayes"]["where"] == "package acme-paralinguistics 1.2"
    assert rows["naive-bayes"]["about"] == "Naive Bayes on pooled features."
    assert rows["knn"]["where"] == "paralbench"
    for kind, name in (("metrics", "first-recall"), ("conditions", "mains-hum")):
        listed = json.loads(paralbench("list", kind, "--json"))
        places = {row[kind.removesuffix("s")]: row["where"] for row in listed}
        assert places.pop(name) == "package acme-paralinguistics 1.2"
        assert set(places.values()) == {"paralbench"}
    entries = json.loads(
        paralbench(
            "run", "--task", "toy-tone", "--data", str(data), "--model", "bands",
            "--head", "naive-bayes", "--under", "mains-hum", "--json",
        )
    )  # fmt: skip
    (entry,) = (entry for entry in entries if entry["model"] == "bands")
    scores = {score["metric"]: score["value"] for score in entry["scores"]}
    assert scores["uar"] > 0.7
    assert 0 <= scores["first-recall"] <= 1
    result = json.loads((tmp_path / entry["file"]).read_text())
    assert [condition["condition"] for condition in result["conditions"]] == ["mains-hum"]


@pytest.mark.slow
def test_listing_heads_imports_no_torch(catalog: Path) -> None:
    program = (
        "import sys; from paralbench.cli.main import main; "
        f"main(['list', 'heads', '--catalog', {str(catalog)!r}]); "
        "print({'torch', 'sklearn', 'scipy', 'pandas'} & set(sys.modules))"
    )
    report = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "naive_bayes.py" in report.stdout
    assert report.stdout.splitlines()[-1] == "set()"


def test_an_entry_point_to_a_folder_without_a_card_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "site" / "acme_broken" / "__init__.py", "")
    declared = tmp_path / "site" / "acme_broken-1.0.dist-info"
    _write(declared / "METADATA", "Metadata-Version: 2.1\nName: acme-broken\nVersion: 1.0\n")
    _write(declared / "entry_points.txt", "[paralbench.encoders]\nx = acme_broken.models.x\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    with pytest.raises(CardError, match=r"package acme-broken 1\.0: .* has no model\.toml"):
        _ = Catalog().models


def test_installed_packages_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []

    def counted(*, group: str) -> tuple[EntryPoint, ...]:
        searched.append(group)
        return ()

    monkeypatch.setattr(plug_ins, "entry_points", counted)
    monkeypatch.syspath_prepend("nowhere")
    assert plug_ins.plug_ins("metrics") == plug_ins.plug_ins("metrics") == {}
    assert searched == ["paralbench.metrics"]
