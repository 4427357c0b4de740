"""Models of one run share decoded clips; their records are those of models that decode alone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.audio.kept_audio import KeptAudio
from paralbench.audio.meter import Meter
from paralbench.features import extraction as extraction_module
from paralbench.features.engine import Engine
from paralbench.features.extraction import extract
from paralbench.features.key import feature_key
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.records.example import Clip
from tests.features.encoders import encoder

FRAMES = "w.unfold(0, 400, 160)[:, :4].unsqueeze(0)"


def _clips(root: Path) -> dict[bytes, Clip]:
    """Mono, stereo and cut, at three rates, with a damaged one."""
    rng = np.random.default_rng(0)
    made = {}
    for number, (rate, channels) in enumerate([(44100, 2), (16000, 1), (48000, 3), (8000, 2)]):
        file = root / f"{number}.wav"
        soundfile.write(file, rng.normal(0, 0.1, (3 * rate, channels)), rate, subtype="FLOAT")
        made[f"{number}".encode() * 16] = Clip(file)
        made[f"{number + 4}".encode() * 16] = Clip(file, 0.4, 1.9, 0)
    damaged = root / "damaged.wav"
    soundfile.write(damaged, np.full(16000, np.nan), 16000, subtype="FLOAT")
    return {**made, b"d" * 16: Clip(damaged)}


def _stored(root: Path, clips: Mapping[bytes, Clip], engine: Engine) -> dict[str, list[bytes]]:
    """The bytes of two models' stores, and the refused clips, by model."""
    stored = {}
    for name, rate in (("high", 16000), ("low", 8000)):
        chosen = encoder(root, FRAMES, name=name)
        card = chosen.card.model_copy(update={"rate": rate})
        object.__setattr__(chosen, "card", card)
        store = FeatureStore(root, feature_key(chosen, FeatureSpec()))
        extraction = extract(chosen, clips, store, engine=engine, quiet=True)
        files = [(store.folder / f"{part}.bin").read_bytes() for part in ("data", "index")]
        stored[name] = [*files, *extraction.refused]
    return stored


@pytest.mark.parametrize("most", [0, 500_000, 2**30])
def test_records_are_those_of_clips_that_were_decoded_again(tmp_path: Path, most: int) -> None:
    """Whether none, some or all of them fit."""
    clips = _clips(tmp_path)
    alone = _stored(tmp_path / "alone", clips, Engine(workers=2))
    stored = KeptAudio(most)
    shared = _stored(tmp_path / "shared", clips, Engine(workers=2, kept=stored))
    assert shared == alone
    assert b"d" * 16 in alone["low"]
    count = sum(stored.get(clip) is not None for clip in clips.values())
    assert (count == 0, count == 8) == (most == 0, most == 2**30)


def test_kept_clips_are_neither_decoded_nor_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []
    before = Meter.measured

    def counted(meter: Meter, blocks: object, rate: int, channels: int) -> object:
        measured.append(rate)
        return before(meter, blocks, rate, channels)  # type: ignore[arg-type]

    monkeypatch.setattr(Meter, "measured", counted)
    # What is decoded while the model loads depends on how long that takes.
    monkeypatch.setattr(extraction_module, "decoded_ahead", lambda *_: nullcontext())
    clips = _clips(tmp_path)
    _stored(tmp_path / "shared", clips, Engine(kept=KeptAudio()))
    assert len(measured) == 9 + 1  # the damaged clip is refused, and so not kept
