from itertools import pairwise

import numpy as np
import pytest

from paralbench.synthetic.conversation import (
    DEPRESSED,
    IMPAIRED,
    USUAL,
    Interviewer,
    burdened,
    converse,
)
from paralbench.synthetic.voice import Delivery, Signal, speak, speaker


def _voiced(signal: Signal) -> float:
    """Share of 10 ms frames in which somebody is heard."""
    frames = signal[: len(signal) // 160 * 160].reshape(-1, 160).astype(np.float64)
    return float((np.sqrt((frames**2).mean(1)) > 0.01).mean())


def _said(how: Delivery, seed: int = 0) -> Signal:
    rng = np.random.default_rng(seed)
    return speak(speaker(rng, "male"), how, 12.0, rng)


def test_turns_tell_who_speaks_when() -> None:
    rng = np.random.default_rng(0)
    who = speaker(rng, "female")
    signal, turns = converse(Interviewer(rng), who, USUAL, [1.0, 1.5], rng)
    roles = ["interviewer", "participant"] * 2
    assert [turn.who for turn in turns] == roles
    text = [turn for turn in turns if turn.who == "participant"]
    assert [round(turn.end - turn.start, 3) for turn in text] == [1.0, 1.5]
    assert all(item.end <= other.start for item, other in pairwise(turns))
    for turn, other in pairwise(turns):
        assert _voiced(signal[round(turn.start * 16000) : round(turn.end * 16000)]) > 0.4
        assert _voiced(signal[round(turn.end * 16000) : round(other.start * 16000)]) == 0


def test_the_interviewer_is_faint_and_says_the_same_to_everybody() -> None:
    rng = np.random.default_rng(1)
    interviewer = Interviewer(rng)
    assert np.array_equal(interviewer.prompt(0), interviewer.prompt(3))
    assert 3 * interviewer.prompt(0).std() < _said(USUAL).std()


def test_severity_blends_from_the_usual_delivery_to_the_full_one() -> None:
    rng = np.random.default_rng(2)
    means = [
        float(np.mean([burdened(DEPRESSED, severity, rng).pace for _ in range(200)]))
        for severity in (0.0, 0.5, 1.0)
    ]
    middle = (USUAL.pace + DEPRESSED.pace) / 2
    assert means == pytest.approx([USUAL.pace, middle, DEPRESSED.pace], abs=0.03)


def test_depression_is_softer_and_impairment_pauses_more() -> None:
    usual, depressed, impaired = (_said(how) for how in (USUAL, DEPRESSED, IMPAIRED))
    assert depressed.std() < 0.6 * usual.std()
    assert _voiced(impaired) < 0.8 * _voiced(usual)
