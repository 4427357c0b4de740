"""Fills the store: decode, encode and pool each missing clip once, in order, and keep it at once.

Clips are encoded one by one at their own length, several threads beside each other with one core
each. On a CPU that is faster than batches, since nothing is padded, and a clip's features cannot
depend on its neighbours. Records are appended in the order of the plan, so a run that was killed
and started again leaves the same file, byte for byte, as one that was not.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from paralbench.audio import decoding
from paralbench.encoders.encoder import Encoder
from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.pooling import Moments
from paralbench.features.product import Product, Space
from paralbench.features.store import FeatureStore, Record, Writer
from paralbench.features.windows import Windows, sliding
from paralbench.foreign import foreign
from paralbench.progress import Progress
from paralbench.records.errors import CardError, Refused
from paralbench.records.example import Clip
from paralbench.records.model_card import ModelCard


@dataclass(frozen=True)
class Extraction:
    """What an extraction came to: how many records were made, and which clips were refused."""

    made: int
    refused: Mapping[bytes, str]


def space(encoder: LoadableEncoder, product: Product) -> Space:
    """Where this encoder's records of this kind are kept."""
    card = encoder.card
    return Space(encoder.identity, product, card.id, card.layers, card.width)


def extract(
    encoder: LoadableEncoder,
    clips: Mapping[bytes, Clip],
    store: FeatureStore,
    *,
    renew: Sequence[bytes] = (),
    workers: int | None = None,
    quiet: bool = False,
    say: Callable[[str], None] = lambda words: None,
) -> Extraction:
    """Make the records that are missing from the store, and those in ``renew``.

    Args:
        encoder: which encoder.
        clips: what to encode, by key, in the order in which it is stored.
        store: where to.
        renew: keys whose stored record is damaged.
        workers: threads; the number of cores by default, one on a GPU.
        quiet: show no progress.
        say: told what a user should know.

    Raises:
        CardError: where the encoder's output is not what its card says.
    """
    if _all_there(store, clips, renew):
        return Extraction(0, {})
    waiting = f"another process is extracting {encoder.card.id}; waiting for it."
    with store.writer(lambda: say(waiting)) as writer:
        kept = store.keys()
        missing = {key: clip for key, clip in clips.items() if key not in kept or key in renew}
        if not missing:
            return Extraction(0, {})
        engine = _Engine(encoder.load(), encoder.card, store.space.product)
        threads = workers or (1 if encoder.placement.device != "cpu" else os.cpu_count() or 1)
        title = f"extracting {encoder.card.id}"
        with Progress(title, len(missing), "clips", quiet) as progress:
            return _run(engine, missing, writer, threads, progress)


def _all_there(store: FeatureStore, clips: Mapping[bytes, Clip], renew: Sequence[bytes]) -> bool:
    return not renew and clips.keys() <= store.keys()


def _run(
    engine: _Engine, missing: Mapping[bytes, Clip], writer: Writer, threads: int, progress: Progress
) -> Extraction:
    refused: dict[bytes, str] = {}
    made = 0

    def finish(key: bytes, job: Future[Record]) -> None:
        nonlocal made
        try:
            writer.append(key, job.result())
            made += 1
        except Refused as reason:
            refused[key] = str(reason)
        progress.step()

    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    pending: deque[tuple[bytes, Future[Record]]] = deque()
    try:
        for key, clip in missing.items():
            pending.append((key, pool.submit(engine.record, clip)))
            if len(pending) >= 4 * threads:
                finish(*pending.popleft())
        while pending:
            finish(*pending.popleft())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(before)
    return Extraction(made, refused)


class _Engine:
    """One clip to one record."""

    def __init__(self, encoder: Encoder, card: ModelCard, product: Product) -> None:
        self._encoder, self._card, self._product = encoder, card, product

    def record(self, clip: Clip) -> Record:
        """Encode a clip in the policy's blocks and keep what the product asks for."""
        if self._product.kind == "windows":
            return self._windows(clip) if self._card.frame_rate else self._single_windows(clip)
        card, policy = self._card, self._card.policy
        moments, frames = Moments(), []
        heard = asked = 0
        for block in decoding.blocks(clip, card.rate, policy.window):
            asked += len(block)
            if len(block) < policy.shortest * card.rate:
                continue
            states = self._encode(block)
            heard += len(block)
            if self._product.kind == "frames":
                frames.append(states.numpy(force=True))
                moments.frames += states.shape[1]
            else:
                mean = states.mean(1).numpy(force=True)
                spread = states.std(1, correction=0).numpy(force=True)
                moments.add(states.shape[1], mean, spread)
        self._check_heard(heard, asked)
        values: Any = np.concatenate(frames, axis=1) if frames else moments.pooled()
        values = values.astype(self._product.dtype, copy=False)
        return Record(values, moments.frames, asked / card.rate, heard / card.rate)

    def _windows(self, clip: Clip) -> Record:
        card, product = self._card, self._product
        windows = Windows(product.rate, product.window, card.frame_rate or 0.0)
        heard = asked = 0
        for block in decoding.blocks(clip, card.rate, card.policy.window):
            start, asked = asked, asked + len(block)
            if len(block) < card.policy.shortest * card.rate:
                continue
            windows.add(self._encode(block).numpy(force=True), start / card.rate)
            heard += len(block)
        self._check_heard(heard, asked)
        steps = math.ceil(heard / card.rate * product.rate - 1e-6)
        values = windows.pooled(steps).astype(product.dtype, copy=False)
        return Record(values, steps, asked / card.rate, heard / card.rate)

    def _single_windows(self, clip: Clip) -> Record:
        """Windows of a model that gives one frame a clip: each window is a clip of its own."""
        card, product = self._card, self._product
        asked = 0

        def hops() -> Iterator[decoding.Waveform]:
            nonlocal asked
            for hop in decoding.blocks(clip, card.rate, 1 / product.rate):
                asked += len(hop)
                yield hop

        half = max(1, round(product.rate * product.window / 2))
        means = []
        for audio in sliding(hops(), half):
            self._check_heard(
                len(audio) if len(audio) >= card.policy.shortest * card.rate else 0, len(audio)
            )
            means.append(self._encode(audio).mean(1).numpy(force=True))
        pairs = np.zeros((card.layers, len(means), 2, card.width), product.dtype)
        pairs[:, :, 0] = np.stack(means, axis=1)
        values = pairs.reshape(card.layers, -1, card.width)
        return Record(values, len(means), asked / card.rate, asked / card.rate)

    def _check_heard(self, heard: int, asked: int) -> None:
        card = self._card
        if not heard:
            raise Refused(
                f"too short: {asked / card.rate:.3f} s, {card.id} needs {card.policy.shortest:g} s"
            )

    def _encode(self, block: decoding.Waveform) -> torch.Tensor:
        card = self._card
        with foreign(f"model '{card.id}'"), torch.inference_mode():
            (states,) = self._encoder.encode([block])
        if not isinstance(states, torch.Tensor):
            raise CardError(
                f"model '{card.id}': expected hidden states as a torch.Tensor, "
                f"the encoder returned {type(states).__name__}."
            )
        if states.ndim != 3 or states.shape[0] != card.layers or states.shape[2] != card.width:
            raise CardError(
                f"model '{card.id}': its card says [{card.layers}, frames, {card.width}], "
                f"the encoder returned {list(states.shape)}."
            )
        if not states.shape[1]:
            raise Refused(f"{card.id} returned no frame for {len(block) / card.rate:.3f} s")
        if not torch.isfinite(states).all():
            raise Refused(f"{card.id} returned NaN or infinity")
        return states
