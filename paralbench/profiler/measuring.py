"""The measuring process: all entries loaded, and measured in turn at each clip length."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import torch

from paralbench.audio.pieces import Piece
from paralbench.heads.deployable import Deployable
from paralbench.profiler import energy, noise, schedule
from paralbench.profiler.clips import COMPARED
from paralbench.profiler.machine import THREADS
from paralbench.profiler.macs import Count, encoder_macs, sizes, total
from paralbench.profiler.size import encoder_size
from paralbench.profiler.subject import Loaded, Subject
from paralbench.profiler.throughput import throughput
from paralbench.records.profile import Noise, Throughput

_WARM_PASSES, _WARM_SECONDS = 2, 0.3
_MARGIN = 1.5
_SHARE = 0.5
"""A length may take this share of the seconds that are left, and the references leave at least this
share of them to the entry's longer clips."""
_COUNTING = 1.5
"""A pass whose operations are counted takes so many times the seconds of another."""
_THROUGHPUT = 0.05
"""Share of the budget that each way of measuring throughput may take, of two."""


@dataclass(frozen=True)
class Job:
    """What to measure; it is sent to the process.

    Args:
        subjects: entries by name; ``first`` is the one whose profile it is.
        files: a clip of each length.
        estimates: seconds of a pass, by name and length; other lengths are not measured. Of the
            first one length at least is.
        budget: seconds, for what takes a share of it.
        deadline: seconds since the epoch at which the budget is spent; what the entry and its
            references took before, and loading them, is in it.
    """

    subjects: Mapping[str, Subject]
    first: str
    files: Mapping[float, Path]
    estimates: Mapping[str, Mapping[float, float]]
    budget: float
    deadline: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One pass: seconds on the clock of each part, of computing in all of them, and joules."""

    encoder: float
    trained: float
    deployed: float
    entry: float
    wall: float
    busy: float
    joules: float | None


@dataclass
class Measured:
    """Measurements of one entry; ``turns`` by clip length, samples turn by turn."""

    frozen: int
    trained: int
    deployed: int
    encoder_size: int
    trained_size: int
    deployed_size: int
    turns: dict[float, list[list[Sample]]] = field(default_factory=dict)
    head_macs: dict[float, tuple[int | None, int | None]] = field(default_factory=dict)
    count: Count = field(default_factory=lambda: Count(None))
    left_out: dict[float, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurements:
    """All measurements of the process."""

    entries: dict[str, Measured]
    noise: Noise
    energy: str
    throughput: Throughput


def measure(job: Job) -> Measurements:
    """Measure latency, throughput, energy and MACs; to be called in a fresh process."""
    torch.set_num_threads(THREADS)
    before, load = noise.Ticks.now(), noise.load()
    with tempfile.TemporaryDirectory() as scratch, torch.inference_mode():
        return _Measuring(job, Path(scratch)).run(before, load)


def order(lengths: Iterable[float]) -> list[float]:
    """The length of comparison first, then the others, the shortest first."""
    return sorted(lengths, key=lambda seconds: (seconds != COMPARED, seconds))


class _Measuring:
    def __init__(self, job: Job, scratch: Path) -> None:
        self._job = job
        self._loaded = {name: Loaded(subject, scratch) for name, subject in job.subjects.items()}
        self._meters = {
            name: energy.meter(subject.device) for name, subject in job.subjects.items()
        }
        self._calibration = noise.Calibration()
        self._entries = {name: self._still(name) for name in job.subjects}

    def run(self, before: noise.Ticks | None, load: float | None) -> Measurements:
        job = self._job
        for _ in range(3):
            self._calibration.take()
        self._calibration.samples.clear()
        lengths = order(job.estimates[job.first])
        for place, seconds in enumerate(lengths):
            self._calibration.take()
            self._length(seconds, lengths[place + 1 :], must=place == 0)
        throughput = self._throughput(job.budget)
        self._calibration.take()
        for name, subject in job.subjects.items():
            self._entries[name].count = self._count(name, subject)
        samples = [
            sample
            for entry, subject in zip(self._entries.values(), job.subjects.values(), strict=True)
            if subject.device == "cpu"
            for turns in entry.turns.values()
            for turn in turns
            for sample in turn
        ]
        verdict = noise.judged(
            self._calibration.samples,
            sum(sample.wall for sample in samples),
            sum(sample.busy for sample in samples),
            *noise.shares(before, noise.Ticks.now()),
            load,
        )
        return Measurements(self._entries, verdict, self._meters[job.first].description, throughput)

    def _still(self, name: str) -> Measured:
        """What needs no clock."""
        subject, forms = self._job.subjects[name], self._loaded[name].forms
        return Measured(
            # As the cards say, which their conformance check compares with the weights.
            frozen=sum(encoder.card.parameters for encoder in subject.encoders),
            trained=forms.trained.parameters,
            deployed=forms.deployed.parameters,
            encoder_size=sum(map(encoder_size, subject.encoders)),
            trained_size=forms.trained.size,
            deployed_size=forms.deployed.size,
        )

    def _left(self) -> float:
        """Seconds until the deadline, less those that throughput and counting still need."""
        counted = sum(
            median(sample.wall for turn in turns for sample in turn)
            for entry in self._entries.values()
            for turns in entry.turns.values()
        )
        after = _COUNTING * counted + 2 * _THROUGHPUT * self._job.budget
        return self._job.deadline - time.time() - after

    def _length(self, seconds: float, longer: Sequence[float], must: bool) -> None:
        """Warm up and measure the entries that the budget affords at this length.

        Args:
            seconds: of the clip.
            longer: the lengths that follow.
            must: measure all entries, even past the deadline.
        """
        job, left = self._job, self._left()
        estimates = {
            name: self._estimate(name, seconds)
            for name, of in job.estimates.items()
            if seconds in of
        }
        longest = sum(schedule.least(self._estimate(job.first, length)) for length in longer)
        reserved = min(longest, _SHARE * left)
        affordable = schedule.affordable(estimates, left, reserved, job.first)
        chosen = list(estimates) if must else affordable
        for name in estimates.keys() - set(chosen):
            self._entries[name].left_out[seconds] = "budget"
        if not chosen:
            return
        passes: dict[str, Callable[[], Sample]] = {}
        for name in sorted(chosen, key=list(job.subjects).index):
            pieces = [list(of) for of in self._loaded[name].pieces(job.files[seconds])]
            passes[name] = self._pass(name, pieces)
            self._warm(name, seconds, pieces, passes[name])
        slot = max(0.0, _SHARE * left)
        turns = schedule.interleaved(passes, slot, self._calibration.take)
        for name, samples in turns.items():
            self._entries[name].turns[seconds] = samples

    def _estimate(self, name: str, seconds: float) -> float:
        """Seconds of a pass: as memory was measured, or less where other lengths took less."""
        guess = self._job.estimates[name][seconds]
        for length, turns in self._entries[name].turns.items():
            typical = median(sample.wall for turn in turns for sample in turn)
            guess = min(guess, _MARGIN * typical * max(1.0, seconds / length))
        return guess

    def _warm(
        self, name: str, seconds: float, pieces: list[list[Piece]], measure: Callable[[], Sample]
    ) -> None:
        """Passes that do not count, and the head's operations counted on the way."""
        loaded = self._loaded[name]
        forms = loaded.forms
        inputs = forms.deployed.prepare(loaded.encode(pieces))
        self._entries[name].head_macs[seconds] = (
            forms.trained.macs(inputs),
            forms.deployed.macs(inputs),
        )
        began, passes = time.perf_counter(), 1
        if self._entries[name].turns:  # it is warm; only this length's buffers are new
            return
        while passes < _WARM_PASSES or time.perf_counter() - began < _WARM_SECONDS:
            measure()
            passes += 1

    def _pass(self, name: str, pieces: list[list[Piece]]) -> Callable[[], Sample]:
        loaded, meter = self._loaded[name], self._meters[name]
        forms, gpu = loaded.forms, self._job.subjects[name].device != "cpu"

        def done(form: Deployable, inputs: Any) -> float:
            outputs = form.forward(inputs)
            if gpu:
                outputs.cpu()  # waits for it
            return time.perf_counter()

        def sample() -> Sample:
            joules = meter.joules()
            busy, began = time.process_time(), time.perf_counter()
            records = loaded.encode(pieces)
            encoded = time.perf_counter()
            inputs = forms.deployed.prepare(records)
            ready = time.perf_counter()
            answered = done(forms.deployed, inputs)
            spent = meter.joules()
            again = time.perf_counter()
            ended = done(forms.trained, inputs) if forms.folds else again + answered - ready
            now, busy = time.perf_counter(), time.process_time() - busy
            return Sample(
                encoder=encoded - began,
                trained=ended - again,
                deployed=answered - ready,
                entry=answered - began,
                wall=now - began,
                busy=busy,
                joules=None if spent is None or joules is None else spent - joules,
            )

        return sample

    def _throughput(self, budget: float) -> Throughput:
        """Of the entry, on the clip of comparison or the shortest that was measured."""
        first = self._job.first
        seconds = order(self._entries[first].turns)[0]
        loaded = self._loaded[first]
        pieces = [list(of) for of in loaded.pieces(self._job.files[seconds])]

        def encode_and_predict() -> None:
            deployed = loaded.forms.deployed
            deployed.forward(deployed.prepare(loaded.encode(pieces)))

        return throughput(
            encode_and_predict,
            lambda clips: loaded.together(pieces, clips),
            seconds,
            self._job.subjects[first].device,
            patience=min(1.0, _THROUGHPUT * budget),
        )

    def _count(self, name: str, subject: Subject) -> Count:
        """Operations of the encoders at every length that was measured."""
        loaded, lengths = self._loaded[name], self._entries[name].turns
        pieces = {
            seconds: [list(of) for of in loaded.pieces(self._job.files[seconds])]
            for seconds in lengths
        }
        return total(
            [
                encoder_macs(
                    encoder,
                    ready,
                    {seconds: sizes(encoder, of[place]) for seconds, of in pieces.items()},
                )
                for place, (encoder, ready) in enumerate(
                    zip(subject.encoders, loaded.encoders, strict=True)
                )
            ]
        )
