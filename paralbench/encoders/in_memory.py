"""Encoders made of an object in memory: a torch module, or any function of a waveform.

What it computes cannot be identified on disk, so every one has an identity of its own, and a torch
module's includes its weights at the time of use.
"""

from __future__ import annotations

import copy
import hashlib
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from paralbench.encoders.encoder import Encoder, HiddenStates, Waveform
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.weights import WeightsFile
from paralbench.records.errors import UsageError
from paralbench.records.model_card import ModelCard
from paralbench.system.third_party_code import third_party

NO_NUMBERS = "its identity is unique to each object"

_PROBES = (1.0, 9.0)
"""Seconds of noise that show an output's shape and frame rate."""


class ModuleEncoder:
    """A frozen copy of a torch module that maps a waveform [1, samples] to hidden states.

    Its output may be [1, frames, width], [1, width], [1, layers, frames, width], a sequence of layers
    [1, frames, width], or an output of transformers with ``hidden_states`` or ``last_hidden_state``.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = copy.deepcopy(module).eval().requires_grad_(False)
        config = getattr(module, "config", None)
        every = hasattr(config, "output_hidden_states")
        self._options = {"output_hidden_states": True} if every else {}

    @torch.inference_mode()
    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """See :class:`Encoder`."""
        return [
            _layers(self._module(torch.from_numpy(waveform)[None], **self._options), batch=True)
            for waveform in waveforms
        ]


class FunctionEncoder:
    """A function of a waveform [samples]; it returns [width], [frames, width] or [layers, frames,
    width], as an array or a tensor. It is never called by two threads at once."""

    def __init__(self, function: Callable[[Waveform], Any]) -> None:
        self._function, self._lock = function, threading.Lock()

    @torch.inference_mode()
    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """See :class:`Encoder`."""
        with self._lock:
            return [_layers(self._function(waveform), batch=False) for waveform in waveforms]


@dataclass(frozen=True, kw_only=True)
class InMemoryEncoder(LoadableEncoder):
    """An encoder of an object in memory, with an identity of its own.

    Args:
        target: a torch module or a function.
        token: a text that no other encoder has.
    """

    target: Any
    token: str

    @cached_property
    def components(self) -> dict[str, str]:
        """See :class:`LoadableEncoder`."""
        return {
            "weights": self.weights.sha256,
            "card": hashlib.sha256(self.card.model_dump_json().encode()).hexdigest(),
            "placement": self.placement.name,
            "sources": self.token,
            "files": "none",
        }

    @cached_property
    def modules(self) -> frozenset[str]:
        """None: the object's code is identified by its token."""
        return frozenset()

    def load(self) -> Encoder:
        """See :class:`LoadableEncoder`; a module is copied, and stays as it is."""
        return _encoder(self.target)


def in_memory(
    target: nn.Module | Callable[[Waveform], Any],
    rate: int,
    name: str,
    *,
    frame_rate: float | None = None,
    window: float = 30.0,
) -> InMemoryEncoder:
    """An encoder of an object; its layers, width and frame rate are those of its output for noise.

    Args:
        target: a torch module (:class:`ModuleEncoder`) or a function (:class:`FunctionEncoder`).
        rate: sample rate of its input in Hz.
        name: its id.
        frame_rate: frames a second; by default measured.
        window: longer audio is cut into windows of so many seconds.

    Raises:
        UsageError: where it fails for noise, or returns something else than hidden states.
    """
    encoder = _encoder(target)
    noise = np.random.default_rng(0)
    shapes = []
    for seconds in (min(probe, window) for probe in _PROBES):
        samples = (0.01 * noise.standard_normal(round(seconds * rate))).astype(np.float32)
        with third_party(f"model '{name}', for {seconds:g} s of noise at {rate} Hz,"):
            (states,) = encoder.encode([samples])
        shapes.append(tuple(states.shape))
    (layers, few, width), (_, many, _) = shapes
    if frame_rate is None and many != few:
        frame_rate = round((many - few) / (min(_PROBES[1], window) - _PROBES[0]), 4)
    parameters = 0
    if isinstance(target, nn.Module):
        parameters = sum(parameter.numel() for parameter in target.parameters())
    card = ModelCard.checked(
        {
            "id": name, "title": name, "backend": "python", "rate": rate, "layers": layers,
            "width": width, "frame_rate": frame_rate, "parameters": parameters, "licence": "unknown",
            "citation": "unknown", "training_note": "Unknown: an object in memory.",
            "policy": {"window": window},
        },
        f"model '{name}'",
    )  # fmt: skip
    weights = WeightsFile(None, "in-memory", digest(target), pinned=False)
    token = f"in memory {uuid.uuid4().hex}"
    return InMemoryEncoder(card=card, folder=Path(), weights=weights, target=target, token=token)


def digest(target: object) -> str:
    """sha256 of a module's tensors by name; of other objects, of nothing."""
    joined = hashlib.sha256()
    if isinstance(target, nn.Module):
        for name, tensor in target.state_dict().items():
            joined.update(name.encode())
            joined.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return joined.hexdigest()


def _encoder(target: Any) -> Encoder:
    return ModuleEncoder(target) if isinstance(target, nn.Module) else FunctionEncoder(target)


def _layers(output: Any, batch: bool) -> HiddenStates:
    """Hidden states [layers, frames, width], float32, of an output of one waveform.

    Raises:
        UsageError: where it has another shape.
    """
    for name in ("hidden_states", "last_hidden_state"):
        if getattr(output, name, None) is not None:
            output = getattr(output, name)
            break
    if isinstance(output, list | tuple) and output:
        output = torch.stack([torch.as_tensor(layer) for layer in output], dim=int(batch))
    states = torch.as_tensor(output) if isinstance(output, np.ndarray) else output
    axes = getattr(states, "ndim", 0) - batch
    if not isinstance(states, torch.Tensor) or not 1 <= axes <= 3 or (batch and len(states) != 1):
        got = list(states.shape) if isinstance(states, torch.Tensor) else type(output).__name__
        expected = "[1, frames, width]" if batch else "[frames, width]"
        raise UsageError(f"expected hidden states {expected} of one waveform, got {got}.")
    if batch:
        states = states[0]
    shape = (1,) * (3 - axes) + tuple(states.shape)
    return states.reshape(shape).float()
