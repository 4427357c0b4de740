"""Work on a Ray cluster: each item's result once and in order, whichever workers and nodes are lost.

A worker is an actor on one core or one GPU. Items of a worker that is lost, with its process or its
whole node, are given to another, and a new worker is asked for, which starts where the cluster has
room. The cluster is the one that RAY_ADDRESS names or that runs on this machine; where there is
none, one is started and ended. Every node needs the same ParaLBench and packages, and the files
that the work reads under the same paths as here.
"""

from __future__ import annotations

import logging
import os
import platform
import socket
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Generic, TypeVar

from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.system import plug_ins, sources
from paralbench.system.cache_folder import default_cache
from paralbench.system.third_party_code import first_line

NO_NUMBERS = "where the work is done changes no number"

S = TypeVar("S")
T = TypeVar("T")

_ATTEMPTS = 4
"""Work that so many workers died of is not tried again."""
_AHEAD = 8
"""Items a worker that are taken before the first one's result is; their results wait in memory."""
_PATIENCE = 10.0
"""Seconds without news after which the cluster is asked whether any node is left."""
_PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "transformers", "soundfile", "soxr", "av")
"""Packages that may decide a number."""


@dataclass(frozen=True)
class Task(Generic[S, T]):
    """What every worker does with its items.

    Args:
        title: for messages, as "extracting wavlm-base".
        start: a module-level function that a worker calls once, with ``arguments``; what it returns
            makes an item's result.
        arguments: of ``start``.
        reads: files and folders that a worker must find under the same path as here.
        name: an item's name, for messages.
        at_hand: items of a worker at once. With 2 one waits while it works on another, so that it
            never waits for this process; with 1 no item waits for a worker while another is free.
    """

    title: str
    start: Callable[..., Callable[[S], T]]
    arguments: Sequence[Any]
    reads: Sequence[Path] = ()
    name: Callable[[S], str] = str
    at_hand: int = 1


class Cluster:
    """The workers of a Ray cluster.

    Args:
        workers: how many; by default one a core, or one a GPU.
        gpu: whether each has a GPU.
    """

    def __init__(self, workers: int | None = None, gpu: bool = False) -> None:
        self._workers, self._gpu = workers, gpu

    def map(self, task: Task[S, T], items: Iterable[S]) -> Iterator[T]:
        """Each item's result, in order.

        Raises:
            ParalbenchError: where Ray is not installed, no cluster answers, work keeps losing its
                workers, no node is left, or a node lacks files or has other packages; and what the
                work itself raises.
            UsageError: for more workers than the cluster has cores or GPUs.
        """
        unit = "GPU" if self._gpu else "CPU"
        with _connected() as ray:
            available = int(ray.cluster_resources().get(unit, 0))
            workers = self._workers or available
            if not 0 < workers <= available:
                raise UsageError(f"--workers {workers}: the Ray cluster has {available} {unit}s.")
            staff = _Staff(ray, task, unit, workers)
            try:
                yield from _results(task, staff, items, _AHEAD * workers)
            finally:
                staff.dismiss()


def _results(task: Task[S, T], staff: _Staff, items: Iterable[S], ahead: int) -> Iterator[Any]:
    """Results in the order of the items; at most ``ahead`` items are taken and not yet yielded."""
    remaining = enumerate(items)
    taken: dict[int, S] = {}
    again: deque[int] = deque()
    done: dict[int, Any] = {}
    lost: Counter[int] = Counter()
    first, end = 0, False
    while True:
        while staff.free and (again or not (end or len(taken) + len(done) >= ahead)):
            if again:
                staff.give(again[0], taken[again.popleft()])
            elif (following := next(remaining, None)) is None:
                end = True
            else:
                place, taken[place] = following
                staff.give(place, taken[place])
        if end and not taken:
            return
        for place, result in staff.news():
            if not isinstance(result, _Lost):
                done[place] = result
                del taken[place]
                continue
            lost[place] += 1
            if lost[place] == _ATTEMPTS:
                raise ParalbenchError(
                    f"{task.title}: {_ATTEMPTS} Ray workers died at {task.name(taken[place])}: "
                    f"{result.why}"
                )
            again.append(place)
        while first in done:
            yield done.pop(first)
            first += 1


@dataclass(frozen=True)
class _Lost:
    """In place of a result: the worker, or the node that held the result, was lost."""

    why: str


class _Staff:
    """The workers of one task, replaced when they are lost.

    ``free`` holds each worker once for every further item it can take.
    """

    def __init__(self, ray: Any, task: Task[Any, Any], unit: str, workers: int) -> None:
        self._title, self._at_hand = task.title, task.at_hand
        self.free: deque[Any] = deque()
        self._ray, self._unit, self._most = ray, unit, workers
        gpus = int(unit == "GPU")
        self._kind = ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=0)(_Worker)
        self._task = ray.put((task.start, task.arguments))
        self._reads = [path.resolve() for path in task.reads]
        self._starting: dict[Any, Any] = {}
        self._working: dict[Any, tuple[Any, int]] = {}
        self._gone: set[Any] = set()
        self._failed_starts = 0
        for _ in range(workers):
            self._hire()

    def give(self, place: int, item: Any) -> None:
        """Give an item to a free worker."""
        worker = self.free.popleft()
        self._working[worker.work.remote(item)] = worker, place

    def news(self) -> Iterator[tuple[int, Any]]:
        """Wait for something to happen; the result of an item that was given, or that it is lost."""
        pending = [*self._starting, *self._working]
        (ready, _) = self._ray.wait(pending, num_returns=1, timeout=_PATIENCE)
        if not ready and not self._working and not self._ray.cluster_resources().get(self._unit):
            raise ParalbenchError(f"{self._title}: no node of the Ray cluster is left.")
        for job in ready:
            worker, place = self._working.pop(job, (None, -1))
            if worker is None:
                self._started(self._starting.pop(job), self._result(job))
                continue
            result = self._result(job)
            if isinstance(result, _Lost):
                self._replace(worker)
            else:
                self.free.append(worker)
            yield place, result

    def dismiss(self) -> None:
        """End all workers."""
        working = [worker for worker, _ in self._working.values()]
        for worker in {*self._starting.values(), *working, *self.free}:
            self._ray.kill(worker)

    def _hire(self) -> None:
        worker = self._kind.remote(_environment())
        self._starting[worker.start.remote([self._task], self._reads, _versions())] = worker

    def _started(self, worker: Any, result: Any) -> None:
        if not isinstance(result, _Lost):
            self.free.extend([worker] * self._at_hand)
            return
        self._failed_starts += 1
        if self._failed_starts > _ATTEMPTS * self._most:
            raise ParalbenchError(f"{self._title}: Ray workers cannot be started: {result.why}")
        self._hire()

    def _replace(self, worker: Any) -> None:
        """A new worker in place of a lost one, asked for once for all of its items."""
        if worker not in self._gone:
            self._gone.add(worker)
            self.free = deque(other for other in self.free if other != worker)
            self._hire()

    def _result(self, job: Any) -> Any:
        try:
            return self._ray.get(job)
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ParalbenchError):
                raise error.cause from None
            raise
        except self._ray.exceptions.RayError as error:
            return _Lost(first_line(error))


class _Worker:
    """One core or one GPU of a node."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        # Before anything of a catalogue's module is unpickled.
        os.environ.update(environment)
        self._work: Callable[[Any], Any] | None = None

    def start(
        self, task: Sequence[Any], reads: Sequence[Path], versions: Mapping[str, str]
    ) -> None:
        """Check that this node can do the task, and prepare it.

        Raises:
            ParalbenchError: where it lacks files or has other packages.
        """
        import ray

        host, own = socket.gethostname(), _versions()
        for name, version in versions.items():
            if own.get(name) != version:
                raise ParalbenchError(
                    f"the Ray node {host} has {name} {own.get(name) or 'not installed'}, this machine {version}; "
                    f"every node needs the same, or results depend on where they are made."
                )
        for path in reads:
            if not path.exists():
                raise ParalbenchError(
                    f"the Ray worker on {host} cannot find '{path}', which exists here; every node "
                    f"needs it under the same path, for example on a shared disk."
                )
        begin, arguments = ray.get(task[0])
        self._work = begin(*arguments)

    def work(self, item: Any) -> Any:
        """An item's result."""
        assert self._work is not None
        return self._work(item)


def _environment() -> dict[str, str]:
    """The settings of this process that a worker needs, with absolute paths."""
    settings = {name: text for name, text in os.environ.items() if name.startswith("PARALBENCH_")}
    return {
        **settings,
        plug_ins.FOLDERS: os.pathsep.join(map(str, plug_ins.folders())),
        "PARALBENCH_CACHE": str(default_cache().resolve()),
    }


def _versions() -> dict[str, str]:
    """What must be the same on every node, as it may decide a number."""
    deciding = [name for name in sources.modules() if not sources.no_numbers(name)]
    versions = {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "ParaLBench": sources.digest(deciding)[:12],
    }
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


@contextmanager
def _connected() -> Iterator[Any]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read when Ray is imported
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ParalbenchError(
            "--engine ray needs the package 'ray': pip install 'paralbench[ray]'."
        ) from error
    started = not ray.is_initialized()
    if started:
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError) as error:
            address = os.environ.get("RAY_ADDRESS", "this machine")
            raise ParalbenchError(
                f"no Ray cluster answers at {address} ({first_line(error)}); see "
                f"'ray status', and RAY_AUTH_MODE where the cluster asks for a token."
            ) from error
    try:
        yield ray
    finally:
        if started:
            ray.shutdown()
