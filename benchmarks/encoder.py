"""wav2vec2-base size, 60 clips of 1-15 s: this engine against transformers eager fp32 and s3prl."""

from __future__ import annotations

import hashlib
import multiprocessing
import resource
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from paralbench.encoders import compatibility, native
from paralbench.encoders.encoder import Encoder
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.placement import REFERENCE, Placement
from paralbench.encoders.weights import WeightsFile
from paralbench.features.extraction import extract
from paralbench.features.key import clip_key, feature_key
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.model_card import ModelCard
from paralbench.synthetic.voice import Delivery, speak, speaker

CLIPS, SHORTEST, LONGEST, RATE = 60, 1.0, 15.0, 16000
ROUNDS, COMPARED = 3, 3
FAST = (
    Placement("cpu", "bf16", "openvino"),
    Placement("cpu", "bf16", "torch"),
    Placement("cpu", "fp32", "openvino"),
)
"""The first that this machine has is measured; faster ones stand first."""


@dataclass(frozen=True)
class _Ready(LoadableEncoder):
    """Loaded before the clock starts, as the others are."""

    ready: Encoder | None = None

    def load(self) -> Encoder:
        assert self.ready is not None
        return self.ready


class _Ours:
    """The whole engine: decode, encode, pool, store."""

    def __init__(self, folder: Path, placement: Placement, kept: str) -> None:
        encoder = LoadableEncoder(_card(), folder, _weights(folder / "model"), placement)
        self._encoder = _Ready(
            encoder.card, encoder.folder, encoder.weights, placement, encoder.load()
        )
        self._store = FeatureStore(folder / kept, feature_key(self._encoder, FeatureSpec()))

    def hear(self, files: list[Path]) -> None:
        clips = {clip_key(str(file), Clip(file)): Clip(file) for file in files}
        extract(self._encoder, clips, self._store, quiet=True)

    def states(self, file: Path) -> NDArray[np.float32]:
        (found,) = self._encoder.load().encode([soundfile.read(file, dtype="float32")[0]])
        return found.numpy()


class _Eager:
    """What transformers' documentation shows, clip after clip, torch's default threads."""

    def __init__(self, folder: Path) -> None:
        compatibility.make_importable()
        from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2Model

        self._hear = Wav2Vec2FeatureExtractor.from_pretrained(folder / "model")
        self._model = Wav2Vec2Model.from_pretrained(folder / "model").eval()

    def hear(self, files: list[Path]) -> None:
        for file in files:
            torch.from_numpy(self.states(file)).mean(1)

    def states(self, file: Path) -> NDArray[np.float32]:
        audio, rate = soundfile.read(file, dtype="float32")
        inputs = self._hear(audio, sampling_rate=rate, return_tensors="pt")
        with torch.no_grad():
            told = self._model(**inputs, output_hidden_states=True).hidden_states
        return np.asarray(torch.cat(told).numpy())


class _S3prl(_Eager):
    """s3prl's own upstream of the same weights, clip after clip."""

    def __init__(self, folder: Path) -> None:
        toolkit = compatibility.s3prl()
        self._upstream = toolkit.S3PRLUpstream(
            "hf_wav2vec2_custom", path_or_url=str(folder / "model")
        ).eval()

    def states(self, file: Path) -> NDArray[np.float32]:
        audio = torch.from_numpy(soundfile.read(file, dtype="float32")[0])
        with torch.no_grad():
            told, _ = self._upstream(audio[None], torch.tensor([len(audio)]))
        return np.asarray(torch.cat(told).numpy())


def run() -> list[tuple[str, str]]:
    """Each in a process of its own, in turn, clips shared out over rounds; models loaded before."""
    fast = next((placement for placement in FAST if placement in native.placements("cpu")), None)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = _make(folder)
        contenders: dict[str, tuple[Any, ...]] = {
            "transformers eager fp32, batch 1": (_Eager, folder),
            "s3prl's upstream": (_S3prl, folder),
            "paralbench torch-fp32": (_Ours, folder, REFERENCE, "reference"),
        }
        if fast is not None:
            contenders[f"paralbench {fast.name}"] = (_Ours, folder, fast, "fast")
        with _Workers(contenders) as workers:
            spent: dict[str, list[float]] = {}
            for number in range(ROUNDS):
                for name in workers.names:
                    lap = workers.ask(name, "hear", files[number::ROUNDS])
                    spent.setdefault(name, []).append(lap)
            told = {
                name: [workers.ask(name, "states", file) for file in files[:COMPARED]]
                for name in workers.names
            }
            memory = {name: workers.ask(name, "memory", None) for name in workers.names}
            missing = workers.missing
        seconds = sum(soundfile.info(file).duration for file in files)
        macs = _macs(folder, files)
    return _rows(spent, told, memory, missing, seconds, macs, fast)


def _rows(
    spent: dict[str, list[float]],
    told: dict[str, list[NDArray[np.float32]]],
    memory: dict[str, float],
    missing: dict[str, str],
    seconds: float,
    macs: float,
    fast: Placement | None,
) -> list[tuple[str, str]]:
    eager = next(iter(spent))
    rows = []
    for name, rounds in spent.items():
        ratios = [theirs / ours for theirs, ours in zip(spent[eager], rounds, strict=True)]
        mean, least = _cosines(told[eager], told[name])
        rows.append(
            (
                name,
                f"{sum(rounds):.1f} s for {seconds:.0f} s of audio; "
                f"{sum(spent[eager]) / sum(rounds):.2f} times as fast as eager (median of rounds "
                f"{median(ratios):.2f}); frame cosine to it {mean:.6f} at the worst layer, least "
                f"{least:.5f}; at most {memory[name]:.2f} GiB",
            )
        )
    rows += [(name, f"not measured: {reason}") for name, reason in missing.items()]
    limits = {name: _limit(dtype) for name, dtype in _DTYPES.items()}
    for placement in [REFERENCE, *([fast] if fast else [])]:
        rate = 2 * macs / sum(spent[f"paralbench {placement.name}"])
        limit = limits[placement.precision]
        rows.append(
            (
                f"{placement.name}: share of the matrix-multiply limit",
                f"{rate / limit:.2f} ({rate / 1e9:.0f} of {limit / 1e9:.0f} GFLOP/s, {placement.precision}; "
                f"aim: 0.5)",
            )
        )
    rows.append(("aims, fast path / eager", "5 with bf16 instructions, cosine 0.9999; else 1.5"))
    return rows


class _Workers:
    """One process a contender; a contender whose package is not installed is told by name."""

    def __init__(self, contenders: dict[str, tuple[Any, ...]]) -> None:
        context = multiprocessing.get_context("spawn")
        self._ends: dict[str, Connection] = {}
        self._processes = []
        self.missing: dict[str, str] = {}
        for name, making in contenders.items():
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, *making), daemon=True)
            process.start()
            self._processes.append(process)
            self._ends[name] = ours
            reason = ours.recv()  # one after the other, so that loading disturbs nobody
            if reason is not None:
                del self._ends[name]
                self.missing[name] = reason
        self.names = list(self._ends)

    def ask(self, name: str, what: str, about: Any) -> Any:
        """Let one work while the others wait."""
        self._ends[name].send((what, about))
        return self._ends[name].recv()

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for end in self._ends.values():
            end.send(("stop", None))
        for process in self._processes:
            process.join()


def _work(end: Connection, kind: Any, folder: Path, *how: Any) -> None:
    compatibility.make_importable()
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        contender = kind(folder, *how)
    except ParalbenchError as error:
        end.send(str(error))
        return
    contender.hear([folder / "warm.wav"])
    end.send(None)
    while True:
        what, about = end.recv()
        if what == "stop":
            return
        if what == "hear":
            began = time.perf_counter()
            contender.hear(about)
            end.send(time.perf_counter() - began)
        elif what == "states":
            end.send(contender.states(about))
        else:
            end.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def _make(folder: Path) -> list[Path]:
    """The model with random weights, and the clips: seeded lengths, generated voices."""
    compatibility.make_importable()
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(0)
    Wav2Vec2Model(Wav2Vec2Config()).save_pretrained(folder / "model")
    Wav2Vec2FeatureExtractor().save_pretrained(folder / "model")
    rng = np.random.default_rng(0)
    files = []
    for number, seconds in enumerate([LONGEST, *rng.uniform(SHORTEST, LONGEST, CLIPS)]):
        voice = speak(speaker(rng, "female" if number % 2 else "male"), Delivery(), seconds, rng)
        files.append(folder / (f"{number:02d}.wav" if number else "warm.wav"))
        soundfile.write(files[-1], voice, RATE)
    return files[1:]


def _card() -> ModelCard:
    return ModelCard.model_validate(
        {
            "id": "base-size", "title": "wav2vec2-base size, random weights",
            "backend": "transformers", "rate": RATE, "layers": 13, "width": 768,
            "frame_rate": 50.0, "parameters": 94371712, "licence": "none",
            "citation": "Baevski et al.: wav2vec 2.0, NeurIPS 2020.",
            "weights": [{"kind": "folder", "path": "model"}],
        }
    )  # fmt: skip


def _weights(place: Path) -> WeightsFile:
    digest = hashlib.sha256((place / "model.safetensors").read_bytes()).hexdigest()
    return WeightsFile(place, "safetensors", digest, pinned=True)


def _macs(folder: Path, files: list[Path]) -> float:
    """Multiplications and additions of all clips, by torch's own counter; no number is computed."""
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    config = Wav2Vec2Config(attn_implementation="eager")  # plain products, which it counts
    with torch.device("meta"):
        model = Wav2Vec2Model(config).eval()
    total = 0
    for file in files:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(torch.empty(1, soundfile.info(file).frames, device="meta"))
        total += counter.get_total_flops()
    return total / 2


_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def _limit(dtype: torch.dtype, size: int = 2048, rounds: int = 20) -> float:
    """The best rate of torch's own product of two square matrices on all cores, in FLOP/s."""
    left, right = (torch.randn(size, size).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        left @ right
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def _cosines(
    expected: list[NDArray[np.float32]], found: list[NDArray[np.float32]]
) -> tuple[float, float]:
    """Mean over frames at the worst layer, and the least of all frames."""
    pairs = []
    for one, other in zip(expected, found, strict=True):
        frames = min(one.shape[1], other.shape[1])  # s3prl repeats the last one
        left, right = (torch.from_numpy(states[:, :frames]) for states in (one, other))
        pairs.append(torch.nn.functional.cosine_similarity(left, right, dim=-1))
    together = torch.cat(pairs, dim=1).double()
    return float(together.mean(1).min()), float(together.min())
