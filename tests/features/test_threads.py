"""The local engine: what it stores does not depend on how it computes, nor its memory on what."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from paralbench.audio.meter import Meter
from paralbench.encoders.encoder import Waveform
from paralbench.features.clip_encoder import ClipEncoder
from paralbench.features.engine import Engine
from paralbench.features.extraction import extract
from paralbench.features.key import feature_key
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.features.threads import Threads
from paralbench.records.example import Clip
from tests.features.encoders import clips, encoder

FRAMES = "w.unfold(0, 400, 160)[:, :4].unsqueeze(0)"


class Recorder:
    """An encoder that remembers how many waveforms it was given, and how long they were."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self._lock = threading.Lock()

    def encode(self, waveforms: Sequence[Waveform]) -> list[torch.Tensor]:
        with self._lock:
            self.batches.append([len(waveform) for waveform in waveforms])
        return [
            torch.from_numpy(waveform).unfold(0, 400, 160)[:, :4].unsqueeze(0)
            for waveform in waveforms
        ]


@pytest.mark.parametrize(
    "spec", [FeatureSpec(), FeatureSpec("frames"), FeatureSpec("frames", rate=10.0)]
)
def test_every_way_to_compute_stores_the_same_bytes(tmp_path: Path, spec: FeatureSpec) -> None:
    """Short, long and refused clips; one by one, on threads, decoded ahead, in batches."""
    asked = clips(tmp_path, [0.1, 2.7, 0.02, 0.1, 5.2] + [0.1, 0.3] * 20)
    asked[b"m" * 16] = Clip(tmp_path / "missing.wav")
    chosen = encoder(tmp_path, FRAMES, overlap=0.03)
    result = set()
    for number, (threads, batch, decoders) in enumerate(
        [(1, 0.0, 0), (3, 0.0, 0), (2, 0.0, 3), (1, 2.0, 0), (2, 1.1, 2)]
    ):
        store = FeatureStore(tmp_path / f"{number}", feature_key(chosen, spec))
        listener = ClipEncoder(chosen.load(), chosen.card, spec, tmp_path)
        engine = Threads(listener, chosen.card, threads, batch, decoders)
        with store.writer() as writer:
            for key, record in engine.records(asked):
                if not isinstance(record, Exception):
                    writer.append(key, record)
        result.add(tuple((store.folder / f"{name}.bin").read_bytes() for name in ("data", "index")))
    assert len(result) == 1
    assert len(store.keys()) == len(asked) - 2


def test_batches_are_sorted_by_length_and_bounded_with_their_padding(tmp_path: Path) -> None:
    lengths = np.random.default_rng(0).uniform(0.06, 0.49, 60).round(3).tolist()
    chosen, recorder = encoder(tmp_path, FRAMES), Recorder()
    engine = Threads(ClipEncoder(recorder, chosen.card, FeatureSpec()), chosen.card, 1, 2.0, 0)
    assert len(list(engine.records(clips(tmp_path, lengths)))) == 60
    assert sum(map(len, recorder.batches)) == 60
    assert max(map(len, recorder.batches)) >= 4
    for batch in recorder.batches:
        assert len(batch) * max(batch) <= 2.0 * 16000
        assert batch == sorted(batch, reverse=True)
    padded = sum(len(batch) * max(batch) for batch in recorder.batches)
    assert padded < 1.15 * sum(map(sum, recorder.batches))


def test_on_a_cpu_clips_are_encoded_alone_the_longest_of_a_group_first(tmp_path: Path) -> None:
    chosen, recorder = encoder(tmp_path, FRAMES, window=30.0), Recorder()
    engine = Threads(ClipEncoder(recorder, chosen.card, FeatureSpec()), chosen.card, 1, 0.0, 0)
    asked = clips(tmp_path, [1.0, 0.4, 2.0, 0.1, 0.2, 0.7, 1.5])
    order = [key for key, _ in engine.records(asked)]
    assert order == list(asked), "records come in the order of the plan"
    assert all(len(batch) == 1 for batch in recorder.batches)
    groups = [[32000, 16000, 6400], [24000, 11200, 3200, 1600]]
    assert [length for (length,) in recorder.batches] == groups[0] + groups[1]


def test_what_is_in_flight_is_bounded_in_seconds(tmp_path: Path) -> None:
    """Nothing is decoded that is more than two groups, of a window a thread each, ahead."""
    chosen = encoder(tmp_path, FRAMES, window=1.0)
    listener = ClipEncoder(chosen.load(), chosen.card, FeatureSpec())
    ahead, most = 0.0, 0.0
    pieces = listener.pieces

    def counted(clip: Clip, meter: Meter) -> Iterator[object]:
        nonlocal ahead, most
        for piece in pieces(clip, meter):
            ahead += len(piece.samples) / 16000
            most = max(most, ahead)
            yield piece

    listener.pieces = counted  # type: ignore[method-assign,assignment]
    asked = clips(tmp_path, [0.3] * 60)
    for _ in Threads(listener, chosen.card, 2, 0.0, 0).records(asked):
        ahead -= 0.3
    assert 2.0 < most <= 2 * (2.0 + 0.3)


def test_engine_defaults_follow_the_device() -> None:
    assert Engine(workers=5).threads("cpu") == 5
    assert Engine().threads("cuda") == 1
    assert Engine().together("cpu") == 0
    assert Engine().together("cuda") > 0
    assert Engine(batch=0.0).together("cuda") == 0


def test_an_error_ends_the_threads(tmp_path: Path) -> None:
    chosen = encoder(tmp_path, "1 / 0")
    store = FeatureStore(tmp_path / "store", feature_key(chosen, FeatureSpec()))
    before = threading.active_count()
    with pytest.raises(Exception, match="ZeroDivisionError"):
        extract(chosen, clips(tmp_path, [0.2] * 9), store, engine=Engine(workers=3), quiet=True)
    assert threading.active_count() == before


HOURS = """
import resource, sys
from pathlib import Path
import numpy as np, soundfile
from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.features.engine import Engine
from paralbench.features.extraction import extract
from paralbench.features.key import feature_key
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.records.example import Clip

root = Path(sys.argv[1])
chosen = loadable(Catalog().model("log-mel"))
card = chosen.card.model_copy(update={"rate": 4000, "width": 24, "frame_rate": 25.0})
chosen = LoadableEncoder(card, chosen.folder, chosen.weights)

def peak(hours):
    file = root / f"{hours}.wav"
    with soundfile.SoundFile(file, "w", 4000, 1, subtype="PCM_U8") as out:
        block = (np.random.default_rng(0).normal(size=4000 * 60) * 0.1).astype(np.float32)
        for _ in range(round(hours * 60)):
            out.write(block)
    for kind in ("pooled", "frames"):
        store = FeatureStore(root / "cache", feature_key(chosen, FeatureSpec(kind)))
        clips = {bytes([int(hours * 10)]) * 16: Clip(file)}
        assert extract(chosen, clips, store, quiet=True, engine=Engine(workers=2)).made == 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

short = peak(0.5)
print(short, peak(10))
"""


@pytest.mark.slow
def test_ten_hours_take_the_memory_of_half_an_hour(tmp_path: Path) -> None:
    """One file of 10 h, pooled and as frames: 576 MB as float32, and 86 MB of frames."""
    process = subprocess.run(
        [sys.executable, "-c", HOURS, str(tmp_path)], check=True, capture_output=True
    )
    short, long = map(float, process.stdout.split())
    assert long - short < 60
