"""Extraction on a Ray cluster: actors encode, this process alone writes, in the order of the plan.

An actor hears a few clips at a time exactly as this machine's threads do, with one core, so the
store ends the same to the byte. An actor that dies is started again and its clips are handed out
again; what it had not returned was never written, so nothing is lost or doubled. The cluster is the
one that RAY_ADDRESS names or that runs on this machine; where there is none, one is started and
ended afterwards. Every worker needs ParaLBench, and the model's folder, its weights and the audio
under the same paths as here.
"""

from __future__ import annotations

import logging
import os
import socket
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.engine import Engine
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import Record
from paralbench.records.errors import ParalbenchError, Refused, UsageError
from paralbench.records.example import Clip

NO_NUMBERS = "the order of the work changes no record"

_RETRIES = 3
"""A bundle of clips that kills its actor more often is not tried again."""

Bundle = dict[bytes, Clip]
Encoded = tuple[bytes, Record | Refused]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an actor returns of a bundle, and which of its files it could not see from where."""

    records: list[Encoded]
    unseen: list[Path]
    host: str


class Cluster:
    """Encodes on a Ray cluster.

    Args:
        encoder: which encoder; every actor loads it.
        spec: what is stored of a clip.
        engine: how many actors, by default one a core of the cluster, or one a GPU; and the batch.
    """

    def __init__(self, encoder: LoadableEncoder, spec: FeatureSpec, engine: Engine) -> None:
        self._encoder, self._spec, self._engine = encoder, spec, engine
        self._gpu = encoder.placement.device != "cpu"

    def records(self, clips: Mapping[bytes, Clip]) -> Iterator[Encoded]:
        """Each clip's record, or why it was refused, in the order of ``clips``.

        Raises:
            ParalbenchError: where Ray is not installed, an actor keeps dying, or a worker cannot
                see a file that is here.
            UsageError: for more workers than the cluster has cores or GPUs.
        """
        bundles = _bundles(clips, 64 if self._gpu else 4)
        with _connected() as ray:
            actors = self._actors(ray)
            try:
                yield from self._distributed(ray, actors, bundles)
            finally:
                for actor in actors:
                    ray.kill(actor)

    def _actors(self, ray: Any) -> list[Any]:
        unit = "GPU" if self._gpu else "CPU"
        available = int(ray.cluster_resources().get(unit, 0))
        workers = self._engine.workers or available
        if not 0 < workers <= available:
            raise UsageError(f"--workers {workers}: the Ray cluster has {available} {unit}s.")
        kind = ray.remote(
            num_cpus=1, num_gpus=int(self._gpu), max_restarts=-1, max_task_retries=_RETRIES
        )(Actor)
        return [kind.remote(self._encoder, self._spec, self._engine) for _ in range(workers)]

    def _distributed(
        self, ray: Any, actors: list[Any], bundles: Iterator[Bundle]
    ) -> Iterator[Encoded]:
        """Two bundles an actor, one encoded and one waiting; results in the order of the plan."""
        free = deque([*actors, *actors])
        pending: deque[tuple[Any, Bundle]] = deque()
        working: dict[Any, Any] = {}
        while True:
            # What waits for the first in line is bounded too.
            while free and len(pending) < 8 * len(actors) and (bundle := next(bundles, None)):
                actor = free.popleft()
                job = actor.encode.remote(bundle)
                working[job] = actor
                pending.append((job, bundle))
            if not pending:
                return
            (done,), _ = ray.wait(list(working), num_returns=1)
            free.append(working.pop(done))
            while pending and pending[0][0] not in working:
                job, bundle = pending.popleft()
                yield from self._checked(self._result(ray, job, bundle))

    def _result(self, ray: Any, job: Any, bundle: Bundle) -> Answer:
        try:
            answer: Answer = ray.get(job)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ParalbenchError):
                raise error.cause from None
            raise
        except ray.exceptions.RayActorError as error:
            first = next(iter(bundle.values())).path
            raise ParalbenchError(
                f"a Ray worker of '{self._encoder.card.id}' could not be started or died "
                f"{_RETRIES + 1} times at '{first}' or the {len(bundle) - 1} clips behind it: "
                f"{str(error).splitlines()[0]}"
            ) from error
        return answer

    def _checked(self, answer: Answer) -> list[Encoded]:
        hidden = [path for path in answer.unseen if path.exists()]
        if hidden:
            raise ParalbenchError(
                f"the Ray worker on {answer.host} cannot see '{hidden[0]}', which is here; workers "
                f"need the audio under the same path, for example on a shared disk."
            )
        return answer.records


class Actor:
    """What runs on a worker: one encoder, on one core or one GPU."""

    def __init__(self, encoder: LoadableEncoder, spec: FeatureSpec, engine: Engine) -> None:
        from paralbench.features.clip_encoder import ClipEncoder
        from paralbench.features.threads import Threads

        card, device = encoder.card, encoder.placement.device
        clip_encoder = ClipEncoder(encoder.load(), card, spec)
        self._threads = Threads(clip_encoder, card, 1, engine.together(device), decoders=0)

    def encode(self, bundle: Bundle) -> Answer:
        """The bundle's records, each in one piece."""
        unseen = [clip.path for clip in bundle.values() if not clip.path.exists()]
        records = [
            (key, one if isinstance(one, Refused) else _whole(one))
            for key, one in self._threads.records(bundle)
        ]
        return Answer(records, unseen, socket.gethostname())


def _whole(record: Record) -> Record:
    if isinstance(record.values, np.ndarray):
        return record
    return replace(record, values=np.concatenate(list(record.values)))


def _bundles(clips: Mapping[bytes, Clip], size: int) -> Iterator[Bundle]:
    items = iter(clips.items())
    while bundle := dict(islice(items, size)):
        yield bundle


@contextmanager
def _connected() -> Iterator[Any]:
    # Read when Ray is imported; nothing is reported to anybody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ParalbenchError(
            "--engine ray needs the package 'ray': pip install 'paralbench[ray]'."
        ) from error
    began = not ray.is_initialized()
    if began:
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError) as error:
            where = os.environ.get("RAY_ADDRESS", "this machine")
            raise ParalbenchError(
                f"no Ray cluster answers at {where} ({str(error).splitlines()[0]}); see "
                f"'ray status', and RAY_AUTH_MODE where the cluster asks for a token."
            ) from error
    try:
        yield ray
    finally:
        if began:
            ray.shutdown()
