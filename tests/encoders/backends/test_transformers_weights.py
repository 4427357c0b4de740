"""Files of weights: older names, precisions, shards, what is missing, what must never be run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers.models.moonshine.modeling_moonshine import MoonshineEncoder
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from paralbench.encoders.weights import find
from paralbench.records.errors import CardError, ParalbenchError
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


def _rename(name: str) -> str:
    for new, old in (("original0", "weight_g"), ("original1", "weight_v")):
        name = name.replace(f"parametrizations.weight.{new}", old)
    return name


def test_weight_norm_under_its_older_names(card: ModelCard, folder: Path, wav2vec2: Any) -> None:
    rewrite(folder, lambda state: {_rename(name): value for name, value in state.items()})
    assert "encoder.pos_conv_embed.conv.weight_g" in load_file(folder / "model.safetensors")
    (states,) = loaded(card, folder).encode([noise(8000)])
    assert (states - states_of(wav2vec2, noise(8000))).abs().max() < CLOSE


def test_half_precision_files_are_computed_in_float32(
    card: ModelCard, folder: Path, wav2vec2: Any
) -> None:
    rewrite(folder, lambda state: {name: value.half() for name, value in state.items()})
    rounded: Any = small_model(VARIANTS["wav2vec2"])
    rounded.load_state_dict({k: v.half().float() for k, v in wav2vec2.state_dict().items()})
    (states,) = loaded(card, folder).encode([noise(8000)])
    assert states.dtype == torch.float32
    assert (states - states_of(rounded, noise(8000))).abs().max() < CLOSE


def test_shards_are_one_model(card: ModelCard, wav2vec2: Any, tmp_path: Path) -> None:
    folder = saved(wav2vec2, tmp_path, max_shard_size="10KB")
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 1
    before = find(card, Path(), {card.id: folder})
    (states,) = loaded(card, folder).encode([noise(8000)])
    assert (states - states_of(wav2vec2, noise(8000))).abs().max() < CLOSE
    state = load_file(shards[-1])
    name = next(iter(state))
    save_file(state | {name: state[name] + 1}, shards[-1], {"format": "pt"})
    assert find(card, Path(), {card.id: folder}).sha256 != before.sha256
    shards[0].unlink()
    with pytest.raises(ParalbenchError, match=f"names the shard {shards[0].name}"):
        find(card, Path(), {card.id: folder})


def test_a_missing_tensor_is_named(card: ModelCard, folder: Path) -> None:
    gone = "encoder.layers.1.attention.k_proj.weight"
    rewrite(folder, lambda state: {k: v for k, v in state.items() if k != gone})
    with pytest.raises(ParalbenchError, match=rf"lack {gone}.*incomplete"):
        loaded(card, folder)


def test_the_embedding_of_masks_may_be_missing(
    card: ModelCard, folder: Path, wav2vec2: Any
) -> None:
    rewrite(folder, lambda state: {k: v for k, v in state.items() if k != "masked_spec_embed"})
    (states,) = loaded(card, folder).encode([noise(8000)])
    assert (states - states_of(wav2vec2, noise(8000))).abs().max() < CLOSE


def test_a_tensor_of_another_shape_is_refused(card: ModelCard, folder: Path) -> None:
    name = "encoder.layer_norm.weight"
    rewrite(folder, lambda state: state | {name: torch.ones(17)})
    with pytest.raises(ParalbenchError, match=rf"{name} is \[17\], .* needs \[16\]"):
        loaded(card, folder)


def test_a_cut_file_is_refused(card: ModelCard, folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ParalbenchError, match="cannot be read"):
        loaded(card, folder)


def test_a_pickle_is_never_opened(card: ModelCard, folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ParalbenchError, match=r"pickle.*'paralbench convert"):
        loaded(card, folder)


def test_code_that_comes_with_the_weights_is_never_run(card: ModelCard, folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "theirs.py").write_text("raise SystemExit('it was run')")
    for model_type in ("wav2vec2", "theirs"):
        record = {"auto_map": {"AutoConfig": "theirs.C", "AutoModel": "theirs.M"}}
        (folder / "config.json").write_text(
            json.dumps(config | record | {"model_type": model_type})
        )
        if model_type == "wav2vec2":
            assert loaded(card, folder).encode([noise(8000)])[0].shape[0] == 4
        else:
            with pytest.raises(
                CardError, match="'theirs' is not supported; supported are: wav2vec2"
            ):
                loaded(card, folder)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("wav2vec2", "ForCTC"), ("wav2vec2", "ForPreTraining"), ("hubert", "ForCTC"),
        ("wavlm", "ForSequenceClassification"), ("sew", "ForCTC"), ("w2v-bert", "ForCTC"),
        ("unispeech-sat", "ForPreTraining"), ("whisper", "ForConditionalGeneration"),
        ("moonshine", "ForConditionalGeneration"), ("ast", "ForAudioClassification"),
    ],
)  # fmt: skip
def test_what_is_not_the_encoder_is_left_out(name: str, head: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    model = small_model(variant, head)
    base = model.model if hasattr(model, "model") else model.base_model
    encoder = loaded(card_of(variant, base), saved(model, tmp_path))
    (states,) = encoder.encode([noise(16000)])
    assert (states - states_of(base, noise(16000))).abs().max() < CLOSE


def test_the_encoder_alone_is_enough(tmp_path: Path) -> None:
    for name, kind in (("whisper", WhisperEncoder), ("moonshine", MoonshineEncoder)):
        model = small_model(VARIANTS[name])
        folder = saved(model, tmp_path / name)
        state = load_file(folder / "model.safetensors")
        only = {key: value for key, value in state.items() if key.startswith("encoder.")}
        assert len(only) == len(kind(model.config).state_dict())
        save_file(only, folder / "model.safetensors", {"format": "pt"})
        (states,) = loaded(card_of(VARIANTS[name], model), folder).encode([noise(16000)])
        assert (states - states_of(model, noise(16000))).abs().max() < CLOSE


def test_loading_leaves_the_process_as_it_was(
    card: ModelCard, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    torch.manual_seed(5)
    before = (torch.get_rng_state(), logging.get_verbosity(), logging.is_progress_bar_enabled())
    rewrite(folder, lambda state: state | {"lm_head.weight": torch.zeros(3)})
    encoder = loaded(card, folder)
    (states,) = encoder.encode([noise(8000)])
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (logging.get_verbosity(), logging.is_progress_bar_enabled())
    assert not states.requires_grad
    assert torch.equal(states, encoder.encode([noise(8000)])[0])
    assert capfd.readouterr() == ("", "")
