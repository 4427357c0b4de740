"""Checks of what the card declares: layers, width, dtype, frame rate."""

from __future__ import annotations

import torch

from paralbench.encoders.conformance.subject import Failure, NotApplicable, Subject

_SLACK = 2
"""Frames that a model may lose or gain at a clip's ends."""


def layers(subject: Subject) -> float:
    """The number of hidden states is as declared."""
    return _axis(subject, 0, "layers", subject.card.layers)


def width(subject: Subject) -> float:
    """The width of each hidden state is as declared."""
    return _axis(subject, 2, "width", subject.card.width)


def dtype(subject: Subject) -> None:
    """The hidden states are float32, whatever they were computed in."""
    states = subject.states
    if states.dtype != torch.float32:
        raise Failure(f"The hidden states are {states.dtype}, expected torch.float32.")


def frame_rate(subject: Subject) -> float:
    """The number of frames grows with the clip as the card declares, or not at all."""
    card = subject.card
    long = subject.length(4.0)
    short = subject.length(long / 4)
    if long - short < 0.1:
        raise NotApplicable(f"The policy allows no clips but those of {long:g} s.")
    few, many = (subject.encode(subject.speech(seconds))[0].shape[1] for seconds in (short, long))
    if card.frame_rate is None or (card.policy.padding == "window" and few == many):
        if few != many:
            raise Failure(
                f"No frame rate is declared, and {short:g} s gave {few} frames, {long:g} s {many}.",
                many - few,
            )
        return float(few)
    measured = (many - few) / (long - short)
    if abs(measured - card.frame_rate) * (long - short) > _SLACK:
        raise Failure(
            f"{measured:.2f} frames a second, the card declares {card.frame_rate:g} at a rate of "
            f"{card.rate} Hz: {few} frames for {short:g} s, {many} for {long:g} s. Correct "
            f"frame_rate or rate, or the order [layers, frames, width].",
            measured,
        )
    expected = long * card.frame_rate
    if abs(many - expected) > max(_SLACK + 1, 0.05 * expected):
        raise Failure(
            f"Expected {expected:.0f} frames for {long:g} s, at {card.frame_rate:g} a second; got {many}.",
            many,
        )
    return float(measured)


def _axis(subject: Subject, axis: int, name: str, declared: int) -> float:
    states = subject.states
    if states.shape[axis] != declared:
        raise Failure(
            f"{name} is {states.shape[axis]}, the card declares {declared}; encode() returned "
            f"{list(states.shape)} as [layers, frames, width].",
            states.shape[axis],
        )
    return float(declared)
