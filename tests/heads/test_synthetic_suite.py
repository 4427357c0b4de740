"""Every head on synthetic corpora, from audio to a score whose interval is clear of chance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Done, Request
from paralbench.heads import head, names, settings
from paralbench.records.result import Result

CATALOG = Catalog()
TASKS = {"class": "m3ed-emotion", "series": "sewa-arousal"}
QUICK = {"epochs": 12, "epochs_blind": 12, "batch": 8, "frame_rate": 10.0}
"""Fewer epochs and frames than the recipes have: the signal is strong, the test is not for scores."""
CASES = [
    (name, kind) for name in names() for kind in ("class", "series") if kind in head(name).targets
]


@pytest.fixture(scope="module")
def score(
    made: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Result]:
    """The result of a head on a task; corpora and features are made once."""
    work = tmp_path_factory.mktemp("heads")
    places = {name: made(name) for name in {CATALOG.task(task).corpus for task in TASKS.values()}}

    def run(name: str, task: str) -> Result:
        known = head(name).settings.model_fields
        quick = {key: value for key, value in QUICK.items() if key in known}
        models = ["log-mel" if head(name).streams == "one" else "log-mel+mfcc"]
        request = Request([task], models, [name], places, head_settings=quick, seeds=(0,))
        benchmark = Benchmark(CATALOG, request, work / "cache", work / "results")
        (done,) = benchmark.run(print, quiet=True)
        assert isinstance(done, Done), done
        return done.result

    return run


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_beats_chance(score: Callable[[str, str], Result], name: str, kind: str) -> None:
    result = score(name, TASKS[kind])
    actual = result.score(result.ranking)
    assert actual.interval.low > (actual.chance or 0.0), (actual.value, actual.interval)
    assert result.training.settings == settings(name, {}).model_dump(mode="json") | {
        key: value for key, value in QUICK.items() if key in head(name).settings.model_fields
    }
