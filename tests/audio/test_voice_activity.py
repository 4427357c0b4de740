"""Voice activity: the detector against its own package, the policy on made-up probabilities."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from paralbench.audio import decoding
from paralbench.audio.cutting import Cutting
from paralbench.audio.voice_activity import SECONDS, VoiceActivity, segments
from paralbench.records.example import Clip

POLICY = Cutting(how="voice")


def _odds(*parts: tuple[float, float]) -> np.ndarray:
    return np.concatenate([np.full(round(seconds / SECONDS), odd) for odd, seconds in parts])


def test_two_segments_and_a_cough_left_out() -> None:
    spans = segments(
        _odds((0.0, 1.024), (0.9, 2.048), (0.1, 0.96), (0.9, 0.096), (0.0, 1.024), (0.8, 1.024)),
        POLICY,
    )
    assert spans == [(1.024, 3.072), (5.152, 6.176)]


def test_a_short_silence_does_not_end_it_nor_doubt_begin_it() -> None:
    assert segments(_odds((0.9, 1.024), (0.1, 0.192), (0.9, 1.024)), POLICY) == [(0.0, 2.24)]
    assert segments(_odds((0.45, 3.2)), POLICY) == []


@given(st.lists(st.floats(0, 1), max_size=400), st.floats(1.1, 4))
def test_segments_are_in_order_and_never_too_long(odds: list[float], longest: float) -> None:
    spans = segments(np.array(odds), Cutting(how="voice", longest=longest))
    flat = [time for span in spans for time in span]
    assert flat == sorted(flat)
    assert all(0 <= start < end <= len(odds) * SECONDS + 1e-9 for start, end in spans)
    assert all(end - start <= longest + SECONDS for start, end in spans)


def test_a_long_segment_is_cut_where_speech_is_least_likely() -> None:
    odds = _odds((0.9, 8.0))
    odds[100] = 0.6
    spans = segments(odds, Cutting(how="voice", longest=5.0))
    assert spans[0][1] == pytest.approx(100 * SECONDS)
    assert all(left[1] == right[0] for left, right in pairwise(spans))


def test_probabilities_are_the_packages_own(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    silero = pytest.importorskip("silero_vad")
    rng = np.random.default_rng(0)
    tone = np.sin(np.cumsum(2 * np.pi * (120 + 30 * np.sin(np.arange(96000) / 4000)) / 16000))
    audio = (tone * (np.arange(96000) // 16000 % 2) * 0.3 + rng.normal(0, 0.003, 96000)).astype(
        np.float32
    )
    soundfile.write(tmp_path / "a.wav", audio, 16000, subtype="FLOAT")
    clip = Clip(tmp_path / "a.wav")
    (samples,) = decoding.blocks(clip, 16000, 60)
    detector = silero.load_silero_vad(onnx=True)
    steps = range(0, len(samples) - 511, 512)
    theirs = [float(detector(torch.from_numpy(samples[at : at + 512]), 16000)) for at in steps]
    ours = VoiceActivity().probabilities(clip)
    assert np.abs(ours[: len(theirs)] - theirs).max() < 1e-5
    part = VoiceActivity().utterances(Clip(tmp_path / "a.wav", 1.0, 5.0), 4.0, POLICY)
    assert all(1.0 <= clip.start < (clip.end or 0) <= 5.0 for clip in part)
