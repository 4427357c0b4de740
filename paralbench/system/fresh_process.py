"""A fresh process for each measuring, so that nothing measured before is in its memory."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from paralbench.records.errors import ParalbenchError

T = TypeVar("T")


def in_fresh_process(work: Callable[..., T], *given: Any) -> T:
    """What ``work(*given)`` returns in a process of its own; what it raises is raised here.

    Raises:
        ParalbenchError: where the process is killed, as the system does when memory runs out, or
            torch finds that it has.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        try:
            return pool.submit(work, *given).result()
        except BrokenProcessPool as error:
            raise ParalbenchError(
                "the measuring process was killed, probably because memory ran out; measure "
                "shorter clips with --lengths."
            ) from error
        except (MemoryError, RuntimeError) as error:
            first = (str(error) or type(error).__name__).strip().splitlines()[0]
            raise ParalbenchError(f"measuring failed in its own process: {first}") from error
