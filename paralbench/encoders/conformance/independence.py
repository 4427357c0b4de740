"""Checks that an output does not depend on the batch, on repetition, on threads or on the process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch

from paralbench.encoders.conformance.subject import (
    TOLERANCE,
    Failure,
    NotApplicable,
    Subject,
    difference,
)


def batch(subject: Subject) -> float:
    """The output is the same in a batch of waveforms of equal length, in any order."""
    target, second, third = (subject.speech(subject.length(1.0), seed) for seed in (1, 2, 3))
    (alone,) = subject.encode(target)
    first = subject.encode(target, second, third)[0]
    last = subject.encode(third, second, target)[2]
    return _same(
        max(difference(alone, first), difference(alone, last)),
        "beside other waveforms of its length",
        advice="Normalise each waveform by itself, not the batch.",
    )


def padding(subject: Subject) -> float:
    """The output is the same beside a longer waveform, to which a model may pad."""
    short, long = subject.length(0.6), subject.length(2.5)
    if short == long:
        raise NotApplicable(f"The policy allows no clips but those of {long:g} s.")
    target, longer = subject.speech(short, 1), subject.speech(long, 2)
    (alone,) = subject.encode(target)
    worst = max(
        difference(alone, subject.encode(target, longer)[0]),
        difference(alone, subject.encode(longer, target)[1]),
    )
    return _same(
        worst,
        f"beside a waveform of {long:g} s in the same call, which is what padding does",
        advice="Cut off the frames of the padding and mask it in attention and normalisation, or "
        "encode each waveform alone.",
    )


def repetition(subject: Subject) -> float:
    """Encoding a second time gives exactly the same output."""
    waveform = subject.reference()
    (second,) = subject.encode(waveform)
    return _same(
        difference(subject.states, second),
        "when encoded again",
        0.0,
        advice="Dropout may be on (call eval()), or something random is added.",
    )


def threads(subject: Subject) -> float:
    """The output is the same in several threads at once, as in extraction."""
    clips = [
        subject.speech(subject.length(seconds), seed)
        for seed, seconds in enumerate((1.0, 0.5, 2.0))
    ]
    alone = [subject.encode(clip)[0] for clip in clips]
    with ThreadPoolExecutor(len(clips), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        parallel = list(pool.map(lambda clip: subject.encode(clip)[0], clips * 3))
    return _same(max(map(difference, alone * 3, parallel)), "in parallel threads")


def fresh_process(subject: Subject) -> float:
    """The output is the same in another process that loads the encoder anew."""
    if subject.again is None:
        raise NotApplicable(
            "An encoder in memory cannot be loaded in another process; 'paralbench check' can."
        )
    return _same(
        difference(subject.states, torch.from_numpy(subject.again())), "in a fresh process"
    )


def _same(worst: float, where: str, tolerance: float = TOLERANCE, advice: str = "") -> float:
    if worst > tolerance:
        amount = (
            "in the number of frames, or by NaN"
            if worst == float("inf")
            else f"by {worst:.2g} standard deviations, at most {tolerance:g} is allowed"
        )
        raise Failure(
            f"The output for the same waveform differs {where}: {amount}. {advice}".strip(),
            None if worst == float("inf") else worst,
        )
    return worst
