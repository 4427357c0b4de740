"""Every architecture with small random weights against transformers' own forward, state by state."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from transformers.models.moonshine.modeling_moonshine import MoonshineEncoder
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from paralbench.encoders import uncatalogued
from paralbench.encoders.backends import transformers as backend
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.placement import REFERENCE
from paralbench.encoders.weights import find
from paralbench.records.errors import CardError, ParalbenchError, Refused
from paralbench.records.model_card import FolderWeights, ModelCard

Waveform = NDArray[np.float32]
LENGTHS = (16000, 5003, 24123)
CLOSE = 1e-4

SIZES: dict[str, Any] = {
    "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 24,
}  # fmt: skip
CONVOLUTIONS: dict[str, Any] = {
    "conv_dim": (8,) * 7, "conv_stride": (5, 2, 2, 2, 2, 2, 2), "conv_kernel": (10, 3, 3, 3, 3, 2, 2),
    "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2, "vocab_size": 11,
    "classifier_proj_size": 8,
}  # fmt: skip
LAYER_NORM: dict[str, Any] = {
    "feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True,
}  # fmt: skip
RAW = {"do_normalize": True, "sampling_rate": 16000}


class Variant(NamedTuple):
    """A small model: its class, the rest of its config, and the numbers of its card."""

    model: str
    config: dict[str, Any]
    shortest: float = 0.025
    frame_rate: float | None = 50.0
    policy: dict[str, Any] | None = None


VARIANTS = {
    "wav2vec2": Variant("Wav2Vec2", SIZES | CONVOLUTIONS),
    "wav2vec2-layer-norm": Variant("Wav2Vec2", SIZES | CONVOLUTIONS | LAYER_NORM),
    "hubert": Variant("Hubert", SIZES | CONVOLUTIONS),
    "hubert-layer-norm": Variant("Hubert", SIZES | CONVOLUTIONS | LAYER_NORM),
    "wavlm": Variant("WavLM", SIZES | CONVOLUTIONS | {"num_buckets": 32}),
    "wavlm-layer-norm": Variant("WavLM", SIZES | CONVOLUTIONS | LAYER_NORM),
    "data2vec": Variant(
        "Data2VecAudio",
        SIZES | CONVOLUTIONS | {"num_conv_pos_embeddings": 5, "conv_pos_kernel_size": 19},
    ),
    "unispeech": Variant("UniSpeech", SIZES | CONVOLUTIONS),
    "unispeech-sat": Variant("UniSpeechSat", SIZES | CONVOLUTIONS),
    "unispeech-sat-layer-norm": Variant("UniSpeechSat", SIZES | CONVOLUTIONS | LAYER_NORM),
    "sew": Variant("SEW", SIZES | CONVOLUTIONS | {"squeeze_factor": 2}, 0.045, 25.0),
    "conformer-relative": Variant(
        "Wav2Vec2Conformer",
        SIZES | CONVOLUTIONS | LAYER_NORM | {"position_embeddings_type": "relative"},
    ),
    "conformer-rotary": Variant(
        "Wav2Vec2Conformer",
        SIZES | CONVOLUTIONS | LAYER_NORM | {"position_embeddings_type": "rotary"},
    ),
    "w2v-bert": Variant("Wav2Vec2Bert", SIZES | {"vocab_size": 11}, 0.035),
    "moonshine": Variant(
        "Moonshine",
        {
            "hidden_size": 16, "intermediate_size": 24, "vocab_size": 11,
            "encoder_num_hidden_layers": 3, "decoder_num_hidden_layers": 1,
            "encoder_num_attention_heads": 2, "decoder_num_attention_heads": 2,
        },
        0.056,
        16000 / 384,
    ),
    "whisper": Variant(
        "Whisper",
        {
            "d_model": 16, "encoder_layers": 3, "encoder_attention_heads": 2, "encoder_ffn_dim": 24,
            "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 8,
            "vocab_size": 11, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
            "decoder_start_token_id": 1,
        },
        policy={"padding": "window"},
    ),
    "ast": Variant(
        "AST",
        SIZES | {"max_length": 204, "num_mel_bins": 32},
        frame_rate=None,
        policy={"padding": "window", "window": 2.04},
    ),
}  # fmt: skip
WAVEFORMS = [name for name in VARIANTS if name not in ("w2v-bert", "whisper", "ast")]


def _noise(samples: int, seed: int = 0) -> Waveform:
    rng = np.random.default_rng(seed)
    tone = np.sin(2 * np.pi * 180 * np.arange(samples) / 16000)
    return (0.1 * tone + 0.02 * rng.standard_normal(samples) + 0.01).astype(np.float32)


def _model(variant: Variant, head: str = "Model") -> Any:
    """Built by transformers, with weights large enough that each of them tells."""
    config = getattr(transformers, f"{variant.model}Config")(**variant.config)
    torch.manual_seed(3)
    model = getattr(transformers, f"{variant.model}{head}")._from_config(
        config, attn_implementation="eager"
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def _heard(model: Any) -> Any:
    """The part that hears."""
    complete = isinstance(model, (transformers.MoonshineModel, transformers.WhisperModel))
    return model.encoder if complete else model


def _save(model: Any, folder: Path, told: dict[str, Any] | None = RAW, **how: Any) -> Path:
    model.save_pretrained(folder, **how)
    if told is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(told))
    return folder


def _card(variant: Variant, model: Any, **changes: Any) -> ModelCard:
    hears = _heard(model)
    config = hears.config
    layers = getattr(config, "encoder_num_hidden_layers", None) or config.num_hidden_layers
    values = {
        "id": "small", "title": "A small one", "backend": "transformers", "rate": 16000,
        "layers": layers + 1, "width": config.hidden_size, "frame_rate": variant.frame_rate,
        "parameters": sum(parameter.numel() for parameter in hears.parameters()),
        "licence": "MIT", "citation": "Nobody: nothing, 2026.",
        "policy": {"shortest": variant.shortest} | (variant.policy or {}),
        "weights": [FolderWeights(kind="folder", path="weights")],
    }  # fmt: skip
    return ModelCard.model_validate(values | changes)


def _load(card: ModelCard, folder: Path) -> backend.Pretrained:
    return backend.load(card, find(card, Path(), {card.id: folder}), REFERENCE)


def _told_input(model: Any, audio: Waveform) -> dict[str, Any]:
    """What transformers' own feature extractor makes of a clip."""
    match model.config.model_type:
        case "wav2vec2-bert":
            extractor: Any = transformers.SeamlessM4TFeatureExtractor()
        case "whisper":
            extractor = transformers.WhisperFeatureExtractor()
        case "audio-spectrogram-transformer":
            extractor = transformers.ASTFeatureExtractor(num_mel_bins=32, max_length=204)
        case _:
            extractor = transformers.Wav2Vec2FeatureExtractor()
    return dict(extractor(audio, sampling_rate=16000, return_tensors="pt"))


def _told(model: Any, audio: Waveform) -> torch.Tensor:
    """transformers' own hidden states [layers, frames, width]."""
    inputs = _told_input(model, audio)
    with torch.no_grad():
        states = _heard(model)(**inputs, output_hidden_states=True).hidden_states
    padded = model.config.model_type == "wav2vec2-bert"  # to an even number of frames
    return torch.cat(states)[:, : int(inputs["attention_mask"].sum()) if padded else None]


@pytest.mark.parametrize("name", VARIANTS)
def test_states_are_transformers_own(name: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    model = _model(variant)
    card = _card(variant, model)
    encoder = _load(card, _save(model, tmp_path))
    clips = [_noise(length, seed) for seed, length in enumerate(LENGTHS)]
    for clip, states in zip(clips, encoder.encode(clips), strict=True):
        output = _told(model, clip)
        assert states.shape == output.shape
        assert states.dtype == torch.float32
        assert states.shape[::2] == (card.layers, card.width)
        assert (states - output).abs().max() < CLOSE
        assert output.std() > 0.1
        if card.frame_rate and card.policy.padding == "none":
            assert abs(states.shape[1] - len(clip) / 16000 * card.frame_rate) < 2.5


@pytest.mark.parametrize("name", VARIANTS)
def test_the_card_read_from_a_folder_is_as_the_written_one(name: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    model = _model(variant)
    folder = _save(model, tmp_path)
    written, derived = _card(variant, model), uncatalogued.card(folder, "Small one")
    assert derived.id.startswith("small-one-")
    for key in ("backend", "rate", "layers", "width", "parameters"):
        assert getattr(derived, key) == getattr(written, key)
    if written.frame_rate is None:
        assert derived.frame_rate is None
    else:
        assert derived.frame_rate == pytest.approx(written.frame_rate, rel=1e-4)
    assert derived.policy.shortest == pytest.approx(written.policy.shortest, abs=0.001)
    encoders = _load(written, folder), _load(derived, folder)
    same = written.policy.padding == derived.policy.padding
    for item, other in zip(*(encoder.encode([_noise(16000)]) for encoder in encoders), strict=True):
        assert torch.equal(item, other if same else item)


@pytest.mark.parametrize("name", WAVEFORMS)
def test_states_are_what_goes_in_and_out_of_the_layers(name: str, tmp_path: Path) -> None:
    """Whatever a version of transformers calls hidden states."""
    model = _model(VARIANTS[name])
    hears = _heard(model)
    layers = (hears if name == "moonshine" else hears.encoder).layers
    seen: list[torch.Tensor] = []
    layers[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    for layer in layers:
        layer.register_forward_hook(
            lambda _, __, given: seen.append(given[0] if isinstance(given, tuple) else given)
        )
    with torch.no_grad():
        last = hears(**_told_input(model, _noise(8000))).last_hidden_state
    if name == "moonshine":  # whose last state is the normalised one, as Whisper's is
        seen[-1] = last
    (states,) = _load(_card(VARIANTS[name], model), _save(model, tmp_path)).encode([_noise(8000)])
    assert (states - torch.cat(seen)).abs().max() < CLOSE


def test_whisper_at_a_clips_own_length(tmp_path: Path) -> None:
    variant = VARIANTS["whisper"]._replace(policy=None)
    model = _model(variant)
    card = _card(variant, model)
    encoder = _load(card, _save(model, tmp_path))
    (states,) = encoder.encode([_noise(16000)])
    extractor: Any = transformers.WhisperFeatureExtractor()
    mel = extractor(_noise(16000), sampling_rate=16000, padding=False, return_tensors="pt")
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
    model = _model(variant)
    encoder = _load(_card(variant, model), _save(model, tmp_path))
    clips = [_noise(12000, 1), _noise(24000, 2)]
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
    model = _model(variant)
    encoder = _load(_card(variant, model), _save(model, tmp_path))
    clips = [_noise(2000 + 700 * seed, seed) for seed in range(12)]
    alone = [encoder.encode([clip])[0] for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda clip: encoder.encode([clip])[0], clips))
    for item, other in zip(alone, together, strict=True):
        assert torch.equal(item, other)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_shortest_clip_is_encoded_and_a_shorter_one_refused(name: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    model = _model(variant)
    folder = _save(model, tmp_path)
    encoder = _load(_card(variant, model), folder)
    shortest = encoder._shortest
    assert shortest <= variant.shortest * 16000 < shortest + 20
    (states,) = encoder.encode([_noise(shortest)])
    assert states.shape[1] >= 1
    assert torch.isfinite(states).all()
    with pytest.raises(Refused, match="too short"):
        encoder.encode([_noise(shortest - 1)])
    if name in WAVEFORMS:
        with torch.no_grad(), pytest.raises((RuntimeError, ValueError)):
            _told(model, _noise(shortest - 1))
    policy = {"shortest": 0.02} | (variant.policy or {})
    with pytest.raises(CardError, match=r"shortest = 0\.02"):
        _load(_card(variant, model, policy=policy), folder)


@pytest.mark.slow
def test_silence_is_encoded(tmp_path: Path) -> None:
    for name, variant in VARIANTS.items():
        model = _model(variant)
        encoder = _load(_card(variant, model), _save(model, tmp_path / name))
        (states,) = encoder.encode([np.zeros(16000, np.float32)])
        assert torch.isfinite(states).all()


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("wav2vec2", "ForCTC"), ("wav2vec2", "ForPreTraining"), ("hubert", "ForCTC"),
        ("wavlm", "ForSequenceClassification"), ("sew", "ForCTC"), ("w2v-bert", "ForCTC"),
        ("unispeech-sat", "ForPreTraining"), ("whisper", "ForConditionalGeneration"),
        ("moonshine", "ForConditionalGeneration"), ("ast", "ForAudioClassification"),
    ],
)  # fmt: skip
def test_what_does_not_hear_is_left_out(name: str, head: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    model = _model(variant, head)
    base = model.model if hasattr(model, "model") else model.base_model
    encoder = _load(_card(variant, base), _save(model, tmp_path))
    (states,) = encoder.encode([_noise(16000)])
    assert (states - _told(base, _noise(16000))).abs().max() < CLOSE


def test_the_encoder_alone_is_enough(tmp_path: Path) -> None:
    for name, kind in (("whisper", WhisperEncoder), ("moonshine", MoonshineEncoder)):
        model = _model(VARIANTS[name])
        folder = _save(model, tmp_path / name)
        state = load_file(folder / "model.safetensors")
        only = {key: value for key, value in state.items() if key.startswith("encoder.")}
        assert len(only) == len(kind(model.config).state_dict())
        save_file(only, folder / "model.safetensors", {"format": "pt"})
        (states,) = _load(_card(VARIANTS[name], model), folder).encode([_noise(16000)])
        assert (states - _told(model, _noise(16000))).abs().max() < CLOSE


@pytest.fixture(scope="module")
def wav2vec2() -> Any:
    return _model(VARIANTS["wav2vec2"])


@pytest.fixture
def folder(wav2vec2: Any, tmp_path: Path) -> Path:
    return _save(wav2vec2, tmp_path / "weights")


@pytest.fixture
def card(wav2vec2: Any) -> ModelCard:
    return _card(VARIANTS["wav2vec2"], wav2vec2)


def _rewrite(
    folder: Path, change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]
) -> None:
    file = folder / "model.safetensors"
    save_file(change(load_file(file)), file, {"format": "pt"})


def _rename(name: str) -> str:
    for new, old in (("original0", "weight_g"), ("original1", "weight_v")):
        name = name.replace(f"parametrizations.weight.{new}", old)
    return name


def test_weight_norm_under_its_older_names(card: ModelCard, folder: Path, wav2vec2: Any) -> None:
    _rewrite(folder, lambda state: {_rename(name): value for name, value in state.items()})
    assert "encoder.pos_conv_embed.conv.weight_g" in load_file(folder / "model.safetensors")
    (states,) = _load(card, folder).encode([_noise(8000)])
    assert (states - _told(wav2vec2, _noise(8000))).abs().max() < CLOSE


def test_half_precision_files_are_computed_in_float32(
    card: ModelCard, folder: Path, wav2vec2: Any
) -> None:
    _rewrite(folder, lambda state: {name: value.half() for name, value in state.items()})
    rounded: Any = _model(VARIANTS["wav2vec2"])
    rounded.load_state_dict({k: v.half().float() for k, v in wav2vec2.state_dict().items()})
    (states,) = _load(card, folder).encode([_noise(8000)])
    assert states.dtype == torch.float32
    assert (states - _told(rounded, _noise(8000))).abs().max() < CLOSE


def test_shards_are_one_model(card: ModelCard, wav2vec2: Any, tmp_path: Path) -> None:
    folder = _save(wav2vec2, tmp_path, max_shard_size="10KB")
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 1
    before = find(card, Path(), {card.id: folder})
    (states,) = _load(card, folder).encode([_noise(8000)])
    assert (states - _told(wav2vec2, _noise(8000))).abs().max() < CLOSE
    state = load_file(shards[-1])
    name = next(iter(state))
    save_file(state | {name: state[name] + 1}, shards[-1], {"format": "pt"})
    assert find(card, Path(), {card.id: folder}).sha256 != before.sha256
    shards[0].unlink()
    with pytest.raises(ParalbenchError, match=f"names the shard {shards[0].name}"):
        find(card, Path(), {card.id: folder})


def test_a_missing_tensor_is_named(card: ModelCard, folder: Path) -> None:
    gone = "encoder.layers.1.attention.k_proj.weight"
    _rewrite(folder, lambda state: {k: v for k, v in state.items() if k != gone})
    with pytest.raises(ParalbenchError, match=rf"lack {gone}.*incomplete"):
        _load(card, folder)


def test_the_embedding_of_masks_may_be_missing(
    card: ModelCard, folder: Path, wav2vec2: Any
) -> None:
    _rewrite(folder, lambda state: {k: v for k, v in state.items() if k != "masked_spec_embed"})
    (states,) = _load(card, folder).encode([_noise(8000)])
    assert (states - _told(wav2vec2, _noise(8000))).abs().max() < CLOSE


def test_a_tensor_of_another_shape_is_refused(card: ModelCard, folder: Path) -> None:
    name = "encoder.layer_norm.weight"
    _rewrite(folder, lambda state: state | {name: torch.ones(17)})
    with pytest.raises(ParalbenchError, match=rf"{name} is \[17\], .* needs \[16\]"):
        _load(card, folder)


def test_a_cut_file_is_refused(card: ModelCard, folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ParalbenchError, match="cannot be read"):
        _load(card, folder)


def test_a_pickle_is_never_opened(card: ModelCard, folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ParalbenchError, match=r"pickle.*'paralbench convert"):
        _load(card, folder)


def test_code_that_comes_with_the_weights_is_never_run(card: ModelCard, folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "theirs.py").write_text("raise SystemExit('it was run')")
    for model_type in ("wav2vec2", "theirs"):
        record = {"auto_map": {"AutoConfig": "theirs.C", "AutoModel": "theirs.M"}}
        (folder / "config.json").write_text(
            json.dumps(config | record | {"model_type": model_type})
        )
        if model_type == "wav2vec2":
            assert _load(card, folder).encode([_noise(8000)])[0].shape[0] == 4
        else:
            with pytest.raises(
                CardError, match="'theirs' is not supported; supported are: wav2vec2"
            ):
                _load(card, folder)


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
        _load(_card(VARIANTS["wav2vec2"], wav2vec2, **changes), folder)


def test_windows_that_a_model_cannot_hear(tmp_path: Path) -> None:
    for name, policy, text in (
        ("ast", {"window": 30.0, "padding": "window"}, "window = 2.04"),
        ("ast", {"window": 2.04}, 'padding = "window"'),
        ("whisper", {"window": 40.0}, "positions for 30 s, the card's policy says window = 40"),
    ):
        model = _model(VARIANTS[name])
        saved = _save(model, tmp_path / f"{name}")
        with pytest.raises(CardError, match=text):
            _load(_card(VARIANTS[name], model, policy=policy), saved)


def test_normalisation_is_said_by_the_card_or_the_folder(
    card: ModelCard, folder: Path, wav2vec2: Any
) -> None:
    loud = _noise(8000) * 3
    (normalised,) = _load(card, folder).encode([loud])
    assert (normalised - _told(wav2vec2, loud)).abs().max() < CLOSE
    raw = card.model_copy(update={"settings": {"normalise": False}})
    (states,) = _load(raw, folder).encode([loud])
    with torch.no_grad():
        hidden_states = wav2vec2(
            torch.from_numpy(loud)[None], output_hidden_states=True
        ).hidden_states
    assert (states - torch.cat(hidden_states)).abs().max() < CLOSE
    assert (states - normalised).abs().max() > 1e-3
    (folder / "preprocessor_config.json").write_text('{"do_normalize": false}')
    assert torch.equal(_load(card, folder).encode([loud])[0], states)
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(CardError, match="nothing says whether its input is normalised"):
        _load(card, folder)


def test_a_setting_that_means_nothing_is_refused(tmp_path: Path) -> None:
    model = _model(VARIANTS["whisper"])
    card = _card(VARIANTS["whisper"], model, settings={"normalise": True})
    with pytest.raises(CardError, match="remove 'normalise'"):
        _load(card, _save(model, tmp_path))


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
    _rewrite(folder, lambda state: state | {"masked_spec_embed": torch.zeros(16)})
    seen.add(identity())
    (folder / "preprocessor_config.json").unlink()
    seen.add(identity())
    assert len(seen) == 5
    assert identity() == identity()


def test_loading_leaves_the_process_as_it_was(
    card: ModelCard, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    torch.manual_seed(5)
    before = (torch.get_rng_state(), logging.get_verbosity(), logging.is_progress_bar_enabled())
    _rewrite(folder, lambda state: state | {"lm_head.weight": torch.zeros(3)})
    encoder = _load(card, folder)
    (states,) = encoder.encode([_noise(8000)])
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (logging.get_verbosity(), logging.is_progress_bar_enabled())
    assert not states.requires_grad
    assert torch.equal(states, encoder.encode([_noise(8000)])[0])
    assert capfd.readouterr() == ("", "")
