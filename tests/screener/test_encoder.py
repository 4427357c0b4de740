"""Weights inside a bundle are the very ones; those outside must be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from paralbench.bundling.bundle_maker import BundleSettings
from paralbench.encoders.compatibility import make_importable
from paralbench.records.errors import BundleError
from paralbench.records.example import Clip
from paralbench.records.intended_use import IntendedUse
from paralbench.screener import Screener
from tests.screener.screeners import LIMITS, Lab, lab

CARD = """id = "small"
title = "Small"
backend = "transformers"
rate = 16000
layers = 2
width = 16
frame_rate = 50.0
parameters = {parameters}
licence = "{licence}"
citation = "none"

[settings]
normalise = true

[policy]
window = 20.0
shortest = 0.0251

[[weights]]
kind = "folder"
path = "weights"
"""


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A lab with a wav2vec 2.0 of two hidden states and random weights."""
    make_importable()
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    made = lab(tmp_path_factory.mktemp("lab"))
    folder = made.catalog / "models" / "small"
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        conv_dim=[8] * 7, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    model = Wav2Vec2Model(config)
    model.save_pretrained(folder / "weights")
    parameters = sum(parameter.numel() for parameter in model.parameters())
    (folder / "model.toml").write_text(CARD.format(parameters=parameters, licence="MIT"))
    return made


@pytest.mark.slow
def test_a_bundle_with_its_weights_needs_nothing_else(toys: Lab, tmp_path: Path) -> None:
    path = toys.bundle(toys.result(model="small")).rename(tmp_path / "inside.plb")
    weights = toys.catalog / "models" / "small" / "weights"
    weights.rename(weights.with_name("away"))
    try:
        screener = Screener.open(path)
        assert screener.manifest.encoder.member == "encoder/weights/model.safetensors"
        inside = screener.raw(Clip(toys.recordings[0]))
    finally:
        weights.with_name("away").rename(weights)
    assert np.isfinite(inside).all()
    assert inside.sum() == pytest.approx(1)


def test_without_them_they_are_given_and_proved(toys: Lab, tmp_path: Path) -> None:
    make_importable()
    from transformers import Wav2Vec2Model

    expected = BundleSettings(IntendedUse(quality=LIMITS), level=0.8, embed=False)
    path = toys.bundle(toys.result(model="small"), expected).rename(tmp_path / "outside.plb")
    weights = toys.catalog / "models" / "small" / "weights"
    screener = Screener.open(path, weights)
    assert screener.manifest.encoder.member is None
    assert screener.raw(Clip(toys.recordings[0])).sum() == pytest.approx(1)
    other = Wav2Vec2Model.from_pretrained(weights)
    other.feature_projection.projection.bias.data += 1
    other.save_pretrained(tmp_path / "other")
    with pytest.raises(BundleError, match="it was made with the weights"):
        Screener.open(path, tmp_path / "other")


def test_a_licence_that_may_forbid_it_keeps_them_outside(toys: Lab) -> None:
    card = toys.catalog / "models" / "small" / "model.toml"
    before = card.read_text()
    card.write_text(before.replace('"MIT"', '"Research use, no redistribution"'))
    try:
        file = toys.result(model="small")
        output, members = toys.make(file)
        assert output.encoder.member is None
        assert not any(name.startswith("encoder/weights") for name in members)
        with pytest.raises(BundleError, match="their licence may not allow a copy"):
            toys.make(file, BundleSettings(level=0.8, embed=True))
    finally:
        card.write_text(before)
