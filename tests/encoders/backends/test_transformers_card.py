"""The card of a transformers model: read from its folder, or refused where the weights disagree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from paralbench.encoders import uncatalogued
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.weights import find
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard
from tests.encoders.backends.small_transformers import (
    CLOSE,
    VARIANTS,
    card_of,
    loaded,
    noise,
    rewrite,
    saved,
    small_model,
    states_of,
)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_card_read_from_a_folder_is_as_the_written_one(name: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    model = small_model(variant)
    folder = saved(model, tmp_path)
    written, derived = card_of(variant, model), uncatalogued.card(folder, "Small one")
    assert derived.id.startswith("small-one-")
    for key in ("backend", "rate", "layers", "width", "parameters"):
        assert getattr(derived, key) == getattr(written, key)
    if written.frame_rate is None:
        assert derived.frame_rate is None
    else:
        assert derived.frame_rate == pytest.approx(written.frame_rate, rel=1e-4)
    assert derived.policy.shortest == pytest.approx(written.policy.shortest, abs=0.001)
    encoders = loaded(written, folder), loaded(derived, folder)
    same = written.policy.padding == derived.policy.padding
    for item, other in zip(*(encoder.encode([noise(16000)]) for encoder in encoders), strict=True):
        assert torch.equal(item, other if same else item)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": 13}, "layers is 4, the card says 13"),
        ({"width": 768}, "width is 16, the card says 768"),
        ({"rate": 8000, "frame_rate": 25.0}, "rate is 16000, the card says 8000"),
        ({"frame_rate": 49.0}, "frame_rate is 50, the card says 49"),
        ({"frame_rate": None}, "frame_rate is 50, the card says none"),
        ({"parameters": 94371712}, r"parameters is \d+, the card says 94371712"),
        ({"policy": {"padding": "window"}}, 'padding = "none"'),
    ],
)
def test_a_card_that_disagrees_with_the_weights(
    changes: dict[str, Any], message: str, wav2vec2: Any, folder: Path
) -> None:
    with pytest.raises(CardError, match=message):
        loaded(card_of(VARIANTS["wav2vec2"], wav2vec2, **changes), folder)


def test_windows_longer_than_a_model_can_encode(tmp_path: Path) -> None:
    for name, policy, text in (
        ("ast", {"window": 30.0, "padding": "window"}, "window = 2.04"),
        ("ast", {"window": 2.04}, 'padding = "window"'),
        ("whisper", {"window": 40.0}, "positions for 30 s, the card's policy says window = 40"),
    ):
        model = small_model(VARIANTS[name])
        folder = saved(model, tmp_path / name)
        with pytest.raises(CardError, match=text):
            loaded(card_of(VARIANTS[name], model, policy=policy), folder)


def test_normalisation_is_declared_by_the_card_or_the_folder(
    card: ModelCard, folder: Path, wav2vec2: Any
) -> None:
    loud = noise(8000) * 3
    (normalised,) = loaded(card, folder).encode([loud])
    assert (normalised - states_of(wav2vec2, loud)).abs().max() < CLOSE
    raw = card.model_copy(update={"settings": {"normalise": False}})
    (states,) = loaded(raw, folder).encode([loud])
    with torch.no_grad():
        hidden_states = wav2vec2(
            torch.from_numpy(loud)[None], output_hidden_states=True
        ).hidden_states
    assert (states - torch.cat(hidden_states)).abs().max() < CLOSE
    assert (states - normalised).abs().max() > 1e-3
    (folder / "preprocessor_config.json").write_text('{"do_normalize": false}')
    assert torch.equal(loaded(card, folder).encode([loud])[0], states)
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(CardError, match="nothing says whether its input is normalised"):
        loaded(card, folder)


def test_a_setting_that_means_nothing_is_refused(tmp_path: Path) -> None:
    model = small_model(VARIANTS["whisper"])
    card = card_of(VARIANTS["whisper"], model, settings={"normalise": True})
    with pytest.raises(CardError, match="remove 'normalise'"):
        loaded(card, saved(model, tmp_path))


def test_the_identity_covers_weights_config_and_preprocessing(
    card: ModelCard, folder: Path
) -> None:
    def identity() -> str:
        return LoadableEncoder(card, folder, find(card, Path(), {card.id: folder})).identity

    seen = {identity()}
    (folder / "preprocessor_config.json").write_text('{"do_normalize": false}')
    seen.add(identity())
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 0.1}))
    seen.add(identity())
    rewrite(folder, lambda state: state | {"masked_spec_embed": torch.zeros(16)})
    seen.add(identity())
    (folder / "preprocessor_config.json").unlink()
    seen.add(identity())
    assert len(seen) == 5
    assert identity() == identity()
