"""A thousand hours on paper: what a core, a node and the writing process each manage, as measured.

python -m benchmarks.thousand_hours [--model ID_OR_DIR ...] [--cores 64] [--minutes 2]

Clips of 50 s (16 kHz, 16 bits) are decoded, encoded on one core, and their pooled records appended to
a store. CPU seconds are counted, so that other work on the machine changes little. Whole nodes are
computed from that: nothing here was measured on more than one machine.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from paralbench.audio import decoding
from paralbench.catalog import from_environment
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.encoders.uncatalogued import described
from paralbench.features.clip_encoder import ClipEncoder
from paralbench.features.digests import digests
from paralbench.features.key import feature_key
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore, Record
from paralbench.features.threads import Threads
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.system.cluster import Cluster, Task
from paralbench.system.text_table import columns

MODELS = ("log-mel", "whisper-tiny.en")
RATE, CLIP = 16000, 50.0
HOURS = 1000.0
_RECORDS = 1000
"""Records that are received and appended, to know what one costs."""


@dataclass(frozen=True)
class Measured:
    """CPU seconds that an hour of audio takes in each place, and its bytes.

    Args:
        digest: to hash the files, on the machine that starts the run, before anything else.
        decode: to read and decode, on a worker.
        encode: to encode and pool, on a worker.
        append: to check and append the records, in the one process that writes.
        receive: to receive them from Ray there; NaN where Ray is not installed.
        read: bytes of audio read.
        stored: bytes of pooled records stored.
        frames: bytes that all frames of all layers would be.
    """

    digest: float
    decode: float
    encode: float
    append: float
    receive: float
    read: float
    stored: float
    frames: float


class _Clock:
    """CPU seconds of this process, all threads."""

    seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        began = time.process_time()
        yield
        self.seconds += time.process_time() - began


def measured(encoder: LoadableEncoder, minutes: float, scratch: Path) -> Measured:
    """One model on this machine."""
    spec, card = FeatureSpec(), encoder.card
    clips = _clips(minutes, scratch)
    hours = len(clips) * CLIP / 3600
    threads = Threads(ClipEncoder(encoder.load(), card, spec), card, 1, 0.0, 0)
    with threadpool_limits(1):
        list(threads.records(dict(list(clips.items())[:1])))  # what is imported or compiled once
        digest, decode, records, append = _Clock(), _Clock(), _Clock(), _Clock()
        with digest.running():
            digests(clip.path for clip in clips.values())
        with decode.running():
            for clip in clips.values():
                for _ in decoding.waveforms(clip, card.rate):
                    pass
        with records.running():
            made = dict(threads.records(clips))
    record = next(iter(made.values()))
    assert isinstance(record, Record)
    store = FeatureStore(scratch / "store", feature_key(encoder, spec))
    with append.running(), store.writer() as writer:
        for number in range(_RECORDS):
            writer.append(number.to_bytes(16, "little"), record)
    return Measured(
        digest.seconds / hours,
        decode.seconds / hours,
        max(records.seconds - decode.seconds, 0.0) / hours,
        append.seconds / _RECORDS / (CLIP / 3600),
        _received(np.asarray(record.values)) / (CLIP / 3600),
        sum(clip.path.stat().st_size for clip in clips.values()) / hours,
        spec.bytes(card, CLIP) / (CLIP / 3600),
        FeatureSpec("frames").bytes(card, CLIP) / (CLIP / 3600) if card.frame_rate else math.nan,
    )


def _clips(minutes: float, scratch: Path) -> dict[bytes, Clip]:
    rng = np.random.default_rng(0)
    clips = {}
    for number in range(max(2, round(minutes * 60 / CLIP))):
        file = scratch / f"{number}.wav"
        soundfile.write(file, rng.normal(0, 0.1, round(RATE * CLIP)), RATE, subtype="PCM_16")
        clips[number.to_bytes(16, "little")] = Clip(file)
    return clips


def _received(values: NDArray[np.floating]) -> float:
    """CPU seconds of this process for a record of this size from a Ray worker on this machine."""
    task = Task("records", _same, (values,), at_hand=2)
    bundles = _RECORDS // 4
    try:
        results = Cluster(1).map(task, range(bundles))
        next(results)  # the worker has started
        clock = _Clock()
        with clock.running():
            for _ in results:
                pass
    except ParalbenchError as error:  # without Ray the rest is still of use
        print(f"not measured through Ray: {error}")
        return math.nan
    return clock.seconds / (4 * (bundles - 1))


def _same(values: NDArray[np.floating]) -> Callable[[int], list[NDArray[np.floating]]]:
    return lambda number: [values + number for _ in range(4)]


def rows(name: str, cost: Measured, cores: int) -> list[tuple[str, str]]:
    """What follows for 1,000 hours."""
    worker = cost.decode + cost.encode
    a_node = 3600 / worker * cores
    writer = cost.append + (0.0 if math.isnan(cost.receive) else cost.receive)
    saturated = 3600 / writer / a_node
    disk = a_node * cost.read / 3600 / 1e6
    return [
        (f"{name}: one core, CPU s an hour of audio: decoding, encoding",
         f"{cost.decode:.1f}, {cost.encode:.1f}"),
        ("hours of audio an hour: one core, a node", f"{3600 / worker:,.0f}, {a_node:,.0f}"),
        ("1,000 hours: core hours, hours on one node, on eight",
         f"{HOURS * worker / 3600:.1f}, {HOURS / a_node:.2f}, {HOURS / a_node / 8:.3f}"),
        ("1,000 hours: bytes read, pooled records stored, frames of all layers in float32",
         f"{HOURS * cost.read / 1e9:.0f} GB, {HOURS * cost.stored / 1e9:.2f} GB, "
         f"{'-' if math.isnan(cost.frames) else f'{HOURS * cost.frames / 1e12:.2f} TB'}"),
        ("what a node at work reads of the shared disk", f"{disk:,.0f} MB/s"),
        ("the machine that starts, CPU minutes for the sha256 of 1,000 hours of files, before all else",
         f"{HOURS * cost.digest / 60:.1f}"),
        ("the process that writes, CPU s an hour of audio: receiving, appending",
         f"{cost.receive:.2f}, {cost.append:.2f}"),
        ("hours of audio an hour that it takes in", f"{3600 / writer:,.0f}"),
        ("nodes from which it, not the encoding, is the bottleneck", f"{saturated:,.1f}"),
    ]  # fmt: skip


def main() -> None:
    """Measure the models and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", nargs="+", default=MODELS)
    parser.add_argument("--cores", type=int, default=64, help="of a node on paper")
    parser.add_argument("--minutes", type=float, default=2.0, help="of audio that are encoded")
    args = parser.parse_args()
    catalog = from_environment([])
    for name in args.model:
        model = described(name) if name.startswith("dir:") else catalog.model(name)
        with tempfile.TemporaryDirectory() as scratch:
            cost = measured(loadable(model), args.minutes, Path(scratch))
        print(columns(("what", f"a node has {args.cores} cores"), rows(name, cost, args.cores)))
        print()


if __name__ == "__main__":
    main()
