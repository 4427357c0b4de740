"""Heads: HAFFormer against attention as recordings grow, and how fast heads are trained."""

from __future__ import annotations

import multiprocessing
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.probe import corpus, splits
from paralbench.heads import head, names, settings
from paralbench.heads.head import FrameStream, PooledStream, Problem, Split, Stream, Workplace
from paralbench.heads.training.counting import macs
from paralbench.heads.training.frames import Frames, Shape, StreamShape
from paralbench.heads.training.network_head import NetworkHead

WIDTH, RATE, PUBLISHED_FRAMES = 1024, 50.0, 3200
MINUTES = {"haffformer": (1, 4, 15, 30, 60), "transformer": (1, 2, 4, 8)}
INTERVIEWS, TURNS, HALF_HOUR = 8, 150, 1800.0
INTERVIEWED = ("haffformer", "lstm", "attentive-statistics")
UTTERANCES, SECONDS, TRAINED = 128, 4.5, ("transformer", "conformer", "haffformer")
CLIPS, TEN, FITS = 400, 10, 2
"""Two of the ten fits are made."""


def run() -> list[tuple[str, str]]:
    """Growth is measured in a process for each length; training in this one, a thread a fit."""
    return [
        *_against_attention(), *_growth(), *_pooled(), *_training(), *_interviews(), *fits()
    ]  # fmt: skip


def _against_attention() -> list[tuple[str, str]]:
    ours = _macs("haffformer", PUBLISHED_FRAMES)
    rows = []
    for width in (8, 128):
        theirs = _macs(
            "transformer", PUBLISHED_FRAMES, blocks=6, width=width, heads=4, inner=2 * width
        )
        rows.append(
            (
                f"MACs, Transformer of 6 blocks of width {width} / HAFFormer of 6",
                f"{theirs / ours:.1f} (aim: 20) at {PUBLISHED_FRAMES} frames of {WIDTH}: "
                f"{theirs / 1e6:.0f} M and {ours / 1e6:.1f} M",
            )
        )
    return rows


def _macs(name: str, frames: int, **values: Any) -> float:
    return macs(_network(name, **values), [_frames(frames, 10.0)])


def _network(name: str, width: int = 0, **values: Any) -> nn.Module:
    if width:
        values["width"] = width
    torch.manual_seed(0)
    shape = Shape((StreamShape(WIDTH, RATE),), 2, series=False)
    return cast(NetworkHead, head(name)).build(shape, settings(name, values)).eval()


def _frames(frames: int, utterance: float) -> Frames:
    values = torch.randn(1, frames, WIDTH, generator=torch.Generator().manual_seed(0))
    clip = (torch.arange(frames) / (utterance * RATE)).long()[None]
    return Frames(values, torch.ones(1, frames, dtype=torch.bool), clip, RATE)


def _growth() -> list[tuple[str, str]]:
    """Fitted exponents of time and of memory beyond the input's own, by length."""
    context = multiprocessing.get_context("spawn")
    rows = []
    for name, minutes in MINUTES.items():
        with context.Pool(1, maxtasksperchild=1) as pool:
            measured = [pool.apply(_one_length, (name, length)) for length in minutes]
        seconds, mebibytes = zip(*measured, strict=True)
        words = ", ".join(
            f"{length} min {spent:.2f} s {size:.0f} MiB"
            for length, (spent, size) in zip(minutes, measured, strict=True)
        )
        aim = " (aim: below 1.1)" if name == "haffformer" else ""
        rows.append(
            (
                f"{name}, {minutes[0]} to {minutes[-1]} minutes",
                f"time grows with exponent {_exponent(minutes, seconds):.2f}, memory with "
                f"{_exponent(minutes, mebibytes):.2f}{aim}: {words}",
            )
        )
    return rows


def _one_length(name: str, minutes: int) -> tuple[float, float]:
    """Least seconds of five passes, and MiB at the peak of a pass beyond what stood before it."""
    network = _network(
        name, **({} if name == "haffformer" else {"blocks": 6, "width": 8, "inner": 16})
    )
    with torch.inference_mode():
        network([_frames(500, 10.0)])
        frames = _frames(round(minutes * 60 * RATE), 10.0)
        Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
        before = _status("VmRSS")
        seconds = min(_timed(lambda: network([frames])) for _ in range(5))
    return seconds, max(_status("VmHWM") - before, 1) / 1024


def _status(name: str) -> int:
    """A figure of this process, in KiB."""
    measured = re.search(rf"{name}:\s*(\d+)", Path("/proc/self/status").read_text())
    assert measured is not None
    return int(measured[1])


def _exponent(lengths: Sequence[int], costs: Sequence[float]) -> float:
    return float(np.polyfit(np.log(lengths), np.log(costs), 1)[0])


def _pooled() -> list[tuple[str, str]]:
    """Pooled heads on IEMOCAP's size, 5 folds x 5 seeds."""
    features, targets, sessions = corpus()
    problem = Problem("class", targets.astype(float), 4)
    stream, rows = PooledStream("bench", features), []
    for name in ("linear-probe", "mlp"):
        seconds = _fitted(name, stream, problem, splits(sessions), settings(name, {}))
        rows.append(
            (
                f"{name}, 5 folds x 5 seeds on {len(targets)} x 13 x 2 x 768",
                f"{seconds:.0f} s (aim: 60)",
            )
        )
    return rows


def _fitted(
    name: str, stream: Stream, problem: Problem, cuts: Sequence[Split], chosen: Any
) -> float:
    """Seconds of fitting a head on all splits."""
    began = time.perf_counter()
    head(name).fit([stream], problem, cuts, chosen, Workplace())
    return time.perf_counter() - began


def _training() -> list[tuple[str, str]]:
    """Utterances a second and the share of the limit of one core, on which a fit runs."""
    limit = _limit()
    rng = np.random.default_rng(0)
    frames = [rng.standard_normal((1, round(SECONDS * RATE), WIDTH)).astype(np.float16)
              for _ in range(UTTERANCES)]  # fmt: skip
    stream = FrameStream("bench", [[one] for one in frames], 1, WIDTH, RATE)
    targets = rng.integers(0, 4, UTTERANCES).astype(float)
    nobody: NDArray[np.int64] = np.zeros(0, np.int64)
    everybody = np.arange(UTTERANCES)
    split = Split(0, 0, everybody, nobody, everybody[:1])
    rows = []
    for name in TRAINED:
        chosen = settings(name, {"layers": "last", "batch": 16})
        problem = Problem("class", targets, 4)
        once, thrice = (
            _fitted(
                name,
                stream,
                problem,
                [split],
                chosen.model_copy(update={"epochs_blind": epochs, "inner_folds": 0}),
            )
            for epochs in (1, 3)
        )
        an_epoch = (thrice - once) / 2
        work = 3 * 2 * _macs(name, round(SECONDS * RATE)) * UTTERANCES
        rows.append(
            (
                f"{name}, training on {SECONDS:g} s x {WIDTH}",
                f"{UTTERANCES / an_epoch:.0f} utterances a second on one core, "
                f"{work / an_epoch / limit:.2f} of its matrix-multiply limit ({limit / 1e9:.0f} GFLOP/s, fp32)",
            )
        )
    return rows


def _interviews() -> list[tuple[str, str]]:
    """Memory of one epoch on interviews of half an hour, each head in a process."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        return [
            (
                f"{name}, {INTERVIEWS} interviews of {HALF_HOUR / 60:g} min in {TURNS} turns",
                f"{pool.apply(_peak, (name,)):.1f} GB at the peak (aim: 8)",
            )
            for name in INTERVIEWED
        ]


def _peak(name: str) -> float:
    """GB of this process while a head trains; the interviews share their frames."""
    once = {"epochs": 1, "epochs_blind": 1, "inner_folds": 0, "layers": "last"}
    chosen = settings(name, once)
    rate = chosen.frame_rate or RATE
    values = np.random.default_rng(0).standard_normal((1, int(HALF_HOUR * rate), 384), np.float32)
    turns = np.array_split(values.astype(np.float16), TURNS, axis=1)
    stream = FrameStream("bench", [turns] * INTERVIEWS, 1, 384, rate)
    problem = Problem("class", (np.arange(INTERVIEWS) % 2).astype(float), 2)
    rows = np.arange(INTERVIEWS)
    split = Split(0, 0, rows[2:], rows[:0], rows[:2])
    head(name).fit([stream], problem, [split], chosen, Workplace(workers=1))
    return _status("VmHWM") / 1e6


def fits() -> list[tuple[str, str]]:
    """Every head on clips of a second, three classes of ten speakers; its control is not trained."""
    random = np.random.default_rng(0)
    targets = random.integers(3, size=CLIPS)
    problem = Problem("class", targets.astype(float), 3, groups=np.arange(CLIPS) % 10)
    place = np.arange(CLIPS) // 10 % 5
    cuts = [
        Split(fold, 0, *(np.flatnonzero(part) for part in (
            (place != fold) & (place != (fold + 1) % 5), place == (fold + 1) % 5, place == fold)))
        for fold in range(FITS)
    ]  # fmt: skip
    rows = []
    for name in names():
        chosen, trained = settings(name, {}), head(name).without_control()
        frames = trained.spec(chosen).kind == "frames"
        several = trained.streams == "many"
        streams = [
            _stream(random, targets, width, layers, 10.0 if several else RATE, frames)
            for width, layers in ([(384, 5), (80, 1), (88, 1)] if several else [(384, 5)])
        ]
        began = time.process_time()
        fitted = trained.fit(streams, problem, cuts, chosen, Workplace(workers=1, quiet=True))
        seconds = (time.process_time() - began) * TEN / FITS
        last = fitted.fitted[-1].chosen.get("epoch")
        rows.append(
            (
                f"{name}, {TEN} fits on {CLIPS} clips of a second",
                f"{seconds:.0f} processor seconds (aim: 120, a minute of two cores), from {FITS} fits"
                + (f" of {last} epochs" if last else ""),
            )
        )
        print(*rows[-1], file=sys.stderr, flush=True)
    return rows


def _stream(
    random: np.random.Generator,
    targets: NDArray[np.int64],
    width: int,
    layers: int,
    rate: float,
    frames: bool,
) -> Stream:
    """Noise with a little of the class in every frame."""
    means = 0.15 * random.standard_normal((3, layers, 1, width))
    clips = [
        (means[kind] + random.standard_normal((layers, int(rate), width))).astype(np.float16)
        for kind in targets
    ]
    if frames:
        return FrameStream("bench", [[clip] for clip in clips], layers, width, rate)
    pooled = [np.stack([clip.mean(1), clip.std(1)], 1) for clip in clips]
    return PooledStream("bench", np.stack(pooled).astype(np.float32))


def _limit(size: int = 1024) -> float:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        one, two = torch.randn(size, size), torch.randn(size, size)
        best = min(_timed(lambda: one @ two) for _ in range(20))
    finally:
        torch.set_num_threads(before)
    return 2 * size**3 / best


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
