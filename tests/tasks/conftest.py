"""Synthetic corpora made once for all tests that read them, and all of a corpus's tasks run on one."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Done, Request


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The root of a synthetic corpus, made once; it lies one level below a folder of its own."""
    catalog = Catalog()

    @cache
    def make(name: str) -> Path:
        corpus = catalog.corpus(name)
        root = tmp_path_factory.mktemp(name) / (corpus.card.layout.names or [name])[0]
        corpus.synthesize(root, 0)
        return root

    return make


@pytest.fixture
def scored(made: Callable[[str], Path], tmp_path: Path) -> Callable[[str], list[Done]]:
    """Every task of a corpus, from its synthetic form to a result with log-mel and one seed."""
    catalog = Catalog()

    def run(name: str) -> list[Done]:
        tasks = [task.id for task in catalog.corpus(name).tasks]
        request = Request(tasks, ["log-mel"], ["linear-probe"], {name: made(name)}, seeds=(0,))
        benchmark = Benchmark(catalog, request, tmp_path / "cache", tmp_path / "results")
        done = [item for item in benchmark.run(print, quiet=True) if isinstance(item, Done)]
        assert [item.result.task for item in done] == tasks
        return done

    return run
