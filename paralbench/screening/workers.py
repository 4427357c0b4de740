"""Worker processes that examine recordings: all cores are used, and a crash costs one row.

A decoder that a damaged file crashes takes its process with it; that recording is not scored, and a
new process continues. Workers have no network: an attempt raises.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

from paralbench.records.assessment import Assessment
from paralbench.records.errors import ParalbenchError
from paralbench.records.screened import Screened
from paralbench.screening.examiner import Examiner, Job
from paralbench.screening.screener_source import Assessor
from paralbench.system.network_guard import refuse_always
from paralbench.system.processes import end_with_parent

SCRATCH = ".scratch"
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

_ALLOCATOR = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": str(2**17)}
"""glibc reads them when a process starts. By default each thread has its own heap, which keeps the
hidden states that were freed in it."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What a worker sends once, when it has loaded the screener."""

    computed: str


class Workers:
    """Processes that have loaded the same screener; a context manager that ends them on exit.

    ``computed`` are the ways in which they compute the encoder, once they have loaded it.

    Args:
        load: loads the screener for a number of threads; a module-level function or a partial of one.
        count: how many processes.
        scratch: the folder for their temporary files while the context lasts; emptied first.
    """

    def __init__(self, load: Callable[[int], Assessor], count: int, scratch: Path) -> None:
        self.computed: set[str] = set()
        self._load, self._count, self._scratch = load, count, scratch
        self._workers: list[_Worker] = []

    def __enter__(self) -> Workers:
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def examined(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Screened | None]]:
        """Each job with its result, as they finish; None where the earlier result still holds.

        Raises:
            ParalbenchError: where the screener cannot be loaded.
        """
        waiting = iter(jobs)
        idle = list(self._workers)
        for _ in range(self._count):
            if (job := next(waiting, None)) is not None:
                (idle.pop() if idle else self._start()).give(job)
        while busy := {worker.results: worker for worker in self._workers if worker.job}:
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                worker = busy[ready]
                job = worker.job
                assert job is not None
                result: Screened | None
                try:
                    result = worker.result()
                except EOFError:
                    worker.job = None  # it is dead; killing it would hide how it died
                    code = worker.end()
                    how = f"signal {-code}" if code is not None and code < 0 else f"code {code}"
                    reason = (
                        f"Reading it crashed the program ({how}): the file is damaged, or there is "
                        "too little memory. Copy it from the recorder again, or give --workers 1."
                    )
                    result = job.result(None, Assessment("not scored", reason, "stopped"))
                    self._workers.remove(worker)
                    worker = self._start()
                self.computed |= worker.computed
                yield job, result
                if (following := next(waiting, None)) is not None:
                    worker.give(following)

    def _start(self) -> _Worker:
        threads = max(1, (os.cpu_count() or 1) // self._count)
        worker = _Worker(self._load, threads, self._scratch)
        self._workers.append(worker)
        return worker


class _Worker:
    """One process, and the job it is working on."""

    def __init__(self, load: Callable[[int], Assessor], threads: int, scratch: Path) -> None:
        # Spawned, not forked: the parent's threads and locks are not copied into it.
        context = get_context("spawn")
        receiver, self._jobs = context.Pipe(duplex=False)
        self.results, sender = context.Pipe(duplex=False)
        self.job: Job | None = None
        self.computed: set[str] = set()
        self._process = context.Process(
            target=_work, args=(load, threads, scratch, receiver, sender), daemon=True
        )
        with _environment(_ALLOCATOR):
            self._process.start()
        receiver.close()
        sender.close()

    def give(self, job: Job) -> None:
        """Send it a recording to examine."""
        self.job = job
        try:
            self._jobs.send(job)
        except BrokenPipeError:
            return  # it died in between; reading its result raises EOFError

    def result(self) -> Screened | None:
        """Wait for the job's result; raises EOFError where the recording crashed the process.

        Raises:
            ParalbenchError: where it could not load the screener.
        """
        try:
            result = self.results.recv()
            if isinstance(result, _Loaded):
                self.computed = {result.computed}
                result = self.results.recv()
        except EOFError:
            if self.computed:
                raise
            self._process.join()
            raise ParalbenchError(
                f"a process ended while it loaded the screener (code {self._process.exitcode}). Is "
                "there enough memory? --workers 1 needs the least."
            ) from None
        if isinstance(result, str):
            raise ParalbenchError(result)
        assert result is None or isinstance(result, Screened)
        self.job = None
        return result

    def end(self) -> int | None:
        """End it, at once where it is working; its exit code."""
        self._jobs.close()  # an idle one waits for this
        if self.job is not None:
            self._process.kill()
        self._process.join()
        self.results.close()
        return self._process.exitcode


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Variables that a process started meanwhile inherits; those the user has set stay."""
    missing = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            del os.environ[name]


def _work(
    load: Callable[[int], Assessor],
    threads: int,
    scratch: Path,
    jobs: Connection,
    results: Connection,
) -> None:
    """A worker's main loop: a result for each job, or a message where the screener cannot be loaded."""
    # Ctrl-C is for the parent, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _THREADS:
        os.environ[name] = (
            "1"  # the screener's own threads are faster than OpenMP's, which wait busily
        )
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    tempfile.tempdir = str(scratch.resolve())
    end_with_parent()
    refuse_always("while screening: nothing leaves this computer")

    def loaded() -> Assessor:
        assessor = load(threads)
        results.send(_Loaded(assessor.computed))
        return assessor

    examiner = Examiner(loaded)
    try:
        while True:
            results.send(examiner.examine(jobs.recv()))
    except (EOFError, BrokenPipeError):
        return  # the parent is done, or gone
    except (ParalbenchError, ModuleNotFoundError, OSError) as error:
        results.send(str(error))
