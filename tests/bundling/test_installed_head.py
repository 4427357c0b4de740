"""A head of another package, no network: found, scored, profiled, bundled and screened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from paralbench import heads
from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.heads import head, settings
from paralbench.profiler.costs import profile
from paralbench.profiler.subject import Subject
from paralbench.results import files
from paralbench.screener.screener import Screener
from paralbench.system import plug_ins, sources
from tests.screener.screeners import Lab, lab

NAME = "toy-logistic"


@pytest.fixture(autouse=True)
def _installed(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The head as an installed package declares it; other processes find it too."""
    site = tmp_path_factory.mktemp("site")
    declared = site / "toy_head-1.0.dist-info"
    declared.mkdir()
    (declared / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-head\nVersion: 1.0\n")
    points = f"[paralbench.heads]\n{NAME} = tests.heads.toy_logistic:HEAD\n"
    (declared / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(site)
    cached = (plug_ins.packages, sources.source)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab(tmp_path_factory.mktemp("lab"))


def test_it_is_found_and_its_source_decides_its_numbers() -> None:
    assert NAME in heads.names()
    assert head(NAME).name == NAME
    assert "tests.heads.toy_logistic" in heads.sources(NAME)


@pytest.mark.slow
def test_it_is_scored_bundled_and_screened(toys: Lab) -> None:
    file = toys.result(head=NAME, strength=0.1, seeds=(0,))
    assert files.read(file).score("uar").value > 0.6
    screener = Screener.open(toys.bundle(file), catalog=Catalog([toys.catalog]))
    assessments = [assessment for _, assessment in screener.score(toys.recordings)]
    probabilities = [item.probability for item in assessments if item.probability is not None]
    assert len(probabilities) > len(assessments) / 2
    assert np.ptp(probabilities) > 0.1


@pytest.mark.slow
def test_it_is_profiled(toys: Lab, tmp_path: Path) -> None:
    encoder = loadable(Catalog([toys.catalog]).model("bands"))
    subject = Subject.of([encoder], NAME, settings(NAME, {}), 2)
    costs = profile(subject, tmp_path, budget=1.0, lengths=(1.0,), beside={})
    deployed = costs.parts["head-deployed"]
    # "bands" has one layer of 8 features; scikit-learn stores two classes as one row.
    assert deployed.trained == 2 * 8 + 1
    assert deployed.size == 4 * deployed.trained
    assert deployed.uncounted == "uncounted: torch sees no product in the head"
    assert [cost.macs for cost in deployed.costs] == [None]
    assert deployed.costs[0].latency.p50 > 0
