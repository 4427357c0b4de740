"""The synthetic voice carries what its delivery says."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from paralbench.records.errors import UsageError
from paralbench.synthetic.corpus import begin
from paralbench.synthetic.emotion import EMOTIONS, delivery
from paralbench.synthetic.voice import Delivery, speak, speaker


def say(how: Delivery, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return speak(speaker(rng, "female"), how, 3.0, rng)


def pitch(signal: NDArray[np.float32]) -> float:
    """The lag of the highest autocorrelation between 80 and 400 Hz, as a frequency."""
    size = 2 * len(signal)
    spectrum = np.abs(np.fft.rfft(signal, size)) ** 2
    same = np.fft.irfft(spectrum)[:201]
    return float(16000 / (40 + np.argmax(same[40:])))


def test_length_scale_and_seed() -> None:
    assert len(say(Delivery())) == 48000
    assert np.abs(say(Delivery(loudness=40))).max() <= 1
    assert np.array_equal(say(Delivery()), say(Delivery()))
    assert not np.array_equal(say(Delivery()), say(Delivery(), 1))


def test_pitch_and_loudness_follow_the_delivery() -> None:
    low, high = (pitch(say(Delivery(pitch=factor, range=0.1))) for factor in (0.8, 1.2))
    assert high / low == pytest.approx(1.5, rel=0.12)
    quiet, loud = (float(np.std(say(Delivery(loudness=level)))) for level in (-6, 6))
    assert 20 * np.log10(loud / quiet) == pytest.approx(12, abs=1)


def test_anger_is_louder_than_sadness() -> None:
    rng = np.random.default_rng(0)
    levels = {
        emotion: np.mean([delivery(emotion, rng).loudness for _ in range(50)])
        for emotion in EMOTIONS
    }
    assert levels["ang"] > levels["neu"] > levels["sad"]


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(UsageError, match="is not empty"):
        begin(tmp_path, "iemocap", 0)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]
