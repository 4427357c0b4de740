"""The small real models against numbers that their authors' own code gave, once, on a made clip.

A handful of numbers of one frame is asserted; the whole was compared when they were noted.
"""

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
    ("name", "layer", "frame", "reported"),
    [  # compared in full with the packages' code: largest difference 1e-6, 8e-4, 4e-5, 3e-4
        # turn-end: all states equal those of the package's own features and graph, bit by bit
        ("turn-end", 0, 10, [0.9009, -0.9370, 0.6599, 0.5985]),
        ("turn-end", 4, -1, [-0.0201, -1.7169, 0.6300, -0.1288]),
        ("ge2e", 2, -1, [0.1239, 0.2895, -0.0695]),
        ("campplus", 0, 10, [11.4434, 2.8287, -8.4707]),
        ("campplus-embedding", 0, 0, [-0.4161, 0.4928, 0.4288, -0.7887]),
        ("speech-embedding", 0, 5, [-16.2957, 18.4779, 8.7371, -4.1032]),
    ],
)
def test_states_are_those_of_the_authors(
    name: str, layer: int, frame: int, reported: list[float]
) -> None:
    try:
        encoder = loadable(Catalog().model(name)).load()
    except ParalbenchError as error:
        if "not on this machine" not in str(error):
            raise
        pytest.skip(f"paralbench fetch {name}")
    (states,) = encoder.encode([CLIP])
    assert states[layer, frame, : len(reported)].numpy() == pytest.approx(reported, abs=2e-3)


@pytest.mark.slow
def test_mfcc_is_librosas() -> None:
    (states,) = loadable(Catalog().model("mfcc")).load().encode([CLIP])
    mels = librosa.feature.melspectrogram(y=CLIP, sr=16000, n_fft=400, hop_length=160, n_mels=40)
    plain = librosa.feature.mfcc(S=librosa.power_to_db(mels, top_db=None), n_mfcc=13)
    deltas = [librosa.feature.delta(plain, order=order, mode="nearest") for order in (1, 2)]
    output = np.concatenate([plain, *deltas]).T
    assert states[0].numpy() == pytest.approx(output, abs=1e-2)


def test_turn_end_is_its_graph_behind_transformers_features() -> None:
    """pipecat's features are Whisper's with do_normalize; transformers' extractor is the oracle."""
    onnxruntime = pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    from transformers import WhisperFeatureExtractor

    try:
        chosen = loadable(Catalog().model("turn-end"))
    except ParalbenchError:
        pytest.skip("paralbench fetch turn-end")
    graph = onnx.load(chosen.weights.path)
    names = chosen.card.settings["outputs"]
    graph.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    extract = WhisperFeatureExtractor(chunk_length=8)
    fed = extract(
        np.pad(CLIP, (8 * 16000 - len(CLIP), 0)), sampling_rate=16000, return_tensors="np",
        padding="max_length", max_length=8 * 16000, truncation=True, do_normalize=True,
    )["input_features"]  # fmt: skip
    logits, *told = session.run(["logits", *names], {"input_features": fed})
    assert logits.item() == pytest.approx(0.758, abs=0.05)  # noted with pipecat's own features
    (states,) = chosen.load().encode([CLIP])
    for mine, other in zip(states.numpy(), told, strict=True):
        own = other.reshape(-1, 384)[-len(mine) :]
        cosine = (mine * own).sum(1) / np.linalg.norm(mine, axis=1) / np.linalg.norm(own, axis=1)
        assert cosine.mean() > 0.999
