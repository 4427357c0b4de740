"""What is to be encoded, decoded ahead of the threads that encode, in the order of the plan."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from paralbench.audio.pieces import Piece
from paralbench.features.clip_encoder import ClipEncoder
from paralbench.features.reduction import Part
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

NO_NUMBERS = "the order of the work changes no record"

_BUNDLE = 8


@dataclass(slots=True)
class Step:
    """A piece of a clip and its job; or, without a piece, the clip's end.

    Args:
        key: of which clip.
        piece: what is encoded; None at the clip's end.
        refused: at the end, why the clip ended before its audio did.
        job: what encodes the piece, among others.
        place: which of the job's parts is this piece's.
    """

    key: bytes
    piece: Piece | None = None
    refused: Refused | None = None
    job: Future[list[Part | Refused | None]] | None = None
    place: int = 0

    @property
    def samples(self) -> int:
        """How many samples are encoded."""
        return 0 if self.piece is None else len(self.piece.samples)


def steps(clip_encoder: ClipEncoder, clips: Mapping[bytes, Clip]) -> Iterator[Step]:
    """The steps of all clips, decoded lazily."""
    for key, clip in clips.items():
        try:
            for piece in clip_encoder.pieces(clip):
                yield Step(key, piece)
            yield Step(key)
        except Refused as reason:
            yield Step(key, refused=reason)


def decoded_ahead(
    clip_encoder: ClipEncoder, clips: Mapping[bytes, Clip], samples: int, decoders: int
) -> Iterator[Step]:
    """The same steps, decoded by other threads.

    Bundles of clips are decoded beside each other, each as far as ``samples``; the rest of a long
    one follows when its turn comes, so what is held does not grow with it.
    """
    items = iter(clips.items())
    decoding: deque[tuple[Iterator[Step], Future[list[Step]]]] = deque()
    pool = ThreadPoolExecutor(decoders)

    def begin() -> None:
        if bundle := dict(islice(items, _BUNDLE)):
            steps_left = steps(clip_encoder, bundle)
            decoding.append((steps_left, pool.submit(_taken, steps_left, samples)))

    try:
        for _ in range(2 * decoders):
            begin()
        while decoding:
            steps_left, job = decoding.popleft()
            taken = job.result()
            if taken:
                decoding.appendleft((steps_left, pool.submit(_taken, steps_left, samples)))
                yield from taken
            else:
                begin()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _taken(steps_left: Iterator[Step], samples: int) -> list[Step]:
    """The next steps up to so many samples; none at the end."""
    taken, held = [], 0
    for step in steps_left:
        taken.append(step)
        held += step.samples
        if held >= samples:
            break
    return taken
