"""A head's fits: by the head itself on this machine, or each split by a worker of a Ray cluster.

A fit runs in one thread wherever it runs, so its numbers are the same. Workers read the features of
frames from the store and keep finished fits beside it: the store stands on a disk that all nodes share.
A head that trains all splits at once does so on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from paralbench.features.engine import Engine
from paralbench.heads.head import Fits, Head, Problem, Split, Stream, Workplace
from paralbench.system.cluster import Cluster, Task
from paralbench.system.progress import Progress

NO_NUMBERS = "where a head is fitted changes no number"


def fit(
    head: Head,
    streams: Sequence[Stream],
    problem: Problem,
    splits: Sequence[Split],
    settings: Any,
    work: Workplace,
    engine: Engine,
    stores: Sequence[Path],
) -> Fits:
    """The head's fits on every split.

    Args:
        head: the head.
        streams: the rows as each encoder gives them.
        problem: the targets.
        splits: the training and test rows of each fold and seed.
        settings: the head's.
        work: where and how fits run.
        engine: this machine or a cluster.
        stores: the folders of the streams' features.

    Raises:
        ParalbenchError: as :meth:`Head.fit` and :meth:`Cluster.map`.
    """
    if engine.kind == "local" or _together(head):
        return head.fit(streams, problem, splits, settings, work)
    alone = replace(work, workers=1, quiet=True)
    title = f"fitting {head.name}"
    task = Task(title, _fitting, (head, list(streams), problem, settings, alone), stores, _name)
    cluster = Cluster(engine.workers, work.device != "cpu")
    parts = []
    with Progress(title, len(splits), "fits", work.quiet) as progress:
        for part in cluster.map(task, splits):
            parts.append(part)
            progress.step()
    return _joined(parts)


def _together(head: Head) -> bool:
    """Whether the head trains all splits in the same matrix products, so that they cannot be dealt out."""
    from paralbench.heads.sgd_probe import SgdProbe

    return isinstance(head, SgdProbe)


def _name(split: Split) -> str:
    return f"fold {split.fold}, seed {split.seed}"


def _fitting(
    head: Head, streams: Sequence[Stream], problem: Problem, settings: Any, work: Workplace
) -> Callable[[Split], Fits]:
    """What a worker does with a split."""
    from threadpoolctl import threadpool_limits

    def fitted(split: Split) -> Fits:
        with threadpool_limits(1):
            return head.fit(streams, problem, [split], settings, work)

    return fitted


def _joined(parts: Sequence[Fits]) -> Fits:
    """The fits of single splits as those of all; forms and costs are the first one's."""
    first = parts[0]
    forms = [part.forms for part in parts if part.forms is not None]
    return Fits(
        fitted=[fit for part in parts for fit in part.fitted],
        trained_parameters=max(part.trained_parameters for part in parts),
        tried=[record for part in parts for record in part.tried],
        control=[fit for part in parts for fit in part.control],
        forms=None
        if first.forms is None
        else first.forms.model_copy(
            update={
                "difference": max(form.difference for form in forms),
                "changed": sum(form.changed for form in forms),
            }
        ),
        compressed={
            name: [fit for part in parts for fit in part.compressed[name]]
            for name in first.compressed
        },
        weights=first.weights,
    )
