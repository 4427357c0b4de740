"""ONNX graphs, run by onnxruntime on one core; inner tensors named on the card are handed out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.encoders.mel import filterbank
from paralbench.encoders.model_inputs import WhisperMel
from paralbench.encoders.placement import Placement
from paralbench.encoders.weights import WeightsFile
from paralbench.records.card import Card
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard

_BATCH = 64


class Settings(Card):
    """``input`` says what the graph is given, ``outputs`` which tensors are the hidden states.

    "waveform": [1, samples]. "whisper-mel": Whisper's log-mel of exactly the policy's window; a
    shorter clip has silence before it, mean 0 and variance 1, and only its own frames come out.
    "mel-windows": ``frames`` mel frames every ``step``, in dB / 10 + 2, bands last but one; silence
    is heard beyond both ends, so that there is one window every step.
    """

    input: Literal["waveform", "whisper-mel", "mel-windows"]
    outputs: list[str] = Field(min_length=1)
    bands: int = Field(default=80, ge=1)
    low: float = Field(default=60.0, ge=0)
    high: float = Field(default=3800.0, gt=0)
    window: int = Field(default=400, ge=16)
    transform: int = Field(default=512, ge=16)
    hop: int = Field(default=160, ge=1)
    frames: int = Field(default=76, ge=1)
    step: int = Field(default=8, ge=1)


class Onnx:
    """Hidden states of a graph."""

    def __init__(self, session: Any, card: ModelCard, settings: Settings) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._card = card
        self._settings = settings

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers, frames, width] for each waveform, each alone."""
        kinds = {
            "waveform": self._waveform,
            "whisper-mel": self._whisper,
            "mel-windows": self._windows,
        }
        states = [kinds[self._settings.input](one) for one in waveforms]
        return [torch.from_numpy(np.ascontiguousarray(one, np.float32)) for one in states]

    def _run(self, fed: NDArray[np.float32]) -> NDArray[np.float32]:
        """Layers first, then the graph's frames, then the width."""
        told = self._session.run(self._settings.outputs, {self._input: fed})
        width = self._card.width
        for name, one in zip(self._settings.outputs, told, strict=True):
            if width not in one.shape[-1:] and one.size != len(fed) * width:
                raise CardError(
                    f"model '{self._card.id}': its tensor '{name}' is {list(one.shape)}, the last "
                    f"axis is to be the width; the card's width is {width}."
                )
        return np.stack([one.reshape(-1, width) for one in told])

    def _waveform(self, waveform: Waveform) -> NDArray[np.float32]:
        return self._run(waveform[None])

    def _whisper(self, waveform: Waveform) -> NDArray[np.float32]:
        card = self._card
        size = round(card.policy.window * card.rate)
        if len(waveform) > size:
            raise ValueError(f"{len(waveform)} samples, the graph hears {size}")
        filled = np.pad(waveform, (size - len(waveform), 0))
        level = (filled - filled.mean()) / np.sqrt(filled.var() + 1e-7)
        mel = WhisperMel(self._settings.bands, card.rate, None)(level)
        states = self._run(mel.reshape(1, self._settings.bands, -1).numpy())
        own = max(1, round(len(waveform) / size * states.shape[1]))
        return states[:, -own:]

    def _windows(self, waveform: Waveform) -> NDArray[np.float32]:
        chosen = self._settings
        around = chosen.transform + (chosen.frames - 1) * chosen.hop - chosen.step * chosen.hop
        filled = np.pad(waveform, (around // 2, around - around // 2))
        short = chosen.transform + (chosen.frames - 1) * chosen.hop - len(filled)
        mels = self.mels(np.pad(filled, (0, max(0, short))))
        views = np.lib.stride_tricks.sliding_window_view(mels, chosen.frames, 0)[:: chosen.step]
        windows = np.ascontiguousarray(views.transpose(0, 2, 1)[..., None])
        pieces = [self._run(windows[at : at + _BATCH]) for at in range(0, len(windows), _BATCH)]
        return np.concatenate(pieces, 1)

    def mels(self, waveform: Waveform) -> NDArray[np.float32]:
        """Mel energies [frames, bands] in dB, at most 80 below the loudest, over 10 plus 2."""
        chosen = self._settings
        spectrum = torch.stft(
            torch.from_numpy(waveform), chosen.transform, chosen.hop, chosen.window,
            torch.hann_window(chosen.window), center=False, return_complex=True,
        )  # fmt: skip
        filters = filterbank(
            self._card.rate, chosen.transform, chosen.bands, chosen.low, chosen.high
        )
        energies = spectrum.abs().square().T.numpy() @ filters.astype(np.float32).T
        levels = 10 * np.log10(np.maximum(energies, 1e-10))
        told: NDArray[np.float32] = np.maximum(levels, levels.max() - 80) / 10 + 2
        return told.astype(np.float32)


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Onnx:
    """The graph with the tensors the card names as its outputs."""
    import onnxruntime

    placement.only_reference(card.id)
    chosen = Settings.checked(card.settings, f"model '{card.id}', settings")
    if weights.path is None or weights.format != "onnx":
        raise CardError(f"model '{card.id}': the ONNX backend needs weights in ONNX.")
    if len(chosen.outputs) != card.layers:
        raise CardError(
            f"model '{card.id}': {card.layers} layers, but {len(chosen.outputs)} outputs are named."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    onnxruntime.disable_telemetry_events()
    session = onnxruntime.InferenceSession(
        _with_outputs(card, weights, chosen.outputs), options, providers=["CPUExecutionProvider"]
    )
    return Onnx(session, card, chosen)


def _with_outputs(card: ModelCard, weights: WeightsFile, names: list[str]) -> bytes:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        model = onnx.load(str(weights.path))
    except DecodeError as error:
        raise ParalbenchError(f"{weights.path}: cannot be read as ONNX.") from error
    if not model.graph.node:
        raise ParalbenchError(f"{weights.path}: holds no ONNX graph.")
    there = {output.name for output in model.graph.output}
    inner = {name for node in model.graph.node for name in node.output}
    for name in names:
        if name not in inner:
            raise CardError(f"model '{card.id}': its graph has no tensor '{name}'.")
        if name not in there:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
    content: bytes = model.SerializeToString()
    return content
