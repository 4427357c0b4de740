"""The supported architectures of transformers, and loading one from a folder of weights.

Only the acoustic encoder is built and loaded. All of its tensors must be in the files; other tensors
(a CTC head, a quantizer, a decoder) are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any, Literal

import torch
from torch.nn.utils import parametrize

from paralbench.encoders.compatibility import make_importable
from paralbench.encoders.hidden_states import Rotation
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.system.third_party_code import first_line

InputKind = Literal["waveform", "whisper-mel", "kaldi-fbank", "ast-fbank"]
"""The input of an architecture: samples, or one of three kinds of mel spectrum."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """One architecture of transformers.

    ``model`` is ``folder:Class`` below ``transformers.models``; ``part`` is the prefix of its
    tensors where the checkpoint holds more (a decoder); ``layers`` names the config's count.
    """

    model: str
    input: InputKind = "waveform"
    part: str = ""
    layers: str = "num_hidden_layers"

    @property
    def type(self) -> Any:
        """The class in transformers."""
        make_importable()
        module, name = self.model.split(":")
        folder = module.removesuffix("_audio")
        return getattr(import_module(f"transformers.models.{folder}.modeling_{module}"), name)

    def hidden_states(self, config: Any) -> int:
        """Number of hidden states: the first layer's input and each layer's output."""
        return int(getattr(config, self.layers)) + 1

    def hop(self, config: Any) -> int | None:
        """Samples from one frame to the next; None where frames do not follow time."""
        match self.input:
            case "waveform":
                strides = [stride for _, stride in _convolutions(config)]
                return prod(strides) * int(getattr(config, "squeeze_factor", 1))
            case "whisper-mel" | "kaldi-fbank":
                return 320
            case "ast-fbank":
                return None

    def shortest(self, config: Any) -> int:
        """Samples of the shortest input that gives a frame."""
        if self.input == "kaldi-fbank":
            return 400 + 160
        if self.input != "waveform":
            return 400
        samples = int(getattr(config, "squeeze_factor", 1))
        for kernel, stride in reversed(_convolutions(config)):
            samples = (samples - 1) * stride + kernel
        return samples


ARCHITECTURES = {
    "wav2vec2": Architecture("wav2vec2:Wav2Vec2Model"),
    "hubert": Architecture("hubert:HubertModel"),
    "wavlm": Architecture("wavlm:WavLMModel"),
    "data2vec-audio": Architecture("data2vec_audio:Data2VecAudioModel"),
    "unispeech": Architecture("unispeech:UniSpeechModel"),
    "unispeech-sat": Architecture("unispeech_sat:UniSpeechSatModel"),
    "sew": Architecture("sew:SEWModel"),
    "wav2vec2-conformer": Architecture("wav2vec2_conformer:Wav2Vec2ConformerModel"),
    "wav2vec2-bert": Architecture("wav2vec2_bert:Wav2Vec2BertModel", "kaldi-fbank"),
    "whisper": Architecture("whisper:WhisperEncoder", "whisper-mel", "encoder."),
    "moonshine": Architecture(
        "moonshine:MoonshineEncoder", part="encoder.", layers="encoder_num_hidden_layers"
    ),
    "audio-spectrogram-transformer": Architecture(
        "audio_spectrogram_transformer:ASTModel", "ast-fbank"
    ),
}
"""By the ``model_type`` of config.json."""


def _convolutions(config: Any) -> list[tuple[int, int]]:
    """Kernel and stride of each convolution over the waveform."""
    if config.model_type == "moonshine":  # fixed in its code, not in its config
        return [(127, 64), (7, 3), (3, 2)]
    return list(zip(config.conv_kernel, config.conv_stride, strict=True))


def architecture(folder: Path) -> Architecture:
    """The architecture named in config.json; raises CardError for an unsupported one."""
    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise ParalbenchError(f"{folder / 'config.json'}: cannot be read ({error}).") from error
    if kind not in ARCHITECTURES:
        raise CardError(
            f"{folder / 'config.json'}: its model_type '{kind}' is not supported; "
            f"supported are: {', '.join(ARCHITECTURES)}."
        )
    return ARCHITECTURES[kind]


def configuration(folder: Path, architecture: Architecture) -> Any:
    """The folder's config as transformers reads it, without code or network."""
    try:
        return architecture.type.config_class.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ParalbenchError(f"{folder / 'config.json'}: {first_line(error)}") from error


def load(folder: Path, architecture: Architecture, config: Any) -> torch.nn.Module:
    """The model in float32 with the weights of a folder.

    Raises:
        ParalbenchError: where a tensor is missing, has another shape, or a file cannot be read.
    """
    from safetensors import SafetensorError

    try:
        with _quiet():
            model, report = architecture.type.from_pretrained(
                folder,
                config=config,
                key_mapping={rf"^(model\.)?{architecture.part}": ""} if architecture.part else None,
                dtype=torch.float32,
                attn_implementation="sdpa" if architecture.type._supports_sdpa else "eager",
                local_files_only=True,
                use_safetensors=True,
                ignore_mismatched_sizes=True,  # named in the error below
                output_loading_info=True,
            )
    except (SafetensorError, RuntimeError, ValueError, OSError) as error:
        raise ParalbenchError(
            f"{folder}: the weights cannot be read ({first_line(error)})."
        ) from error
    for name, actual, expected in sorted(report["mismatched_keys"]):
        raise ParalbenchError(
            f"{folder}: the weights' {name} is {list(actual)}, {architecture.type.__name__} as "
            f"config.json describes it needs {list(expected)}."
        )
    missing = sorted(report["missing_keys"] - {"masked_spec_embed"})  # used in training only
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise ParalbenchError(
            f"{folder}: the weights lack {', '.join(missing[:3])}{more}, which "
            f"{architecture.type.__name__} needs; the file is incomplete or is of another model."
        )
    assert isinstance(model, torch.nn.Module)
    return model


def prepare(model: torch.nn.Module) -> None:
    """Make a loaded model fast and safe for threads, without any change of its output.

    A weight stored as direction and length is multiplied out once, not at each forward; positions
    cached between forwards, which threads would share, are computed each time.
    """
    for module in model.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")
    encoder: Any = getattr(model, "encoder", None)
    positions: Any = getattr(encoder, "embed_positions", None)
    if hasattr(positions, "cached_rotary_positional_embedding"):
        encoder.embed_positions = Rotation(positions.inv_freq)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence transformers' reports and restore the random state afterwards."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
