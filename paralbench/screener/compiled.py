"""The encoder converted to OpenVINO when the bundle is made: loaded in a fraction of the time, and
computed in bf16 where processor and fidelity permit.

Network and weights are byte tensors of one safetensors member, so that a bundle's members stay data.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save
from torch import Tensor, nn

from paralbench.encoders.encoder import Encoder, HiddenStates, Waveform
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.model_inputs import ModelInput, WhisperMel
from paralbench.encoders.native import placements
from paralbench.encoders.placement import Placement
from paralbench.encoders.running import Forward
from paralbench.records.bundle import CompiledEncoder
from paralbench.records.errors import BundleError, ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.fidelity import Fidelity

MEMBER = "encoder/openvino.safetensors"
_RUNTIME = "openvino"
_INPUTS: Mapping[str, type[WhisperMel]] = {"whisper-mel": WhisperMel}


@dataclass(frozen=True)
class _Compiled:
    """An encoder without its library: a waveform's input, and the network."""

    model_input: ModelInput
    forward: Forward

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        return [self.forward(self.model_input(waveform)) for waveform in waveforms]


class _Module(nn.Module):
    """A backend's function as a module, which OpenVINO can trace."""

    def __init__(self, function: Forward) -> None:
        super().__init__()
        self._function = function

    def forward(self, inputs: Tensor) -> Tensor:
        return self._function(inputs)


def convert(
    source: LoadableEncoder, encoder: Encoder, clips: Iterable[Clip], cache: Path
) -> tuple[CompiledEncoder, bytes] | None:
    """The converted encoder and its member; None where it cannot be converted, or no placement of it
    is admitted here.

    Args:
        source: the encoder, on the placement on which it was validated.
        encoder: the same, loaded.
        clips: recordings on which it is compared with the reference.
        cache: where records of fidelity are kept.
    """
    model_input: object = getattr(encoder, "log_mel", None)
    forward: Forward | None = getattr(encoder, "forward", None)
    if (
        not source.placement.reference
        or not isinstance(model_input, WhisperMel)
        or forward is None
        or importlib.util.find_spec(_RUNTIME) is None
    ):
        return None
    records = _admitted(source, list(clips), cache)
    if not records:
        return None
    from paralbench.encoders.runtimes import openvino

    example = model_input(np.zeros(source.card.rate, np.float32))
    network, weights = openvino.stored(openvino.graph(_Module(forward), example, source.card.id))
    content = save({"network": _bytes(network), "weights": _bytes(weights)})
    (name,) = (name for name, kind in _INPUTS.items() if isinstance(model_input, kind))
    described = {"name": name, **asdict(model_input)}
    return CompiledEncoder(member=MEMBER, input=described, fidelity=records), content


def _admitted(source: LoadableEncoder, clips: list[Clip], cache: Path) -> dict[str, Fidelity]:
    """The records of the placements that are admitted on the clips, by the placement's name."""
    from paralbench.encoders import fidelity  # slow to import, and screening compares nothing

    records = {}
    for placement in placements(source.placement.device):
        if placement.runtime == _RUNTIME:
            try:
                record = fidelity.admit(replace(source, placement=placement), clips, cache)
            except ParalbenchError:
                continue
            assert record is not None
            records[placement.name] = record
    return records


def placement(compiled: CompiledEncoder | None) -> Placement | None:
    """The fastest admitted placement that this machine supports; None where there is none."""
    if compiled is None or importlib.util.find_spec(_RUNTIME) is None:
        return None
    admitted = [
        place for place in map(Placement.named, compiled.fidelity) if place in placements("cpu")
    ]
    return min(admitted, key=lambda place: place.precision != "bf16", default=None)


def restored(compiled: CompiledEncoder, member: bytes, placement: Placement) -> Encoder:
    """The encoder of a member.

    Raises:
        BundleError: where the member is no network, or its input is not known.
    """
    from paralbench.encoders.runtimes import openvino

    settings: dict[str, Any] = dict(compiled.input)
    try:
        model_input = _INPUTS[settings.pop("name")](**settings)
        tensors = load(member)
        network, weights = tensors["network"].tobytes(), tensors["weights"].tobytes()
        model = openvino.restored(network, weights)
    except (KeyError, TypeError, RuntimeError) as error:
        raise BundleError(
            f"its member '{compiled.member}' is not an encoder that this paralbench can read "
            f"({type(error).__name__})."
        ) from error
    return _Compiled(model_input, openvino.compiled(model, placement.precision))


def _bytes(content: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.frombuffer(content, np.uint8)
