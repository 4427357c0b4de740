"""The small real models give what their authors' own code gave (numbers noted on a made clip)."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.records.errors import ParalbenchError

T = np.arange(24000) / 16000
CLIP = (
    0.2 * np.sin(2 * np.pi * (150 + 200 * T) * T) * (1 + 0.5 * np.sin(2 * np.pi * 3 * T))
    + 0.02 * np.sin(2 * np.pi * (2000 + 900 * T) * T)
).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "layer", "frame", "told"),
    [  # compared in full with the packages' code: largest difference 1e-6, 8e-4, 4e-5, 3e-4
        ("ge2e", 2, -1, [0.1239, 0.2895, -0.0695]),
        ("campplus", 0, 10, [11.4434, 2.8287, -8.4707]),
        ("campplus-embedding", 0, 0, [-0.4161, 0.4928, 0.4288, -0.7887]),
        ("speech-embedding", 0, 5, [-16.2957, 18.4779, 8.7371, -4.1032]),
    ],
)
def test_states_are_those_of_the_authors(
    name: str, layer: int, frame: int, told: list[float]
) -> None:
    try:
        encoder = loadable(Catalog().model(name)).load()
    except ParalbenchError as error:
        if "not on this machine" not in str(error):
            raise
        pytest.skip(f"paralbench fetch {name}")
    (states,) = encoder.encode([CLIP])
    assert states[layer, frame, : len(told)].numpy() == pytest.approx(told, abs=2e-3)


def test_mfcc_is_librosas() -> None:
    (states,) = loadable(Catalog().model("mfcc")).load().encode([CLIP])
    mels = librosa.feature.melspectrogram(y=CLIP, sr=16000, n_fft=400, hop_length=160, n_mels=40)
    plain = librosa.feature.mfcc(S=librosa.power_to_db(mels, top_db=None), n_mfcc=13)
    deltas = [librosa.feature.delta(plain, order=order, mode="nearest") for order in (1, 2)]
    told = np.concatenate([plain, *deltas]).T
    assert states[0].numpy() == pytest.approx(told, abs=1e-2)
