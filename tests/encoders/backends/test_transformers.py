"""Every architecture with small random weights against transformers' own forward, state by state."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from paralbench.records.errors import CardError, Refused
from tests.encoders.backends.small_transformers import (
    CLOSE,
    LENGTHS,
    VARIANTS,
    WAVEFORMS,
    card_of,
    encoder_of,
    extracted,
    loaded,
    noise,
    saved,
    small_model,
    states_of,
)


@pytest.mark.parametrize("name", VARIANTS)
def test_states_are_transformers_own(name: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    model = small_model(variant)
    card = card_of(variant, model)
    encoder = loaded(card, saved(model, tmp_path))
    clips = [noise(length, seed) for seed, length in enumerate(LENGTHS)]
    for clip, states in zip(clips, encoder.encode(clips), strict=True):
        output = states_of(model, clip)
        assert states.shape == output.shape
        assert states.dtype == torch.float32
        assert states.shape[::2] == (card.layers, card.width)
        assert (states - output).abs().max() < CLOSE
        assert output.std() > 0.1
        if card.frame_rate and card.policy.padding == "none":
            assert abs(states.shape[1] - len(clip) / 16000 * card.frame_rate) < 2.5


@pytest.mark.parametrize("name", WAVEFORMS)
def test_states_are_what_goes_in_and_out_of_the_layers(name: str, tmp_path: Path) -> None:
    """Whatever a version of transformers calls hidden states."""
    model = small_model(VARIANTS[name])
    encoder_part = encoder_of(model)
    layers = (encoder_part if name == "moonshine" else encoder_part.encoder).layers
    seen: list[torch.Tensor] = []
    layers[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    for layer in layers:
        layer.register_forward_hook(
            lambda _, inputs, output: seen.append(
                output[0] if isinstance(output, tuple) else output
            )
        )
    with torch.no_grad():
        last = encoder_part(**extracted(model, noise(8000))).last_hidden_state
    if name == "moonshine":  # whose last state is the normalised one, as Whisper's is
        seen[-1] = last
    (states,) = loaded(card_of(VARIANTS[name], model), saved(model, tmp_path)).encode([noise(8000)])
    assert (states - torch.cat(seen)).abs().max() < CLOSE


def test_whisper_at_a_clips_own_length(tmp_path: Path) -> None:
    variant = VARIANTS["whisper"]._replace(policy=None)
    model = small_model(variant)
    card = card_of(variant, model)
    encoder = loaded(card, saved(model, tmp_path))
    (states,) = encoder.encode([noise(16000)])
    extractor: Any = transformers.WhisperFeatureExtractor()
    mel = extractor(noise(16000), sampling_rate=16000, padding=False, return_tensors="pt")
    config = type(model.config)(**variant.config | {"max_source_positions": 50})
    state = model.encoder.state_dict()
    state["embed_positions.weight"] = state["embed_positions.weight"][:50]
    short: Any = WhisperEncoder(config).eval()
    short.load_state_dict(state)
    with torch.no_grad():
        output = torch.cat(short(mel.input_features, output_hidden_states=True).hidden_states)
    assert states.shape == output.shape == (4, 50, 16)
    assert (states - output).abs().max() < CLOSE


@pytest.mark.parametrize(
    "name", ["wav2vec2-layer-norm", "hubert-layer-norm", "wavlm-layer-norm", "w2v-bert"]
)
def test_a_clip_alone_is_the_same_clip_in_transformers_padded_batch(
    name: str, tmp_path: Path
) -> None:
    variant = VARIANTS[name]
    model = small_model(variant)
    encoder = loaded(card_of(variant, model), saved(model, tmp_path))
    clips = [noise(12000, 1), noise(24000, 2)]
    kind = "SeamlessM4T" if name == "w2v-bert" else "Wav2Vec2"
    extractor: Any = getattr(transformers, f"{kind}FeatureExtractor")(return_attention_mask=True)
    inputs = extractor(clips, sampling_rate=16000, padding=True, return_tensors="pt")
    with torch.no_grad():
        stacked = torch.stack(model(**inputs, output_hidden_states=True).hidden_states)
    for index, states in enumerate(encoder.encode(clips)):
        assert (states - stacked[:, index, : states.shape[1]]).abs().max() < CLOSE


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_threads_do_not_disturb_each_other(name: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    model = small_model(variant)
    encoder = loaded(card_of(variant, model), saved(model, tmp_path))
    clips = [noise(2000 + 700 * seed, seed) for seed in range(12)]
    alone = [encoder.encode([clip])[0] for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda clip: encoder.encode([clip])[0], clips))
    for item, other in zip(alone, together, strict=True):
        assert torch.equal(item, other)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_shortest_clip_is_encoded_and_a_shorter_one_refused(name: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    model = small_model(variant)
    folder = saved(model, tmp_path)
    encoder = loaded(card_of(variant, model), folder)
    shortest = encoder._shortest
    assert shortest <= variant.shortest * 16000 < shortest + 20
    (states,) = encoder.encode([noise(shortest)])
    assert states.shape[1] >= 1
    assert torch.isfinite(states).all()
    with pytest.raises(Refused, match="too short"):
        encoder.encode([noise(shortest - 1)])
    if name in WAVEFORMS:
        with torch.no_grad(), pytest.raises((RuntimeError, ValueError)):
            states_of(model, noise(shortest - 1))
    policy = {"shortest": 0.02} | (variant.policy or {})
    with pytest.raises(CardError, match=r"shortest = 0\.02"):
        loaded(card_of(variant, model, policy=policy), folder)


@pytest.mark.slow
def test_silence_is_encoded(tmp_path: Path) -> None:
    for name, variant in VARIANTS.items():
        model = small_model(variant)
        encoder = loaded(card_of(variant, model), saved(model, tmp_path / name))
        (states,) = encoder.encode([np.zeros(16000, np.float32)])
        assert torch.isfinite(states).all()
