"""The architectures of transformers, from a folder of config.json and safetensors.

config.json names the architecture and is compared with the numbers on the card. Hidden states are
the first layer's input and each layer's output. Each clip is computed alone, at its own length.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paralbench.encoders import architectures
from paralbench.encoders.architectures import Architecture
from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.fbank import HOP
from paralbench.encoders.hidden_states import AllLayers, WhisperLayers
from paralbench.encoders.model_inputs import (
    FilledFbank,
    ModelInput,
    Samples,
    StackedFbank,
    WhisperMel,
)
from paralbench.encoders.placement import Placement
from paralbench.encoders.preprocessor import FILE, Preprocessor
from paralbench.encoders.running import Forward, running
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError, Refused
from paralbench.records.model_card import ModelCard

_RATE = 16000


class Settings(Card):
    """``normalise``: whether the waveform (for AST the spectrum) is normalised; by default as in
    preprocessor_config.json."""

    normalise: bool | None = None


class Pretrained:
    """A frozen model of transformers; with fewer than ``shortest`` samples it gives no frame."""

    def __init__(
        self, card: ModelCard, model_input: ModelInput, forward: Forward, shortest: int
    ) -> None:
        self._card, self._shortest = card, shortest
        self._input, self._forward = model_input, forward

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers, frames, width] for each waveform.

        Raises:
            Refused: for one shorter than the model's receptive field.
        """
        for waveform in waveforms:
            if len(waveform) < self._shortest:
                rate = self._card.rate
                raise Refused(
                    f"too short: {len(waveform) / rate:.4f} s, {self._card.id} gives no frame for "
                    f"less than {self._shortest / rate:.4f} s"
                )
        return [self._forward(self._input(waveform)) for waveform in waveforms]


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Pretrained:
    """The encoder with its weights.

    Raises:
        CardError: for an architecture that is not supported, or a card that disagrees with it.
        ParalbenchError: for incomplete weights.
    """
    if weights.path is None or weights.format != "safetensors":
        raise CardError(
            f"model '{card.id}': the backend 'transformers' reads a folder of safetensors, "
            f"not '{weights.format}'."
        )
    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    architecture = architectures.architecture(weights.path)
    config = architectures.configuration(weights.path, architecture)
    preprocessor = Preprocessor.of(weights.path)
    _check(card, architecture, config, preprocessor)
    model_input = _model_input(
        card, architecture, config, settings.normalise, preprocessor, weights.path
    )
    model = architectures.load(weights.path, architecture, config)
    count = sum(parameter.numel() for parameter in model.parameters())
    _check_numbers(card, [("parameters", card.parameters, count)])
    architectures.prepare(model)
    layers = (WhisperLayers if architecture.input == "whisper-mel" else AllLayers)(model)
    shortest = architecture.shortest(config)
    example = model_input(np.zeros(max(card.rate, shortest), np.float32))
    return Pretrained(card, model_input, running(layers, example, placement, card.id), shortest)


def _check(
    card: ModelCard, architecture: Architecture, config: Any, preprocessor: Preprocessor
) -> None:
    """Compare the card's numbers and policy with config.json, before the weights are read."""
    hop = architecture.hop(config)
    frame_rate = None if hop is None else card.rate / hop
    same = frame_rate is not None and math.isclose(card.frame_rate or 0, frame_rate, rel_tol=1e-3)
    _check_numbers(
        card,
        [
            ("rate", card.rate, preprocessor.sampling_rate or _RATE),
            ("layers", card.layers, architecture.hidden_states(config)),
            ("width", card.width, config.hidden_size),
            ("frame_rate", card.frame_rate, card.frame_rate if same else frame_rate),
        ],
    )
    policy, shortest = card.policy, architecture.shortest(config)
    if round(policy.shortest * card.rate) < shortest:
        raise CardError(
            f"model '{card.id}': it gives no frame for less than {shortest / card.rate:.6g} s, the "
            f"card's policy says shortest = {policy.shortest:g}."
        )
    if architecture.input == "ast-fbank":
        window = config.max_length * HOP / card.rate
        if policy.padding != "window" or not math.isclose(policy.window, window):
            raise CardError(
                f"model '{card.id}': its input is always {window:g} s long; the card's policy must "
                f'say window = {window:g} and padding = "window".'
            )
    elif policy.padding == "window" and architecture.input != "whisper-mel":
        raise CardError(
            f"model '{card.id}': it encodes a clip at its own length; the card's policy must say "
            f'padding = "none".'
        )
    positions = getattr(config, "max_source_positions", math.inf)
    if frame_rate is not None and policy.window * frame_rate > positions:
        raise CardError(
            f"model '{card.id}': it has positions for {positions / frame_rate:g} s, the card's "
            f"policy says window = {policy.window:g}."
        )


def _check_numbers(card: ModelCard, numbers: list[tuple[str, float | None, float | None]]) -> None:
    def text(value: float | None) -> str:
        return "none" if value is None else f"{value:.9g}"

    differences = [
        f"{name} is {text(actual)}, the card says {text(declared)}"
        for name, declared, actual in numbers
        if declared != actual
    ]
    if differences:
        raise CardError(f"model '{card.id}': of its weights {'; '.join(differences)}.")


def _model_input(
    card: ModelCard,
    architecture: Architecture,
    config: Any,
    normalise: bool | None,
    preprocessor: Preprocessor,
    folder: Path,
) -> ModelInput:
    if architecture.input in ("whisper-mel", "kaldi-fbank"):
        if normalise is not None:
            raise CardError(
                f"model '{card.id}': its input is always normalised in the one way it was trained "
                f"with; remove 'normalise' from the card's settings."
            )
        if architecture.input == "kaldi-fbank":
            return StackedFbank(config.feature_projection_input_dim // 2)
        seconds = card.policy.window if card.policy.padding == "window" else None
        return WhisperMel(config.num_mel_bins, card.rate, seconds)
    normalised = preprocessor.do_normalize if normalise is None else normalise
    if normalised is None:
        raise CardError(
            f"model '{card.id}': nothing says whether its input is normalised; add "
            f"'normalise = true' or 'false' to the card's settings, or {FILE} to {folder}."
        )
    if architecture.input == "waveform":
        return Samples(normalised)
    return FilledFbank(
        config.num_mel_bins, config.max_length, normalised, preprocessor.mean, preprocessor.std
    )
