"""Extraction on this machine: decoding ahead, encoding by threads, records in the clips' order.

Work is distributed by seconds of audio, not by clips: a long recording is many pieces, many short
clips are one job. Pieces are encoded in groups, each sorted by length, the longest first, so that no
core is left with a long one at the end, and a GPU's batch has pieces of one length. While one group
is encoded the next is decoded; memory holds these two, whatever the corpus and its longest file.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import torch

from paralbench.audio.kept_audio import KeptAudio
from paralbench.features.clip_encoder import ClipEncoder, Gathering
from paralbench.features.reduction import Part
from paralbench.features.store import Record
from paralbench.features.supply import Step, decoded_ahead, steps
from paralbench.records.errors import Refused
from paralbench.records.example import Clip
from paralbench.records.model_card import ModelCard

NO_NUMBERS = "the order of the work changes no record"

_JOB_SECONDS = 1.0
_WORTH = 0.0005
"""CPU seconds a piece must take for threads to help; below, they only compete for the GIL.

Elapsed time may be four times as long, since some runtimes compute on threads of their own.
"""


class Threads:
    """Encodes on this machine.

    Args:
        clip_encoder: encodes the clips.
        card: its model's card.
        threads: number of threads that encode.
        batch: seconds of a batch, padding included; 0 for one by one.
        decoders: number of threads that decode; with 0 the calling thread does.
        kept: audio of earlier extractions, to which this one adds.
    """

    def __init__(
        self,
        clip_encoder: ClipEncoder,
        card: ModelCard,
        threads: int,
        batch: float,
        decoders: int,
        kept: KeptAudio | None = None,
    ) -> None:
        self._clip_encoder, self._rate = clip_encoder, card.rate
        self._threads, self._batch, self._decoders = threads, batch, decoders
        self._window = round(card.policy.window * card.rate)
        self._most = max(threads * self._window, round(4 * batch * card.rate))
        self._cheap, self._kept = False, kept
        self._open: Gathering | None = None

    def records(self, clips: Mapping[bytes, Clip]) -> Iterator[tuple[bytes, Record | Refused]]:
        """Each clip's record, or why it was refused, in the order of ``clips``."""
        self._open = None
        torch_threads = torch.get_num_threads()
        torch.set_num_threads(1)
        pool = ThreadPoolExecutor(self._threads, initializer=torch.set_num_threads, initargs=(1,))
        encoding: deque[list[Step]] = deque()
        try:
            for group in self._groups(clips):
                for job in self._jobs(group):
                    future: Future[list[Part | Refused | None]]
                    if self._cheap:
                        future = Future()
                        future.set_result(self._encode(job))
                    else:
                        future = pool.submit(self._encode, job)
                    for place, step in enumerate(job):
                        step.job, step.place = future, place
                encoding.append(group)
                if len(encoding) == 2:
                    yield from self._gathered(encoding.popleft())
            while encoding:
                yield from self._gathered(encoding.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            torch.set_num_threads(torch_threads)

    def _groups(self, clips: Mapping[bytes, Clip]) -> Iterator[list[Step]]:
        """Groups of successive steps, at first small so that encoding begins early, then doubling."""
        remaining = (
            decoded_ahead(self._clip_encoder, clips, self._window, self._decoders, self._kept)
            if self._decoders
            else steps(self._clip_encoder, clips, self._kept)
        )
        group: list[Step] = []
        first = self._most if self._batch else 2 * self._threads * self._rate
        samples, limit = 0, min(self._most, first)
        for step in remaining:
            group.append(step)
            samples += step.samples
            if samples >= limit:
                yield group
                group, samples, limit = [], 0, min(2 * limit, self._most)
        if group:
            yield group

    def _jobs(self, group: list[Step]) -> Iterator[list[Step]]:
        """A group's pieces, the longest first, in jobs of so many seconds."""
        size = (self._batch or _JOB_SECONDS) * self._rate
        job: list[Step] = []
        pieces = [step for step in group if step.piece is not None]
        for step in sorted(pieces, key=lambda step: step.samples, reverse=True):
            if job and (len(job) + 1) * job[0].samples > size:
                yield job
                job = []
            job.append(step)
        if job:
            yield job

    def _encode(self, job: list[Step]) -> list[Part | Refused | None]:
        pieces = [step.piece for step in job if step.piece is not None]
        began, busy = time.perf_counter(), time.thread_time()
        if self._batch:
            parts = self._clip_encoder.parts(pieces)
        else:
            parts = [part for piece in pieces for part in self._clip_encoder.parts([piece])]
        limit = _WORTH * len(pieces)
        elapsed, busy = time.perf_counter() - began, time.thread_time() - busy
        self._cheap = not self._batch and busy < limit and elapsed < 4 * limit
        return parts

    def _gathered(self, group: list[Step]) -> Iterator[tuple[bytes, Record | Refused]]:
        """Records of the clips that end in a group; the last one may continue in the next."""
        for step in group:
            if self._open is None:
                self._open = self._clip_encoder.gathering()
            if step.piece is not None and step.job is not None:
                self._open.add(step.piece, step.job.result()[step.place])
                step.piece = step.job = None
                continue
            gathering, self._open = self._open, None
            try:
                if step.refused is not None:
                    raise step.refused
                yield step.key, replace(gathering.record(), quality=step.quality)
            except Refused as reason:
                yield step.key, reason
