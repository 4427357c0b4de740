"""All of a corpus's tasks run on its synthetic form."""

from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Done, Request


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
