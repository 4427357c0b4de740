"""Extraction on this machine: the caller decodes ahead, threads encode, records come in order.

Work is handed out by seconds of audio, not by clips: a long recording is many pieces, many short
clips are one job. A group of pieces is sorted by length, the longest first, so that no core is left
with a long one at the end, and on a GPU what is padded together is of one length. Two groups are in
flight, one being encoded while the next is decoded; that bounds the memory, whatever the corpus and
its longest file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import torch

from paralbench.audio.cutting import Piece
from paralbench.features.listening import Gathering, Listener
from paralbench.features.reduction import Part
from paralbench.features.store import Record
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

_JOB_SECONDS = 1.0
"""Shorter pieces share a job until they are as long: handing over costs as much as encoding 0.1 s."""


@dataclass(slots=True)
class _Step:
    """A piece of a clip; or, without one, the clip's end, and why it ended early."""

    key: bytes
    piece: Piece | None = None
    refused: Refused | None = None
    job: Future[list[Part | Refused | None]] | None = None
    place: int = 0


def records(
    listener: Listener,
    clips: Mapping[bytes, Clip],
    *,
    rate: int,
    window: float,
    threads: int,
    batch: float,
) -> Iterator[tuple[bytes, Record | Refused]]:
    """Each clip's record, or why it was refused, in the order of ``clips``.

    Args:
        listener: what hears them.
        clips: by key.
        rate: samples a second of what is encoded.
        window: the longest piece in seconds.
        threads: how many encode.
        batch: seconds encoded together; 0 for one by one.
    """
    most = max(threads * window, 4 * batch)
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    open_clip: list[Gathering] = []
    flying: deque[list[_Step]] = deque()
    try:
        for group in _groups(listener, clips, rate, min(most, 2.0 * threads), most):
            for steps in _jobs(group, rate, batch):
                _submit(pool, listener, steps, together=batch > 0)
            flying.append(group)
            if len(flying) == 2:
                yield from _gathered(listener, flying.popleft(), open_clip)
        while flying:
            yield from _gathered(listener, flying.popleft(), open_clip)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(before)


def _steps(listener: Listener, clips: Mapping[bytes, Clip]) -> Iterator[_Step]:
    for key, clip in clips.items():
        try:
            for piece in listener.pieces(clip):
                yield _Step(key, piece)
            yield _Step(key)
        except Refused as reason:
            yield _Step(key, refused=reason)


def _groups(
    listener: Listener, clips: Mapping[bytes, Clip], rate: int, seconds: float, most: float
) -> Iterator[list[_Step]]:
    """Stretches of the plan, at first short so that encoding begins at once, then doubling."""
    group: list[_Step] = []
    held = 0
    for step in _steps(listener, clips):
        group.append(step)
        held += len(step.piece.samples) if step.piece is not None else 0
        if held >= seconds * rate:
            yield group
            group, held, seconds = [], 0, min(2 * seconds, most)
    if group:
        yield group


def _jobs(group: list[_Step], rate: int, batch: float) -> Iterator[list[_Step]]:
    """A group's pieces, the longest first, in jobs of so many seconds, padding counted."""
    size = (batch or _JOB_SECONDS) * rate
    job: list[_Step] = []
    longest = 0
    pieces = [step for step in group if step.piece is not None]
    for step in sorted(pieces, key=_length, reverse=True):
        if job and (len(job) + 1) * longest > size:
            yield job
            job = []
        if not job:
            longest = _length(step)
        job.append(step)
    if job:
        yield job


def _length(step: _Step) -> int:
    return len(step.piece.samples) if step.piece is not None else 0


def _submit(
    pool: ThreadPoolExecutor, listener: Listener, steps: list[_Step], together: bool
) -> None:
    pieces = [step.piece for step in steps if step.piece is not None]

    def encode() -> list[Part | Refused | None]:
        if together:
            return listener.parts(pieces)
        return [part for piece in pieces for part in listener.parts([piece])]

    job = pool.submit(encode)
    for place, step in enumerate(steps):
        step.job, step.place = job, place


def _gathered(
    listener: Listener, group: list[_Step], open_clip: list[Gathering]
) -> Iterator[tuple[bytes, Record | Refused]]:
    """The clips that end in a group; one that goes on waits in ``open_clip`` for the next."""
    for step in group:
        if not open_clip:
            open_clip.append(listener.gathering())
        if step.piece is not None and step.job is not None:
            open_clip[0].add(step.piece, step.job.result()[step.place])
            step.piece = None
            continue
        gathering = open_clip.pop()
        try:
            if step.refused is not None:
                raise step.refused
            yield step.key, gathering.record()
        except Refused as reason:
            yield step.key, reason
