"""Extraction on a Ray cluster: actors encode, only this process writes, in the order of the plan.

An actor encodes a few clips at a time on one core as a local thread does, so the store is equal byte
for byte. An actor that dies is restarted and its clips are submitted again; records are written only
once they are returned, so none is lost or doubled. The cluster is the one that RAY_ADDRESS names or
that runs on this machine; where there is none, one is started and ended afterwards. Every worker
needs ParaLBench, and the model's folder, its weights and the audio under the same paths as here.
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
from paralbench.system.third_party_code import first_line

NO_NUMBERS = "the order of the work changes no record"

_RETRIES = 3
"""A bundle of clips that kills its actor more often is not tried again."""

Bundle = dict[bytes, Clip]
Encoded = tuple[bytes, Record | Refused]


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of a bundle, and the files that the worker on ``host`` could not find."""

    records: list[Encoded]
    missing: list[Path]
    host: str

    def checked(self) -> list[Encoded]:
        """The records; raises ParalbenchError where a missing file exists on this machine."""
        local = [path for path in self.missing if path.exists()]
        if local:
            raise ParalbenchError(
                f"the Ray worker on {self.host} cannot find '{local[0]}', which exists here; workers "
                f"need the audio under the same path, for example on a shared disk."
            )
        return self.records


class Cluster:
    """Encodes on a Ray cluster.

    Args:
        encoder: loaded by every actor.
        spec: what is stored of a clip.
        engine: the number of actors, by default one a core or GPU of the cluster; and the batch.
    """

    def __init__(self, encoder: LoadableEncoder, spec: FeatureSpec, engine: Engine) -> None:
        self._encoder, self._spec, self._engine = encoder, spec, engine
        self._gpu = encoder.placement.device != "cpu"

    def records(self, clips: Mapping[bytes, Clip]) -> Iterator[Encoded]:
        """Each clip's record, or why it was refused, in the order of ``clips``.

        Raises:
            ParalbenchError: where Ray is not installed, an actor keeps dying, or a worker cannot
                find a file that exists on this machine.
            UsageError: for more workers than the cluster has cores or GPUs.
        """
        unit, size = ("GPU", 64) if self._gpu else ("CPU", 4)
        with _connected() as ray:
            available = int(ray.cluster_resources().get(unit, 0))
            workers = self._engine.workers or available
            if not 0 < workers <= available:
                raise UsageError(f"--workers {workers}: the Ray cluster has {available} {unit}s.")
            kind = ray.remote(
                num_cpus=1, num_gpus=int(self._gpu), max_restarts=-1, max_task_retries=_RETRIES
            )(Actor)
            actors = [kind.remote(self._encoder, self._spec, self._engine) for _ in range(workers)]
            try:
                yield from self._distributed(ray, actors, iter(clips.items()), size)
            finally:
                for actor in actors:
                    ray.kill(actor)

    def _distributed(
        self, ray: Any, actors: list[Any], clips: Iterator[tuple[bytes, Clip]], size: int
    ) -> Iterator[Encoded]:
        """Submit two bundles an actor, one encoded and one waiting; yield in the order of the plan."""
        free = deque([*actors, *actors])
        pending: deque[tuple[Any, Bundle]] = deque()
        working: dict[Any, Any] = {}
        while True:
            # Bounded, since finished bundles wait for the first one in memory.
            while free and len(pending) < 8 * len(actors) and (bundle := dict(islice(clips, size))):
                actor = free.popleft()
                job = actor.encode.remote(bundle)
                working[job] = actor
                pending.append((job, bundle))
            if not pending:
                return
            (done,), _ = ray.wait(list(working), num_returns=1)
            free.append(working.pop(done))
            while pending and pending[0][0] not in working:
                yield from self._records(ray, *pending.popleft())

    def _records(self, ray: Any, job: Any, bundle: Bundle) -> list[Encoded]:
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
                f"{_RETRIES + 1} times at '{first}' or the {len(bundle) - 1} clips after it: "
                f"{first_line(error)}"
            ) from error
        return answer.checked()


class Actor:
    """One encoder on one core or one GPU of a worker."""

    def __init__(self, encoder: LoadableEncoder, spec: FeatureSpec, engine: Engine) -> None:
        from paralbench.features.clip_encoder import ClipEncoder
        from paralbench.features.threads import Threads

        card, device = encoder.card, encoder.placement.device
        clip_encoder = ClipEncoder(encoder.load(), card, spec)
        self._threads = Threads(clip_encoder, card, 1, engine.together(device), decoders=0)

    def encode(self, bundle: Bundle) -> Answer:
        """The bundle's records, each as one array."""
        missing = [clip.path for clip in bundle.values() if not clip.path.exists()]
        records: list[Encoded] = []
        for key, record in self._threads.records(bundle):
            if not isinstance(record, Refused) and not isinstance(record.values, np.ndarray):
                record = replace(record, values=np.concatenate(list(record.values)))
            records.append((key, record))
        return Answer(records, missing, socket.gethostname())


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
