"""The encoder converted to OpenVINO: admitted by what it computes, and left where it computes else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from paralbench.bundling.bundle_maker import BundleSettings
from paralbench.encoders.compatibility import make_importable
from paralbench.encoders.placement import Placement
from paralbench.records.bundle import Manifest
from paralbench.records.errors import BundleError
from paralbench.records.example import Clip
from paralbench.records.intended_use import IntendedUse
from paralbench.screener import Screener, bundle, compiled
from paralbench.screener.recordings import Recording
from tests.screener.screeners import LIMITS, Lab, lab

pytest.importorskip("openvino")

CARD = """id = "small"
title = "Small"
backend = "whisper"
rate = 16000
layers = 3
width = 32
frame_rate = 50.0
parameters = 64000
licence = "{licence}"
citation = "none"

[policy]
window = 30.0
shortest = 0.025
padding = "none"

[[weights]]
kind = "folder"
path = "weights"
"""


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A lab with a Whisper of two layers and random weights."""
    make_importable()
    from transformers import WhisperConfig, WhisperModel

    made = lab(tmp_path_factory.mktemp("lab"))
    folder = made.catalog / "models" / "small"
    torch.manual_seed(0)
    config = WhisperConfig(
        d_model=32, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=64,
        decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=16, vocab_size=60,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    WhisperModel(config).save_pretrained(folder / "weights")
    (folder / "model.toml").write_text(CARD.format(licence="MIT"))
    return made


@pytest.fixture(scope="module")
def parts(toys: Lab) -> tuple[Manifest, dict[str, bytes]]:
    return toys.make(toys.result(model="small"))


def _written(path: Path, parts: tuple[Manifest, dict[str, bytes]]) -> Path:
    bundle.write(path, *parts)
    return path


def test_it_answers_as_the_validated_encoder_does(
    toys: Lab, parts: tuple[Manifest, dict[str, bytes]], tmp_path: Path
) -> None:
    path = _written(tmp_path / "small.plb", parts)
    faster, exact = Screener.open(path), Screener.open(path, exact=True)
    assert faster.computed.startswith("openvino-")
    assert exact.computed == "torch-fp32"
    recorded = faster.manifest.encoder.compiled
    assert recorded is not None
    assert all(record.admitted and record.clips for record in recorded.fidelity.values())
    for file in toys.recordings[:4]:
        assert np.allclose(faster.raw(Clip(file)), exact.raw(Clip(file)), atol=0.01)


def test_in_fp32_it_is_the_same_to_rounding(
    toys: Lab, parts: tuple[Manifest, dict[str, bytes]]
) -> None:
    described = parts[0].encoder.compiled
    assert described is not None
    encoder = compiled.restored(
        described, parts[1][described.member], Placement("cpu", "fp32", "openvino")
    )
    make_importable()
    from transformers import WhisperFeatureExtractor, WhisperModel

    model = WhisperModel.from_pretrained(toys.catalog / "models" / "small" / "weights").eval()
    waveform = np.random.default_rng(0).normal(0, 0.1, 30 * 16000).astype(np.float32)
    extracted = WhisperFeatureExtractor()(waveform, sampling_rate=16000, return_tensors="pt")
    with torch.no_grad():
        expected = model.encoder(extracted.input_features, output_hidden_states=True)
    (states,) = encoder.encode([waveform])
    for layer, hidden in enumerate(expected.hidden_states):
        assert torch.allclose(states[layer], hidden[0], atol=2e-3), layer


def test_one_that_computes_something_else_is_not_used(
    parts: tuple[Manifest, dict[str, bytes]], tmp_path: Path
) -> None:
    manifest, members = parts
    assert manifest.encoder.compiled is not None
    name = manifest.encoder.compiled.member
    tensors = load(members[name])
    weights = tensors["weights"].copy()
    floats = weights[: weights.size // 4 * 4].view(np.float32)
    floats[(abs(floats) > 1e-3) & (abs(floats) < 10)] *= -1  # what else is there are shapes
    changed = save({**tensors, "weights": weights})
    path = _written(tmp_path / "changed.plb", (manifest, {**members, name: changed}))
    screener = Screener.open(path)
    assert screener.computed.startswith("torch-fp32 (openvino-")
    assert "hidden states differ" in screener.computed


@pytest.mark.parametrize("content", [{}, {"network": np.zeros(3, np.uint8)}])
def test_a_member_that_is_no_network_is_refused(
    parts: tuple[Manifest, dict[str, bytes]],
    content: dict[str, np.ndarray[tuple[int], np.dtype[np.uint8]]],
) -> None:
    described = parts[0].encoder.compiled
    assert described is not None
    place = Placement("cpu", "fp32", "openvino")
    with pytest.raises(BundleError, match="not an encoder that this paralbench can read"):
        compiled.restored(described, save(content), place)
    if content:
        junk = save({"network": np.zeros(9, np.uint8), "weights": np.zeros(9, np.uint8)})
        with pytest.raises(BundleError, match="RuntimeError"):
            compiled.restored(described, junk, place)


@pytest.mark.parametrize("embed", [None, False])
def test_where_weights_stay_outside_so_does_it(toys: Lab, embed: bool | None) -> None:
    card = toys.catalog / "models" / "small" / "model.toml"
    if embed is None:
        card.write_text(CARD.format(licence="Research use, no redistribution"))
    try:
        settings = BundleSettings(IntendedUse(quality=LIMITS), level=0.8, embed=embed)
        manifest, members = toys.make(toys.result(model="small"), settings)
    finally:
        card.write_text(CARD.format(licence="MIT"))
    assert manifest.encoder.compiled is None
    assert compiled.MEMBER not in members


def test_a_bundle_of_an_earlier_version_has_none(
    parts: tuple[Manifest, dict[str, bytes]],
) -> None:
    content = json.loads(parts[0].model_dump_json())
    del content["encoder"]["compiled"]
    assert Manifest.checked(content, "old").encoder.compiled is None
    assert compiled.placement(None) is None


def test_the_number_of_threads_changes_nothing(
    toys: Lab, parts: tuple[Manifest, dict[str, bytes]], tmp_path: Path
) -> None:
    path = _written(tmp_path / "small.plb", parts)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF, and no more")
    recordings = [Recording(file.name, Clip(file)) for file in [*toys.recordings[:3], broken]]
    by_threads = [
        [Screener.open(path, threads=threads).assess(recording) for recording in recordings]
        for threads in (1, 3)
    ]
    assert by_threads[0] == by_threads[1]
    assert by_threads[0][-1].cause == "unreadable"
