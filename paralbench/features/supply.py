"""The pieces to encode, decoded ahead of the encoding threads, in the order of the plan."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from paralbench.audio.kept_audio import KeptAudio
from paralbench.audio.meter import Meter
from paralbench.audio.pieces import Piece
from paralbench.features.clip_encoder import ClipEncoder
from paralbench.features.reduction import Part
from paralbench.records.errors import Refused
from paralbench.records.example import Clip
from paralbench.records.signal_quality import SignalQuality

NO_NUMBERS = "the order of the work changes no record"

_BUNDLE = 8


@dataclass(slots=True)
class Step:
    """A piece of a clip and its job; or, without a piece, the clip's end.

    Args:
        key: the clip's key.
        piece: the piece to encode; None at the clip's end.
        refused: at the clip's end, why the rest of it was refused.
        quality: at the clip's end, what was measured of it.
        job: the job that encodes the piece.
        place: the position of the piece's part among the job's.
    """

    key: bytes
    piece: Piece | None = None
    refused: Refused | None = None
    quality: SignalQuality | None = None
    job: Future[list[Part | Refused | None]] | None = None
    place: int = 0

    @property
    def samples(self) -> int:
        """Number of samples of the piece."""
        return 0 if self.piece is None else len(self.piece.samples)


def steps(
    clip_encoder: ClipEncoder, clips: Mapping[bytes, Clip], kept: KeptAudio | None = None
) -> Iterator[Step]:
    """The steps of all clips, decoded lazily; those in ``kept`` are not decoded again."""
    for key, clip in clips.items():
        try:
            if kept is None or type(clip) is not Clip:  # a degraded clip is not what was recorded
                yield from _measured(clip_encoder, key, clip, Meter())
            elif (decoded := kept.get(clip)) is not None:
                for piece in clip_encoder.pieces(decoded):
                    yield Step(key, piece)
                yield Step(key, quality=decoded.quality)
            else:
                meter = kept.meter()
                for step in _measured(clip_encoder, key, clip, meter):
                    if step.quality is not None:
                        kept.keep(clip, meter, step.quality)
                    yield step
        except Refused as reason:
            yield Step(key, refused=reason)


def _measured(clip_encoder: ClipEncoder, key: bytes, clip: Clip, meter: Meter) -> Iterator[Step]:
    """The steps of one clip, measured as it is decoded."""
    for piece in clip_encoder.pieces(clip, meter):
        yield Step(key, piece)
    yield Step(key, quality=meter.quality())


def decoded_ahead(
    clip_encoder: ClipEncoder,
    clips: Mapping[bytes, Clip],
    samples: int,
    decoders: int,
    kept: KeptAudio | None = None,
) -> Iterator[Step]:
    """The same steps, decoded by other threads.

    Bundles of clips are decoded in parallel, each up to ``samples`` at a time, so that a long clip
    needs no more memory than a short one.
    """
    items = iter(clips.items())
    decoding: deque[tuple[Iterator[Step], Future[list[Step]]]] = deque()
    pool = ThreadPoolExecutor(decoders)

    def submit_bundle() -> None:
        if bundle := dict(islice(items, _BUNDLE)):
            remaining = steps(clip_encoder, bundle, kept)
            decoding.append((remaining, pool.submit(_next_steps, remaining, samples)))

    try:
        for _ in range(2 * decoders):
            submit_bundle()
        while decoding:
            remaining, job = decoding.popleft()
            if decoded := job.result():
                decoding.appendleft((remaining, pool.submit(_next_steps, remaining, samples)))
                yield from decoded
            else:
                submit_bundle()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _next_steps(remaining: Iterator[Step], samples: int) -> list[Step]:
    """The next steps, up to so many samples; none at the end."""
    decoded, total = [], 0
    for step in remaining:
        decoded.append(step)
        total += step.samples
        if total >= samples:
            break
    return decoded
