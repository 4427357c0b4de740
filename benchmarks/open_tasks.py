"""Features of tasks that anybody can fetch, as the platform's own runs give them to a head."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paralbench.catalog import Catalog, from_environment
from paralbench.corpora.fetching import fetch
from paralbench.corpora.locating import fetched, locate
from paralbench.evaluation.benchmark import Benchmark, Failed, Request
from paralbench.evaluation.inputs import Inputs, prepare_inputs
from paralbench.records.errors import ParalbenchError
from paralbench.system.cache_folder import default_cache


def open_tasks() -> list[str]:
    """Ids of all tasks of corpora that can be fetched."""
    catalog = from_environment()
    return sorted(
        name for name, task in catalog.tasks.items() if catalog.corpus(task.corpus).card.fetch
    )


def root(catalog: Catalog, task: str) -> Path:
    """The root of an open task's corpus, fetched where it is missing.

    Raises:
        ParalbenchError: where it cannot be had.
    """
    card = catalog.corpus(catalog.task(task).corpus).card
    try:
        return locate(card, {})
    except ParalbenchError:
        return fetch(card, fetched(card.id))


def inputs(
    task: str,
    model: str,
    head: str,
    settings: Mapping[str, Any] | None = None,
    seeds: tuple[int, ...] = (0,),
    folder: Path | None = None,
) -> Inputs:
    """What a head reads of a task; corpus and features are got where they are missing.

    ``folder`` is the corpus, where it is not one to be located or fetched.

    Raises:
        ParalbenchError: where the corpus or the weights cannot be had.
    """
    catalog = from_environment()
    corpus = catalog.task(task).corpus
    cache, data = default_cache(), {corpus: folder or root(catalog, task)}
    request = Request([task], [model], [head], data, head_settings=settings or {}, seeds=seeds)
    with tempfile.TemporaryDirectory() as results:
        benchmark = Benchmark(catalog, request, cache, Path(results))
        (prepared,) = benchmark.preparations()
    if isinstance(prepared, Failed):
        raise prepared.error
    with prepare_inputs(prepared, prepared.splits, cache, quiet=True) as inputs:
        return inputs
