"""From synth to a Result, for the clinical corpora."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.fetching import digest
from paralbench.corpora.reading import read
from paralbench.evaluation.benchmark import Done
from paralbench.evaluation.selection import select
from paralbench.metrics import metric

CATALOG = Catalog()
CORPORA = [
    "daic-woz", "e-daic", "adress-m", "adress", "adresso", "simusoe", "androids", "eatd",
    "neurovoz", "pitt", "torgo",
]  # fmt: skip


def _uninformed(root: Path, task: str, name: str) -> float:
    """The score of always saying the mean, or of saying each class as often as it is there."""
    card = CATALOG.task(task)
    chosen = select(card, read(CATALOG.corpus(card.corpus), root).examples)
    if not chosen.classes:
        return metric(name)(chosen.targets, np.full_like(chosen.targets, chosen.targets.mean()))
    text = np.random.default_rng(0).permutation(np.tile(chosen.targets, 50))
    return metric(name)(np.tile(chosen.targets, 50), text, len(chosen.classes))


@pytest.mark.slow
@pytest.mark.parametrize("name", CORPORA)
def test_every_task_runs_from_synth_to_a_result(
    made: Callable[[str], Path], scored: Callable[[str], list[Done]], name: str
) -> None:
    for item in scored(name):
        score = item.result.score(item.result.ranking)
        knowing_nothing = _uninformed(made(name), item.result.task, score.metric)
        better = score.value - knowing_nothing
        assert (better if metric(score.metric).higher_is_better else -better) > 0, item.result.task
        assert (item.refused, item.result.standing) == ((), "synthetic")


@pytest.mark.slow
@pytest.mark.parametrize("name", CORPORA)
def test_a_seed_makes_the_same_bytes_and_another_seed_others(
    made: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    CATALOG.corpus(name).synthesize(tmp_path / "same", 0)
    CATALOG.corpus(name).synthesize(tmp_path / "other", 1)
    assert digest(tmp_path / "same") == digest(made(name)) != digest(tmp_path / "other")
