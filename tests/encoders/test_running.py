"""Every architecture on every runtime this machine has, at lengths other than the traced one."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from paralbench.encoders import architectures, native
from paralbench.encoders.hidden_states import AllLayers, WhisperLayers
from paralbench.encoders.placement import REFERENCE, Placement
from paralbench.encoders.running import Forward, running
from paralbench.records.errors import ParalbenchError, UsageError

SIZES: dict[str, Any] = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48,
}  # fmt: skip
CONVOLUTIONS: dict[str, Any] = {
    "conv_dim": (16,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2,
    "vocab_size": 11,
}  # fmt: skip
STABLE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
WAVES = SIZES | CONVOLUTIONS
ARCHITECTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "wav2vec2": ("Wav2Vec2", WAVES),
    "wav2vec2-layer-norm": ("Wav2Vec2", WAVES | STABLE),
    "hubert": ("Hubert", WAVES),
    "wavlm": ("WavLM", WAVES | {"num_buckets": 32}),
    "wavlm-layer-norm": ("WavLM", WAVES | STABLE),
    "data2vec": (
        "Data2VecAudio",
        WAVES | {"num_conv_pos_embeddings": 5, "conv_pos_kernel_size": 19},
    ),
    "unispeech": ("UniSpeech", WAVES),
    "unispeech-sat": ("UniSpeechSat", WAVES),
    "sew": ("SEW", SIZES | {"squeeze_factor": 2, "vocab_size": 11}),
    "conformer-relative": (
        "Wav2Vec2Conformer",
        WAVES | STABLE | {"position_embeddings_type": "relative"},
    ),
    "conformer-rotary": (
        "Wav2Vec2Conformer",
        WAVES | STABLE | {"position_embeddings_type": "rotary"},
    ),
    "w2v-bert": ("Wav2Vec2Bert", SIZES | {"vocab_size": 11}),
    "moonshine": (
        "Moonshine",
        {
            "hidden_size": 32, "intermediate_size": 48, "vocab_size": 11,
            "encoder_num_hidden_layers": 2, "decoder_num_hidden_layers": 1,
            "encoder_num_attention_heads": 2, "decoder_num_attention_heads": 2,
        },
    ),
    "whisper": (
        "Whisper",
        {
            "d_model": 32, "encoder_layers": 2, "encoder_attention_heads": 2,
            "encoder_ffn_dim": 48, "decoder_layers": 1, "decoder_attention_heads": 2,
            "vocab_size": 11, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
            "decoder_start_token_id": 1,
        },
    ),
    "ast": ("AST", SIZES | {"max_length": 204, "num_mel_bins": 32}),
}  # fmt: skip
SECONDS = (0.4, 1.7, 3.1)
FAST = [
    Placement("cpu", "fp32", "openvino"),
    Placement("cpu", "bf16", "openvino"),
    Placement("cpu", "bf16", "torch"),
    Placement("cpu", "fp32", "onnxruntime"),
]


def _module(name: str) -> torch.nn.Module:
    model, config = ARCHITECTURES[name]
    torch.manual_seed(3)
    complete: Any = getattr(transformers, f"{model}Model")(
        getattr(transformers, f"{model}Config")(**config)
    )
    recorded = complete.encoder if model in ("Whisper", "Moonshine") else complete
    with torch.no_grad():
        for parameter in recorded.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    architectures.prepare(recorded.eval())
    return WhisperLayers(recorded) if model == "Whisper" else AllLayers(recorded)


def _input(name: str, seconds: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(round(seconds * 100))
    shape = {
        "w2v-bert": (1, round(50 * seconds), 160),
        "whisper": (1, 80, 2 * round(50 * seconds)),
        "ast": (1, 204, 32),
    }.get(name, (1, round(16000 * seconds)))
    return torch.randn(shape, generator=generator)


def _here(placement: Placement) -> Placement:
    if not importlib.util.find_spec(placement.runtime):
        pytest.skip(f"{placement.runtime} is not installed")
    reason = native.refusal(placement)
    if reason:
        pytest.skip(reason)
    return placement


def _running(name: str, placement: Placement) -> Forward:
    return running(_module(name), _input(name, 1.0), placement, name)


@pytest.mark.slow
@pytest.mark.parametrize("placement", FAST, ids=lambda one: one.name)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_other_lengths_than_the_traced_one(name: str, placement: Placement) -> None:
    if (name, placement.runtime) == ("moonshine", "onnxruntime"):
        with pytest.raises(ParalbenchError, match="'moonshine': it cannot be exported to ONNX"):
            _running(name, _here(placement))
        return
    wrong_on_amx = (name, placement.runtime, placement.precision) == ("sew", "openvino", "bf16")
    if wrong_on_amx and "amx_bf16" in native.bf16_instructions():
        with pytest.raises(ParalbenchError, match="'sew': OpenVINO in bf16 gives wrong numbers"):
            _running(name, _here(placement))
        return
    fast, reference = _running(name, _here(placement)), _running(name, REFERENCE)
    for seconds in SECONDS:
        recorded = _input(name, seconds)
        expected, result = reference(recorded), fast(recorded)
        assert result.dtype == torch.float32
        assert result.shape == expected.shape
        cosines = torch.nn.functional.cosine_similarity(result, expected, dim=-1)
        if placement.precision == "fp32":
            assert (result - expected).abs().max() < 1e-4 * expected.abs().max()
        assert cosines.mean() > 0.999
        assert cosines.min() > 0.97


@pytest.mark.slow
@pytest.mark.parametrize("placement", FAST, ids=lambda one: one.name)
def test_threads_get_their_own_numbers(placement: Placement) -> None:
    """A request that is used again must not write over states that were handed out."""
    fast = _running("wav2vec2", _here(placement))
    recorded = [_input("wav2vec2", 0.3 + 0.1 * number) for number in range(12)]
    alone = [fast(one).clone() for one in recorded]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fast, recorded))
    for expected, result in zip(alone, together, strict=True):
        assert np.array_equal(expected.numpy(), result.numpy())


def test_without_bf16_instructions_bf16_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "hardware", lambda: {"instructions": ["avx2"]})
    with pytest.raises(UsageError, match="no bf16 instructions"):
        _running("wav2vec2", Placement("cpu", "bf16"))
    assert {placement.precision for placement in native.placements("cpu")} == {"fp32"}


def test_bf16_instructions_are_those_the_system_names(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"instructions": ["avx2", "avx512_bf16"]}
    monkeypatch.setattr(native, "hardware", lambda: named)
    assert native.bf16_instructions() == ["avx512_bf16"]
    assert Placement("cpu", "bf16") in native.placements("cpu")


@pytest.mark.slow
def test_openvino_sends_nothing_home() -> None:
    """In a process of its own, since the first import decides."""
    _here(FAST[0])
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise SystemExit('a connection was asked for')\n"
        "socket.socket.connect = socket.create_connection = refuse\n"
        "import torch\n"
        "from paralbench.encoders.placement import Placement\n"
        "from paralbench.encoders.running import running\n"
        "module = torch.nn.Linear(3, 2)\n"
        "running(module, torch.zeros(1, 3), Placement('cpu', 'fp32', 'openvino'), 'm')\n"
        "found = [name for name in sys.modules if name.startswith('openvino_telemetry')]\n"
        "sys.exit(f'telemetry was loaded: {found}' if found else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_gpu_has_no_runtime_of_the_cpu() -> None:
    with pytest.raises(UsageError, match="serves the CPU"):
        running(
            _module("wav2vec2"), _input("wav2vec2", 1), Placement("cuda", "fp32", "openvino"), "m"
        )


def test_the_placement_is_part_of_the_name_of_features(tmp_path: Path) -> None:
    from paralbench.catalog import Catalog
    from paralbench.encoders.loading import loadable

    model = Catalog().model("whisper-tiny.en")
    names = {loadable(model, {}, way).identity for way in (REFERENCE, *FAST)}
    assert len(names) == 1 + len(FAST)
