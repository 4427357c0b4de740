"""Every architecture of transformers that hears, from a folder of config.json and safetensors.

config.json says which one it is; the card needs no more than its numbers, which are checked
against it. Hidden states are transformers' own: what enters the first layer, then what each layer
gives. Each clip is computed alone, at its own length.
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
    """``normalise``: whether the input is brought to zero mean and unit variance (the waveform;
    for AST its spectrum, by AudioSet's); preprocessor_config.json says where the card does not."""

    normalise: bool | None = None


class Pretrained:
    """A frozen model of transformers. ``shortest``: samples below which it gives no frame."""

    def __init__(self, card: ModelCard, hear: ModelInput, forward: Forward, shortest: int) -> None:
        self._card, self._hear, self._forward, self._shortest = card, hear, forward, shortest

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers, frames, width] for each waveform.

        Raises:
            Refused: for one shorter than the model's receptive field.
        """
        return [self._encode(waveform) for waveform in waveforms]

    def _encode(self, waveform: Waveform) -> HiddenStates:
        if len(waveform) < self._shortest:
            rate = self._card.rate
            raise Refused(
                f"too short: {len(waveform) / rate:.4f} s, {self._card.id} gives no frame for "
                f"less than {self._shortest / rate:.4f} s"
            )
        return self._forward(self._hear(waveform))


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Pretrained:
    """The encoder with the weights found.

    Raises:
        CardError: for an architecture that is not served, or a card that disagrees with it.
        ParalbenchError: for weights that are not whole.
    """
    if weights.path is None or weights.format != "safetensors":
        raise CardError(
            f"model '{card.id}': the backend 'transformers' reads a folder of safetensors, "
            f"not '{weights.format}'."
        )
    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    chosen = architectures.architecture(weights.path)
    config = architectures.configuration(weights.path, chosen)
    told = Preprocessor.of(weights.path)
    _check(card, chosen, config, told)
    hear = _model_input(card, chosen, config, settings.normalise, told, weights.path)
    model = architectures.load(weights.path, chosen, config)
    _agree(card, [("parameters", card.parameters, architectures.parameters(model))])
    architectures.prepare(model)
    layers = (WhisperLayers if chosen.hears == "whisper-mel" else AllLayers)(model)
    shortest = chosen.shortest(config)
    example = hear(np.zeros(max(card.rate, shortest), np.float32))
    return Pretrained(card, hear, running(layers, example, placement, card.id), shortest)


def _check(card: ModelCard, chosen: Architecture, config: Any, told: Preprocessor) -> None:
    """The card's numbers and policy against the weights' own, before the weights are read."""
    hop = chosen.hop(config)
    frame_rate = None if hop is None else card.rate / hop
    same = frame_rate is not None and math.isclose(card.frame_rate or 0, frame_rate, rel_tol=1e-3)
    _agree(
        card,
        [
            ("rate", card.rate, told.sampling_rate or _RATE),
            ("layers", card.layers, chosen.hidden_states(config)),
            ("width", card.width, config.hidden_size),
            ("frame_rate", card.frame_rate, card.frame_rate if same else frame_rate),
        ],
    )
    policy, shortest = card.policy, chosen.shortest(config) / card.rate
    if round(policy.shortest * card.rate) < chosen.shortest(config):
        raise CardError(
            f"model '{card.id}': it gives no frame for less than {shortest:.6g} s, the card's "
            f"policy says shortest = {policy.shortest:g}."
        )
    if chosen.hears == "ast-fbank":
        window = config.max_length * HOP / card.rate
        if policy.padding != "window" or not math.isclose(policy.window, window):
            raise CardError(
                f"model '{card.id}': it hears {window:g} s at a time and no less; the card's "
                f'policy must say window = {window:g} and padding = "window".'
            )
    elif policy.padding == "window" and chosen.hears != "whisper-mel":
        raise CardError(
            f"model '{card.id}': it hears a clip at its own length; the card's policy must say "
            f'padding = "none".'
        )
    positions = getattr(config, "max_source_positions", math.inf)
    if frame_rate is not None and policy.window * frame_rate > positions:
        raise CardError(
            f"model '{card.id}': it has positions for {positions / frame_rate:g} s, the card's "
            f"policy says window = {policy.window:g}."
        )


def _agree(card: ModelCard, numbers: list[tuple[str, float | None, float | None]]) -> None:
    wrong = [
        f"{name} is {_number(found)}, the card says {_number(said)}"
        for name, said, found in numbers
        if said != found
    ]
    if wrong:
        raise CardError(f"model '{card.id}': of its weights {'; '.join(wrong)}.")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.9g}"


def _model_input(
    card: ModelCard,
    chosen: Architecture,
    config: Any,
    normalise: bool | None,
    told: Preprocessor,
    folder: Path,
) -> ModelInput:
    if chosen.hears in ("whisper-mel", "kaldi-fbank"):
        if normalise is not None:
            raise CardError(
                f"model '{card.id}': its input is always normalised in the one way it was trained "
                f"with; remove 'normalise' from the card's settings."
            )
        if chosen.hears == "kaldi-fbank":
            return StackedFbank(config.feature_projection_input_dim // 2)
        seconds = card.policy.window if card.policy.padding == "window" else None
        return WhisperMel(config.num_mel_bins, card.rate, seconds)
    normalised = told.do_normalize if normalise is None else normalise
    if normalised is None:
        raise CardError(
            f"model '{card.id}': nothing says whether its input is normalised; add "
            f"'normalise = true' or 'false' to the card's settings, or {FILE} to {folder}."
        )
    if chosen.hears == "waveform":
        return Samples(normalised)
    return FilledFbank(config.num_mel_bins, config.max_length, normalised, told.mean, told.std)
