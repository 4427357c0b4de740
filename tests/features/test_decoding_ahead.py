"""Clips decoded while a model is loaded are kept as decoding gives them."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.audio import decoding
from paralbench.audio.kept_audio import KeptAudio
from paralbench.features.decoding_ahead import decoded_ahead
from paralbench.features.engine import Engine
from paralbench.features.extraction import extract
from paralbench.features.key import feature_key
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.records.example import Clip
from tests.features.encoders import encoder

RATE = 8000
SECONDS = (1.0, 30.0, 0.5, 2.0)


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    """Usable clips of four lengths, and one that is refused."""
    rng = np.random.default_rng(0)
    files = [tmp_path / f"{number}.wav" for number in range(len(SECONDS))]
    for file, seconds in zip(files, SECONDS, strict=True):
        soundfile.write(file, rng.normal(0, 0.1, round(seconds * RATE)), RATE, subtype="FLOAT")
    damaged = tmp_path / "damaged.wav"
    soundfile.write(damaged, np.full(RATE, np.nan), RATE, subtype="FLOAT")
    return [Clip(files[0]), Clip(damaged), *map(Clip, files[1:])]


def _wait(kept: KeptAudio, clip: Clip) -> None:
    until = time.monotonic() + 30
    while kept.get(clip) is None and time.monotonic() < until:
        time.sleep(0.01)


def test_usable_clips_are_kept_as_decoded(clips: list[Clip]) -> None:
    kept = KeptAudio()
    with decoded_ahead(clips, kept, 16000):
        _wait(kept, clips[-1])
    assert [kept.get(clip) is not None for clip in clips] == [True, False, True, True, True]
    for clip in (clips[0], clips[2]):
        ahead = kept.get(clip)
        assert ahead is not None
        audio = np.concatenate(list(ahead.waveforms(RATE)))
        assert np.array_equal(audio, np.concatenate(list(decoding.waveforms(clip, RATE))))


def test_a_clip_that_does_not_fit_ends_it(clips: list[Clip]) -> None:
    kept = KeptAudio(4 * 4 * RATE)
    with decoded_ahead(clips, kept, RATE):
        _wait(kept, clips[0])
    assert [kept.get(clip) is not None for clip in clips] == [True, False, False, False, False]


def test_the_end_of_loading_ends_it_and_keeps_no_part_of_a_clip(clips: list[Clip]) -> None:
    kept = KeptAudio()
    with decoded_ahead(clips, kept, RATE):
        pass
    for clip in clips:
        if (ahead := kept.get(clip)) is not None:
            assert sum(map(len, ahead.blocks)) == round(decoding.length(clip) * RATE)


def test_a_failure_to_load_is_raised(clips: list[Clip]) -> None:
    with pytest.raises(ZeroDivisionError), decoded_ahead(clips, KeptAudio(), RATE):
        raise ZeroDivisionError


def test_one_model_keeps_no_audio_but_what_was_decoded_ahead(
    tmp_path: Path, clips: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[int] = []
    before = KeptAudio.meter

    def noted(kept: KeptAudio) -> object:
        limits.append(kept._left)
        return before(kept)

    chosen = encoder(tmp_path, "w.unfold(0, 400, 160)[:, :4].unsqueeze(0)")
    store = FeatureStore(tmp_path, feature_key(chosen, FeatureSpec()))
    monkeypatch.setattr(KeptAudio, "meter", noted)
    keyed = {bytes([number]) * 16: clip for number, clip in enumerate(clips)}
    extraction = extract(chosen, keyed, store, engine=Engine(workers=1), quiet=True)
    assert (extraction.made, list(extraction.refused)) == (4, [b"\x01" * 16])
    assert limits[-1] == 0
