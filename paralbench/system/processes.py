"""Single-threaded worker processes that end with their parent.

Processes are spawned, not forked, so that they inherit no threads and locks.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any, TypeVar

from paralbench.records.errors import ParalbenchError

T = TypeVar("T")
S = TypeVar("S")

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def end_with_parent() -> None:
    """End this multiprocessing child as soon as its parent has ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        _end_after(lambda: wait([parent.sentinel]))


def end_with_input() -> None:
    """End this process when its standard input, a pipe from its parent, is closed."""

    def drain() -> None:
        # Not sys.stdin.buffer: a thread blocked in it aborts the process at exit.
        while os.read(0, 1 << 16):
            pass

    _end_after(drain)


def _end_after(blocking: Callable[[], object]) -> None:
    def watch() -> None:
        blocking()
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def worker_pool(
    workers: int, initializer: Callable[..., object] | None = None, arguments: Sequence[Any] = ()
) -> ProcessPoolExecutor:
    """A pool of spawned processes that end with this one.

    Args:
        workers: number of processes.
        initializer: a module-level function that each process calls first, with ``arguments``.
        arguments: of the initializer.
    """
    return ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), _start, (initializer, tuple(arguments))
    )


def _start(initializer: Callable[..., object] | None, arguments: tuple[Any, ...]) -> None:
    end_with_parent()
    if initializer is not None:
        initializer(*arguments)


def parallel_map(
    function: Callable[[S], T], items: Sequence[S], workers: int | None = None
) -> list[T]:
    """``function`` of each item, in order; ``workers`` processes, one for each core by default."""
    workers = min(workers or os.cpu_count() or 1, len(items))
    if workers < 2:
        return [function(item) for item in items]
    with _one_thread_each(), worker_pool(workers) as pool:
        return list(pool.map(function, items, chunksize=max(1, len(items) // (8 * workers))))


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Linear algebra reads its number of threads from the environment when it is loaded."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def in_fresh_process(function: Callable[..., T], *arguments: Any) -> T:
    """The result of ``function`` in a new process with fresh memory.

    Raises:
        ParalbenchError: if the process is killed, for example by the system for lack of memory, or
            torch runs out of memory.
    """
    with worker_pool(1) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool as error:
            raise ParalbenchError(
                "the measuring process was killed, probably because memory ran out; measure "
                "shorter clips with --lengths."
            ) from error
        except (MemoryError, RuntimeError) as error:
            first = (str(error) or type(error).__name__).strip().splitlines()[0]
            raise ParalbenchError(f"measuring failed in its own process: {first}") from error
