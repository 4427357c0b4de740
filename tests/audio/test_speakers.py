"""A second voice suspected: how often rightly and wrongly, on synthetic voices; and its parts alone.

docs/screening.md tells the rates over 100 seeds, from ``python -m tests.audio.test_speakers``.
"""

from __future__ import annotations

import sys
from typing import Literal

import numpy as np
import pytest

from paralbench.audio.speakers import FEATURES, RATE, STEP, Timbre, contrast, pieces
from paralbench.audio.voice_activity import VoiceActivity
from paralbench.records.quality_limits import QualityLimits
from paralbench.synthetic.conversation import (
    DEPRESSED,
    IMPAIRED,
    Interviewer,
    burdened,
    converse,
    room,
)
from paralbench.synthetic.voice import Signal, speak, speaker

Kind = Literal["one speaker", "faint interviewer", "same sex", "other sex"]
KINDS: tuple[Kind, ...] = ("one speaker", "faint interviewer", "same sex", "other sex")
LIMIT = QualityLimits().speaker_contrast.warn


def _recording(kind: Kind, seed: int) -> Signal:
    """Some 40 s; severity, age and sex are drawn, so that one voice alone varies as people do."""
    rng = np.random.default_rng(seed)
    sexes: tuple[Literal["female", "male"], ...] = ("female", "male")
    sex, other = sexes[seed % 2], sexes[1 - seed % 2]
    who = speaker(rng, sex, float(rng.uniform(20, 80)))
    how = burdened((DEPRESSED, IMPAIRED)[seed // 2 % 2], float(rng.uniform(0, 1)), rng)
    seconds = rng.uniform(1.5, 5, 12)
    if kind == "faint interviewer":
        return converse(Interviewer(rng), who, how, list(seconds), rng)[0]
    second = speaker(rng, sex if kind == "same sex" else other, float(rng.uniform(20, 80)))
    turns = (
        [(who, how)]
        if kind == "one speaker"
        else [(who, how), (second, burdened(DEPRESSED, 0, rng))]
    )
    parts = []
    for number, length in enumerate(seconds):
        parts += [speak(*turns[number % len(turns)], float(length), rng), room(0.4, rng)]
    return np.concatenate(parts)


def _contrast(signal: Signal, detector: VoiceActivity) -> float | None:
    stream, timbre = detector.stream(), Timbre()
    complete = signal[: len(signal) // STEP * STEP]
    timbre.add(complete)
    return contrast(timbre.features(), stream.add(complete))


def _suspected(kind: Kind, seeds: range) -> float:
    detector = VoiceActivity()
    result = [_contrast(_recording(kind, seed), detector) for seed in seeds]
    return float(
        np.mean([item is not None and LIMIT is not None and item > LIMIT for item in result])
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("one speaker", 0, 0.1), ("faint interviewer", 0.4, 1), ("other sex", 0.8, 1)],
)
def test_a_second_voice_is_suspected_and_one_alone_is_not(
    kind: Kind, low: float, high: float
) -> None:
    assert low <= _suspected(kind, range(1000, 1010)) <= high


def test_loudness_and_blocks_play_no_part() -> None:
    signal = _recording("other sex", 1)
    complete, parts = Timbre(), Timbre()
    complete.add(signal)
    for part in np.array_split(signal, 77):
        parts.add(part)
    assert complete.features().shape == (len(signal) // STEP, FEATURES)
    np.testing.assert_array_equal(complete.features(), parts.features())
    louder = Timbre()
    louder.add(signal * 2)
    output, recorded = louder.features(), complete.features()
    np.testing.assert_array_equal(output[:, 0], recorded[:, 0])
    assert np.abs(output[:, 1:] - recorded[:, 1:]).mean() < 0.05


@pytest.mark.parametrize("hz", [80, 110, 200, 330])
def test_the_pitch_of_a_pulse_train_is_found(hz: float) -> None:
    time = np.arange(2 * RATE) / RATE
    signal = sum(np.sin(2 * np.pi * hz * order * time) / order for order in range(1, 9))
    timbre = Timbre()
    timbre.add((0.1 * np.asarray(signal)).astype(np.float32))
    pitch = timbre.features()[2:, 0]
    assert np.isfinite(pitch).mean() > 0.95
    assert float(np.nanmedian(pitch)) == pytest.approx(np.log2(hz), abs=0.03)


def test_noise_has_no_pitch() -> None:
    timbre = Timbre()
    timbre.add(np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32))
    assert np.isfinite(timbre.features()[:, 0]).mean() < 0.05


def test_speech_is_cut_at_gaps_and_into_equal_parts() -> None:
    likely = np.zeros(400)
    likely[10:20] = 1  # too short
    likely[50:90] = 1
    likely[100:250] = 1
    likely[150:154] = 0  # a gap that does not part
    assert pieces(likely) == [(50, 90), (100, 150), (150, 200), (200, 250)]
    assert pieces(np.zeros(10)) == []


def test_two_clouds_are_apart_and_one_is_not() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(0, 1, (1200, FEATURES))
    likely = np.tile(np.r_[np.ones(30), np.zeros(10)], 30)
    item = contrast(features, likely)
    features[600:, 3] += 8
    two = contrast(features, likely)
    assert item is not None
    assert two is not None
    assert item < 4 < 20 < two
    assert contrast(features[:200], likely[:200]) is None  # five pieces


@pytest.mark.parametrize("steps", [0, 1, 2, 17, 18, 40])
def test_too_little_speech_has_no_contrast(steps: int) -> None:
    assert contrast(np.zeros((steps, FEATURES)), np.ones(steps)) is None


if __name__ == "__main__":
    for kind in KINDS:
        share = _suspected(kind, range(2000, 2100))
        sys.stdout.write(f"{kind}: suspected in {share:.0%} of 100\n")
