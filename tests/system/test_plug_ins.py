"""Heads, metrics, encoders and corpora from other packages and from catalogue folders."""

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


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
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
        heads.head("other")
    assert str(tmp_path / "faulty" / file) in str(raised.value)


def _package(root: Path) -> Path:
    """A package with a head, a metric, an encoder and a corpus, as its author would write it."""
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
    toy.write_catalog(root / "acme")
    card = root / "acme" / "tasks" / "toy" / "tone.toml"
    card.write_text(card.read_text().replace('"uar", "wa"', '"uar", "first-recall"'))
    return root


@pytest.mark.slow
def test_an_installed_package_adds_a_head_a_metric_an_encoder_and_a_corpus(tmp_path: Path) -> None:
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
    entries = json.loads(
        paralbench(
            "run", "--task", "toy-tone", "--data", str(data), "--model", "bands",
            "--head", "naive-bayes", "--json",
        )
    )  # fmt: skip
    (entry,) = (entry for entry in entries if entry["model"] == "bands")
    scores = {score["metric"]: score["value"] for score in entry["scores"]}
    assert scores["uar"] > 0.7
    assert 0 <= scores["first-recall"] <= 1


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
