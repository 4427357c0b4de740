"""ONNX graphs, run by onnxruntime on one core; hidden states are tensors named on the card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    """``input`` is the graph's input, ``outputs`` the tensors that are the hidden states.

    "waveform": [1, samples]. "whisper-mel": Whisper's log-mel of exactly the policy's window; a
    shorter clip is padded with silence before it and normalised, and only its own frames are output.
    "mel-windows": ``frames`` mel frames every ``step``, in dB / 10 + 2, bands last but one; silence
    is added at both ends, so that there is one window every step.
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
        encoders: dict[str, Callable[[Waveform], NDArray[np.float32]]] = {
            "waveform": lambda waveform: self._run(waveform[None]),
            "whisper-mel": self._whisper,
            "mel-windows": self._windows,
        }
        states = [encoders[self._settings.input](waveform) for waveform in waveforms]
        return [torch.from_numpy(np.ascontiguousarray(array, np.float32)) for array in states]

    def _run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """[layers, frames of the graph, width]."""
        outputs = self._session.run(self._settings.outputs, {self._input: inputs})
        width = self._card.width
        for name, output in zip(self._settings.outputs, outputs, strict=True):
            if width not in output.shape[-1:] and output.size != len(inputs) * width:
                raise CardError(
                    f"model '{self._card.id}': its tensor '{name}' is {list(output.shape)}, the last "
                    f"axis is to be the width; the card's width is {width}."
                )
        return np.stack([output.reshape(-1, width) for output in outputs])

    def _whisper(self, waveform: Waveform) -> NDArray[np.float32]:
        card = self._card
        size = round(card.policy.window * card.rate)
        if len(waveform) > size:
            raise ValueError(f"expected at most {size} samples, got {len(waveform)}")
        padded = np.pad(waveform, (size - len(waveform), 0))
        normalised = (padded - padded.mean()) / np.sqrt(padded.var() + 1e-7)
        mel = WhisperMel(self._settings.bands, card.rate, None)(normalised)
        states = self._run(mel.reshape(1, self._settings.bands, -1).numpy())
        frames = max(1, round(len(waveform) / size * states.shape[1]))
        return states[:, -frames:]

    def _windows(self, waveform: Waveform) -> NDArray[np.float32]:
        settings = self._settings
        extent = settings.transform + (settings.frames - 1) * settings.hop
        margin = extent - settings.step * settings.hop
        padded = np.pad(waveform, (margin // 2, margin - margin // 2))
        mels = self.mels(np.pad(padded, (0, max(0, extent - len(padded)))))
        views = np.lib.stride_tricks.sliding_window_view(mels, settings.frames, 0)
        views = views[:: settings.step]
        windows = np.ascontiguousarray(views.transpose(0, 2, 1)[..., None])
        pieces = [self._run(windows[at : at + _BATCH]) for at in range(0, len(windows), _BATCH)]
        return np.concatenate(pieces, 1)

    def mels(self, waveform: Waveform) -> NDArray[np.float32]:
        """Mel energies [frames, bands] in dB, at most 80 below the loudest, over 10 plus 2."""
        settings = self._settings
        spectrum = torch.stft(
            torch.from_numpy(waveform), settings.transform, settings.hop, settings.window,
            torch.hann_window(settings.window), center=False, return_complex=True,
        )  # fmt: skip
        filters = filterbank(
            self._card.rate, settings.transform, settings.bands, settings.low, settings.high
        )
        energies = spectrum.abs().square().T.numpy() @ filters.astype(np.float32).T
        levels = 10 * np.log10(np.maximum(energies, 1e-10))
        return np.asarray(np.maximum(levels, levels.max() - 80) / 10 + 2, np.float32)


def load(card: ModelCard, weights: WeightsFile, placement: Placement) -> Onnx:
    """The graph with the tensors the card names as its outputs."""
    import onnxruntime

    placement.only_reference(card.id)
    settings = Settings.checked(card.settings, f"model '{card.id}', settings")
    if weights.path is None or weights.format != "onnx":
        raise CardError(f"model '{card.id}': the ONNX backend needs weights in ONNX.")
    if len(settings.outputs) != card.layers:
        raise CardError(
            f"model '{card.id}': {card.layers} layers, but {len(settings.outputs)} outputs are named."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    onnxruntime.disable_telemetry_events()
    session = onnxruntime.InferenceSession(
        _with_outputs(card, weights, settings.outputs), options, providers=["CPUExecutionProvider"]
    )
    return Onnx(session, card, settings)


def _with_outputs(card: ModelCard, weights: WeightsFile, names: list[str]) -> bytes:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        model = onnx.load(str(weights.path))
    except DecodeError as error:
        raise ParalbenchError(f"{weights.path}: cannot be read as ONNX.") from error
    if not model.graph.node:
        raise ParalbenchError(f"{weights.path}: holds no ONNX graph.")
    outputs = {output.name for output in model.graph.output}
    tensors = {name for node in model.graph.node for name in node.output}
    for name in names:
        if name not in tensors:
            raise CardError(f"model '{card.id}': its graph has no tensor '{name}'.")
        if name not in outputs:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
    content: bytes = model.SerializeToString()
    return content
