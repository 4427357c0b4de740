"""Processes that each compute on one thread: two cores are two processes, not two times two threads."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def parallel_map(
    function: Callable[[Given], Found], given: Sequence[Given], workers: int | None = None
) -> list[Found]:
    """``function`` of each, in order; ``workers`` processes, one a core by default.

    Libraries of linear algebra read how many threads they may use when they are loaded, so the
    processes are started anew, with that said in their environment.
    """
    workers = min(workers or os.cpu_count() or 1, len(given))
    if workers < 2:
        return [function(one) for one in given]
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            return list(pool.map(function, given, chunksize=max(1, len(given) // (8 * workers))))
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
