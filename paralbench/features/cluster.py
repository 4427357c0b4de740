"""Extraction on a Ray cluster: workers encode, only this process writes, in the order of the plan.

A worker encodes a few clips at a time on one core as a local thread does, so the store is equal byte
for byte. Every worker needs the model's folder, its weights and the audio under the same paths as here.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.engine import Engine
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import Record
from paralbench.records.errors import ParalbenchError, Refused
from paralbench.records.example import Clip
from paralbench.system.cluster import Cluster, Task

NO_NUMBERS = "the order of the work changes no record"

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


def records(
    encoder: LoadableEncoder, spec: FeatureSpec, engine: Engine, clips: Mapping[bytes, Clip]
) -> Iterator[Encoded]:
    """Each clip's record, or why it was refused, in the order of ``clips``.

    Raises:
        ParalbenchError: as :meth:`Cluster.map`, or where a worker cannot find a file that exists on
            this machine.
        UsageError: as :meth:`Cluster.map`.
    """
    gpu = encoder.placement.device != "cpu"
    title = f"extracting {encoder.card.id}"
    task = Task(title, _encoding, (encoder, spec, engine), name=_name, at_hand=2)
    for answer in Cluster(engine.workers, gpu).map(task, _bundles(clips, 64 if gpu else 4)):
        yield from answer.checked()


def _bundles(clips: Mapping[bytes, Clip], size: int) -> Iterator[Bundle]:
    remaining = iter(clips.items())
    while bundle := dict(islice(remaining, size)):
        yield bundle


def _name(bundle: Bundle) -> str:
    first = next(iter(bundle.values())).path
    return f"'{first}' or the {len(bundle) - 1} clips after it"


def _encoding(
    encoder: LoadableEncoder, spec: FeatureSpec, engine: Engine
) -> Callable[[Bundle], Answer]:
    """What a worker does with a bundle."""
    from paralbench.features.clip_encoder import ClipEncoder
    from paralbench.features.threads import Threads

    card, device = encoder.card, encoder.placement.device
    clip_encoder = ClipEncoder(encoder.load(), card, spec)
    threads = Threads(clip_encoder, card, 1, engine.together(device), decoders=0)

    def encode(bundle: Bundle) -> Answer:
        missing = [clip.path for clip in bundle.values() if not clip.path.exists()]
        encoded: list[Encoded] = []
        for key, record in threads.records(bundle):
            if not isinstance(record, Refused) and not isinstance(record.values, np.ndarray):
                record = replace(record, values=np.concatenate(list(record.values)))
            encoded.append((key, record))
        return Answer(encoded, missing, socket.gethostname())

    return encode
