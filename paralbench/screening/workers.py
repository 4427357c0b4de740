"""Recordings examined by processes of their own: both cores are used, and a crash costs one row.

A decoder that dies of a damaged file takes its process with it; that recording is not scored, and
a new process goes on. The processes may not reach the network: an attempt raises.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait

from paralbench.records.assessment import Assessment
from paralbench.records.errors import ParalbenchError
from paralbench.records.screened import Screened
from paralbench.screening.assessor import Assessor
from paralbench.screening.examination import Examiner, Job, screened

Opener = Callable[[], Assessor]
"""Opens the screener; it is called once in each process, so it must be a function of a module."""

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Workers:
    """A number of processes that have opened the same screener.

    Use as a context manager; leaving it ends them, also where they are at work.
    """

    def __init__(self, opener: Opener, count: int) -> None:
        self._opener, self._count = opener, count
        self._threads = max(1, (os.cpu_count() or 1) // count)
        self._all: list[_Worker] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._all:
            worker.end()

    def examined(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Screened | None]]:
        """Each job with what was found, as they are done; None where nothing had to be.

        Raises:
            ParalbenchError: where the screener cannot be opened.
        """
        coming = iter(jobs)
        idle = list(self._all)
        for _ in range(self._count):
            if (job := next(coming, None)) is not None:
                (idle.pop() if idle else self._start()).give(job)
        while busy := {one.answers: one for one in self._all if one.job is not None}:
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                worker = busy[ready]
                job = worker.job
                assert job is not None
                found: Screened | None
                try:
                    found = worker.answer()
                except EOFError:
                    found = _stopped(job, worker.gone())
                    self._all.remove(worker)
                    worker = self._start()
                yield job, found
                if (following := next(coming, None)) is not None:
                    worker.give(following)

    def _start(self) -> _Worker:
        worker = _Worker(self._opener, self._threads)
        self._all.append(worker)
        return worker


class _Opened(Enum):
    """What a process says once, when it has opened the screener."""

    YES = True


class _Worker:
    """One process, and the job it is at."""

    def __init__(self, opener: Opener, threads: int) -> None:
        # Spawned, not forked: the parent's threads and locks are not copied into it.
        context = get_context("spawn")
        theirs, self._jobs = context.Pipe(duplex=False)
        self.answers, answering = context.Pipe(duplex=False)
        self.job: Job | None = None
        self._opened = False
        self._process = context.Process(
            target=_work, args=(opener, threads, theirs, answering), daemon=True
        )
        self._process.start()
        theirs.close()
        answering.close()

    def give(self, job: Job) -> None:
        """Have it examine a recording."""
        self.job = job
        try:
            self._jobs.send(job)
        except BrokenPipeError:
            return  # it died in between; reading its answer tells so

    def answer(self) -> Screened | None:
        """Wait for what it found; raises EOFError where the recording ended it.

        Raises:
            ParalbenchError: where it could not open the screener.
        """
        try:
            found = self.answers.recv()
            if found is _Opened.YES:
                self._opened = True
                found = self.answers.recv()
        except EOFError:
            if self._opened:
                raise
            self._process.join()
            raise ParalbenchError(
                f"a process that opens the screener ended (code {self._process.exitcode}). Is there "
                "enough memory? --workers 1 needs the least."
            ) from None
        if isinstance(found, str):
            raise ParalbenchError(found)
        assert found is None or isinstance(found, Screened)
        self.job = None
        return found

    def gone(self) -> int | None:
        """How it ended, after it died."""
        self._process.join()
        self.job = None
        self.end()
        return self._process.exitcode

    def end(self) -> None:
        """End it, at once where it is at work."""
        self._jobs.close()  # for which an idle one waits
        if self.job is not None:
            self._process.kill()
        self._process.join()
        self.answers.close()


def _stopped(job: Job, code: int | None) -> Screened:
    how = f"signal {-code}" if code is not None and code < 0 else f"code {code}"
    reason = (
        f"Reading it stopped the program ({how}), so the file is damaged or there is too little "
        "memory. Copy it from the recorder again, or give --workers 1."
    )
    return screened(job, None, Assessment("not scored", reason, "stopped"))


def _work(opener: Opener, threads: int, jobs: Connection, answers: Connection) -> None:
    """What a process does: answer job by job; a word where the screener could not be opened."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this
    for name in _THREADS:
        os.environ[name] = str(threads)
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    sys.addaudithook(refuse_network)

    def opened() -> Assessor:
        assessor = opener()
        answers.send(_Opened.YES)
        return assessor

    examiner = Examiner(opened)
    try:
        while True:
            answers.send(examiner.examine(jobs.recv()))
    except (EOFError, BrokenPipeError):
        return  # the parent is done, or gone
    except (ParalbenchError, ModuleNotFoundError, OSError) as error:
        answers.send(str(error))


def refuse_network(event: str, _: tuple[object, ...]) -> None:
    """An audit hook under which no connection is made: recordings stay on the computer."""
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"):
        raise PermissionError("no network while screening: nothing leaves this computer")
