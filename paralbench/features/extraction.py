"""Fills the store: decode, encode and pool each missing clip once, in order, and keep it at once.

Clips are encoded one by one at their own length, several threads beside each other with one core
each. On a CPU that is faster than batches, since nothing is padded, and a clip's features cannot
depend on its neighbours. Records are appended in the order of the plan, so a run that was killed
and started again leaves the same file, byte for byte, as one that was not.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
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
        kept = store.index()
        missing = {key: clip for key, clip in clips.items() if key not in kept or key in renew}
        if not missing:
            return Extraction(0, {})
        engine = _Engine(encoder.load(), encoder.card, store.space.product)
        threads = workers or (1 if encoder.device != "cpu" else os.cpu_count() or 1)
        title = f"extracting {encoder.card.id}"
        with Progress(title, len(missing), "clips", quiet) as progress:
            return _run(engine, missing, writer, threads, progress)


def _all_there(store: FeatureStore, clips: Mapping[bytes, Clip], renew: Sequence[bytes]) -> bool:
    return not renew and clips.keys() <= store.index().keys()


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
        if not heard:
            raise Refused(
                f"too short: {asked / card.rate:.3f} s, {card.id} needs {policy.shortest:g} s"
            )
        values: Any = np.concatenate(frames, axis=1) if frames else moments.pooled()
        values = values.astype(self._product.dtype, copy=False)
        return Record(values, moments.frames, asked / card.rate, heard / card.rate)

    def _encode(self, block: decoding.Waveform) -> torch.Tensor:
        card = self._card
        with torch.inference_mode():
            (states,) = self._encoder.encode([block])
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
