"""Fits that are dealt out split by split are those that the head makes in one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest

from paralbench.evaluation import fitting
from paralbench.features.engine import LOCAL, Engine
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.heads.head import Fits, PooledStream, Problem, Split, Workplace
from paralbench.system.cluster import Task


class Alone:
    """In place of a cluster: this process does the task's work."""

    def __init__(self, workers: int | None, gpu: bool) -> None:
        assert not gpu

    def map(self, task: Task[Any, Any], items: Iterable[Any]) -> Iterator[Any]:
        """See :class:`Cluster`."""
        return map(task.start(*task.arguments), items)


def _fits(name: str, engine: Engine) -> Fits:
    rng = np.random.default_rng(0)
    targets = np.arange(40) % 2
    values = rng.standard_normal((40, 2, 2, 3)) + targets[:, None, None, None]
    parts = (np.arange(4), np.arange(4, 20), np.arange(20, 40))  # of unequal size
    splits = [
        Split(fold, 0, np.setdiff1d(np.arange(40), test), np.arange(0), test)
        for fold, test in enumerate(parts)
    ]
    problem = Problem("class", targets.astype(float), 2, groups=np.arange(40) // 2)
    stream = PooledStream("noise", values.astype(np.float32))
    head = find_head(name)
    work = Workplace(workers=1)
    return fitting.fit(head, [stream], problem, splits, find_settings(name, {}), work, engine, [])


@pytest.mark.parametrize("name", ["linear-probe", "knn", "svm", "lda", "sgd-probe"])
def test_dealt_out_fits_are_those_of_one_call(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "Cluster", Alone)
    together, dealt = _fits(name, LOCAL), _fits(name, Engine("ray"))
    assert dealt.trained_parameters == together.trained_parameters
    assert dealt.tried == together.tried
    for one, other in zip(dealt.fitted, together.fitted, strict=True):
        assert one.outputs.tobytes() == other.outputs.tobytes()
        assert one.chosen == other.chosen
