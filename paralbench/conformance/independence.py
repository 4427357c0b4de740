"""Checks that a clip's hidden states are its own: whoever it comes with, whenever, however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch

from paralbench.conformance.subject import Flaw, Subject, apart

TOLERANCE = 1e-4
_SAME = 1e-6


def _clips(subject: Subject) -> tuple[list[float], list[torch.Tensor]]:
    window = subject.card.policy.window
    lengths = [min(window, seconds) for seconds in (2.0, 0.7, 3.3)]
    lengths = [max(seconds, subject.card.policy.shortest) for seconds in lengths]
    return lengths, [subject.one(subject.audio(s, seed)) for seed, s in enumerate(lengths)]


def alone_or_together(subject: Subject) -> float | None:
    """A clip in a batch, in any order, beside longer and shorter ones, is what it is alone."""
    lengths, alone = _clips(subject)
    worst = 0.0
    for order in ([0, 1, 2], [2, 0, 1], [1, 1, 0]):
        together = subject.encode([subject.audio(lengths[place], place) for place in order])
        for place, states in zip(order, together, strict=True):
            if states.shape != alone[place].shape:
                raise Flaw(
                    f"a clip of {lengths[place]:g} s is {list(alone[place].shape)} alone and "
                    f"{list(states.shape)} in a batch: padding is handed out"
                )
            worst = max(worst, apart(alone[place], states))
    if worst > TOLERANCE:
        raise Flaw(
            f"a clip in a batch differs from the same clip alone by {worst:.1e} of its largest value "
            f"(allowed: {TOLERANCE:.0e})",
            worst,
        )
    return worst


def deterministic(subject: Subject) -> float | None:
    """The same audio twice gives the same numbers."""
    audio = subject.audio(min(2.0, subject.card.policy.window))
    worst = apart(subject.one(audio), subject.one(audio))
    if worst > _SAME:
        raise Flaw(f"the same clip twice differs by {worst:.1e} of its largest value", worst)
    return worst


def threads(subject: Subject) -> float | None:
    """Several clips encoded at once, each in a thread of its own, are what they are alone."""
    lengths, alone = _clips(subject)
    audio = [subject.audio(seconds, seed) for seed, seconds in enumerate(lengths)]
    with ThreadPoolExecutor(3, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        found = list(pool.map(subject.one, audio * 2))
    worst = max(apart(one, other) for one, other in zip(alone * 2, found, strict=True))
    if worst > TOLERANCE:
        raise Flaw(
            f"clips encoded in threads beside each other differ from the same alone by {worst:.1e}; "
            "the engine encodes so",
            worst,
        )
    return worst


def modes(subject: Subject) -> float | None:
    """Modules are in eval mode, and no gradient hangs on what comes out."""
    states = subject.one(subject.audio(min(1.0, subject.card.policy.window)))
    if states.requires_grad:
        raise Flaw("hidden states carry a gradient; encode under torch.inference_mode()")
    training = [
        type(m).__name__ for module in subject.modules() for m in module.modules() if m.training
    ]
    if training:
        raise Flaw(
            f"{len(training)} modules are in training mode ({training[0]} is the first); call eval()",
            float(len(training)),
        )
    return None
