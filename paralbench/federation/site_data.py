"""A site's own examples and features, and the rows that its answers are sums of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import paralbench
from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Failed, Request
from paralbench.evaluation.folds import whole
from paralbench.evaluation.inputs import Inputs, prepare_inputs
from paralbench.evaluation.preparation import Preparation
from paralbench.federation.averaging import SiteNetworks
from paralbench.federation.bunches import bunches
from paralbench.federation.site_rows import SiteRows
from paralbench.federation.study import Plan, Study
from paralbench.heads import linear_probe
from paralbench.heads.convex.training_side import training_rows
from paralbench.heads.head import Head, PooledStream, Problem
from paralbench.records.errors import ParalbenchError

NO_NUMBERS = "it reads what a federated head is trained on, which no result is keyed by"


@dataclass(frozen=True)
class SiteData:
    """What a site trains on.

    Args:
        prepared: the plan's entry on the site's data.
        inputs: its features.
        rows: of ``inputs`` that are trained on.
        bunch: of each of ``rows``.
    """

    prepared: Preparation
    inputs: Inputs
    rows: NDArray[np.int64]
    bunch: NDArray[np.int64]

    @classmethod
    def of(
        cls, plan: Plan, catalog: Catalog, data: Mapping[str, Path], weights: Mapping[str, Path],
        cache: Path, say: Callable[[str], None],
    ) -> SiteData:  # fmt: skip
        """Read, encode and check a site's data.

        Raises:
            ParalbenchError: where they do not fit the plan, or are of too few speakers.
        """
        if plan.paralbench != paralbench.__version__:
            raise ParalbenchError(
                f"the study was planned with paralbench {plan.paralbench}, this is "
                f"{paralbench.__version__}; all sites need the same version."
            )
        request = Request(
            [plan.task], [plan.model], [plan.head], data, weights, plan.settings,
            tuple(range(plan.seeds)),
        )  # fmt: skip
        (prepared,) = Benchmark(catalog, request, cache, cache).preparations(say)
        if isinstance(prepared, Failed):
            raise prepared.error
        (encoder,) = prepared.entry.encoders
        for subject, expected, actual in (
            ("version of the task", plan.task_version, prepared.entry.task.version),
            ("classes", plan.classes, list(prepared.selection.classes)),
            ("weights of the encoder", plan.weights, encoder.weights.sha256),
        ):
            if expected != actual:
                raise ParalbenchError(
                    f"the {subject} differ from the plan: expected {expected}, got {actual}."
                )
        splits = whole(prepared.selection, prepared.seeds)
        # Pooled features are in memory: they outlast the store's protection.
        with prepare_inputs(prepared, splits, cache, say=say) as inputs:
            pass
        split, problem = inputs.splits[0], inputs.problem
        refit = getattr(prepared.settings, "refit", True)
        rows = training_rows(split, problem, refit)
        every = np.arange(len(problem.targets))
        groups = (every if problem.groups is None else problem.groups)[rows]
        speakers = len(np.unique(groups))
        if speakers < plan.speakers:
            raise ParalbenchError(
                f"this site has {speakers} speakers; the plan asks for {plan.speakers} or more "
                "(init --least), since sums over fewer say too much about each. Speakers whom a fold "
                "keeps together count as one."
            )
        bunch = bunches(groups, problem.targets[rows], problem.classes, plan.bunch)
        return cls(prepared, inputs, rows, bunch)

    def site(self, study: Study, name: str) -> SiteRows:
        """What answers the study's requests."""
        (stream,) = self.inputs.streams
        assert isinstance(stream, PooledStream)
        return site_rows(
            list(study.plan.sites).index(name), stream, self.inputs.problem, self.rows, self.bunch,
            self.prepared.head, self.prepared.settings,
        )  # fmt: skip


def site_rows(
    place: int, stream: PooledStream, problem: Problem, rows: NDArray[np.int64],
    bunch: NDArray[np.int64], head: Head, settings: Any,
) -> SiteRows:  # fmt: skip
    """Site number ``place`` of some rows of a stream, for the linear probe or the mlp."""
    values = stream.values.reshape(*stream.values.shape[:2], -1)
    targets, classes = problem.targets[rows], problem.classes
    if head.name == "linear-probe":
        layers = linear_probe.HEAD.layers(settings, values.shape[1])
        features: NDArray[np.floating] = values[rows][:, list(layers)]
        averaged = 1
        if settings.layers == "mean":
            features = features.mean(1, keepdims=True, dtype=np.float64)
            averaged = len(layers)
        return SiteRows(place, features, targets, classes, bunch, settings, averaged)
    return SiteNetworks(
        place, values[rows], targets, classes, bunch, linear_probe.Settings(),
        head=head, recipe=settings,
    )  # fmt: skip
