"""Decoding while a model is loaded: the first clips wait as kept audio when it begins to encode.

Loading is mostly Python's imports on one core (transformers' Whisper: 3.3 s of processor time after
torch's 1.4 s), decoding mostly native code that lets another thread run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from paralbench.audio import decoding
from paralbench.audio.kept_audio import KeptAudio
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

NO_NUMBERS = "kept audio is what decoding gave, bit for bit"


@contextmanager
def decoded_ahead(clips: Iterable[Clip], kept: KeptAudio, rate: int) -> Iterator[None]:
    """Within the block, a thread decodes ``clips`` in order into ``kept``, until that is full.

    A clip that is refused is passed over: who asks for it decodes it again and gets the reason.
    """
    ended = Event()
    with ThreadPoolExecutor(1) as pool:
        decoding = pool.submit(_decode, clips, kept, rate, ended)
        try:
            yield
        finally:
            ended.set()
        decoding.result()


def _decode(clips: Iterable[Clip], kept: KeptAudio, rate: int, ended: Event) -> None:
    for clip in clips:
        if type(clip) is not Clip or kept.get(clip) is not None:  # degraded audio is not kept
            continue
        meter = kept.meter()
        try:
            for _ in decoding.waveforms(clip, rate, meter):
                if ended.is_set() or not meter.keeps:
                    return
        except Refused:
            continue
        kept.keep(clip, meter, meter.quality())
