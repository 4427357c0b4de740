"""A head as a bundle holds it: its weights in the deployable form, and what it says of a recording.

The linear probe is one linear map of the pooled record. Every other head is a network, built by its
own code from the settings it was trained with, folded, and filled with the bundle's weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paralbench.features.spec import FeatureSpec
from paralbench.heads import head as find_head
from paralbench.heads import linear_probe, sgd_probe
from paralbench.heads.training.frames import Frames, Shape, StreamShape
from paralbench.heads.training.network import Network, folded
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.standard import Standard
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard

CENTRE, SPREAD = "answer.centre", "answer.spread"
"""What a network's number is multiplied by and moved by, beside its weights."""


class Member(Protocol):
    """One trained head of the screener's several."""

    def mix(self, values: NDArray[np.float32]) -> Tensor:
        """What it keeps of frames [layers, frames, width]: [frames, ...]."""
        ...

    def answer(self, mixed: Sequence[Tensor]) -> NDArray[np.float64]:
        """Probabilities [classes] or a value [1], of a recording's utterances in order."""
        ...


class Probe:
    """The linear probe: ``weights`` [layers, 2 * width, outputs] and ``bias`` [outputs]."""

    def __init__(
        self, state: Mapping[str, NDArray[np.float32]], layers: Any, classes: bool
    ) -> None:
        self.weights = state["weights"].astype(np.float64)
        self.bias = state["bias"].astype(np.float64)
        self._layers, self._classes = layers, classes

    def chosen(self, values: NDArray[Any]) -> NDArray[Any]:
        """Of all layers those that it hears."""
        if self._layers == "learned":
            return values
        place = -1 if self._layers == "last" else int(self._layers)
        return values[[range(len(values))[place]]]

    def mix(self, values: NDArray[np.float32]) -> Tensor:
        """Logits or the value of pooled records [layers, records, 2 * width]."""
        found = np.einsum("lrd,ldo->ro", self.chosen(values).astype(np.float64), self.weights)
        return torch.from_numpy(found + self.bias)

    def answer(self, mixed: Sequence[Tensor]) -> NDArray[np.float64]:
        """See :class:`Member`; a pooled record is one utterance of one frame."""
        (found,) = mixed
        answer = found[0].softmax(0) if self._classes else found[0]
        told: NDArray[np.float64] = answer.numpy()
        return told


class Net:
    """A network of one stream, folded."""

    def __init__(
        self,
        network: Network,
        layers: Sequence[int],
        rate: float,
        scale: tuple[float, float] | None,
    ) -> None:
        self._listen, self._answering = network.listening[0], network.answering
        self._layers, self._rate, self._scale = list(layers), rate, scale

    def mix(self, values: NDArray[np.float32]) -> Tensor:
        """Layers standardised and weighed: [frames, width]."""
        with torch.inference_mode():
            heard = torch.from_numpy(np.ascontiguousarray(values))
            if len(self._layers) != len(heard):
                heard = heard[self._layers]
            mask = torch.ones(1, heard.shape[1], dtype=torch.bool)
            mixed: Tensor = self._listen(heard[None], mask)[0]
        return mixed

    def answer(self, mixed: Sequence[Tensor]) -> NDArray[np.float64]:
        """See :class:`Member`."""
        with torch.inference_mode():
            found = self._outputs(mixed)
            scale = self._scale
            found = found.softmax(0) if scale is None else found * scale[1] + scale[0]
        told: NDArray[np.float64] = found.double().numpy()
        return told

    def _outputs(self, mixed: Sequence[Tensor]) -> Tensor:
        stream = getattr(self._answering, "stream", None)
        if stream is not None:
            streamed: Tensor = stream(iter(mixed))
            return streamed
        values = torch.cat(list(mixed))[None] if len(mixed) > 1 else mixed[0][None]
        lengths = torch.tensor([len(one) for one in mixed])
        clip = torch.repeat_interleave(torch.arange(len(mixed)), lengths)[None]
        mask = torch.ones(values.shape[:2], dtype=torch.bool)
        answered: Tensor = self._answering([Frames(values, mask, clip, self._rate)])
        return answered[0]


def member(
    name: str,
    settings: Any,
    card: ModelCard,
    spec: FeatureSpec,
    classes: int,
    state: Mapping[str, NDArray[np.float32]],
) -> Member:
    """A head with its weights; ``classes`` is 0 where it says a number.

    Raises:
        ParalbenchError: for weights that are not this head's, or a head that no bundle can hold.
    """
    found = find_head(name)
    if found in (linear_probe.HEAD, sgd_probe.HEAD):
        if set(state) != {"weights", "bias"}:
            raise _foreign(name)
        return Probe(state, settings.layers, bool(classes))
    if not isinstance(found, NetworkHead) or found.streams != "one":
        raise ParalbenchError(f"head '{name}' cannot stand in a bundle: it fuses several encoders.")
    if card.words is not None:
        raise ParalbenchError(
            f"head '{name}' hears bags of audio words of '{card.id}'; no bundle can hold those yet."
        )
    pooled = spec.kind == "pooled"
    width = card.width * (2 if pooled else 1)
    layers = _layers(settings.layers, len(spec.chosen(card)))
    rate = 0.0 if pooled else spec.frame_rate(card) or 0.0
    standards = [Standard(torch.zeros(len(layers), width), torch.ones(len(layers), width))]
    shape = Shape((StreamShape(width, rate),), classes or 1, series=False)
    network = folded(Network(standards, found.build(shape, settings)))
    values = {
        key: torch.from_numpy(np.array(value))
        for key, value in state.items()
        if key not in (CENTRE, SPREAD)
    }
    expected = network.state_dict()
    if values.keys() != expected.keys() or any(
        values[key].shape != expected[key].shape for key in expected
    ):
        raise _foreign(name)
    network.load_state_dict({key: value.to(expected[key].dtype) for key, value in values.items()})
    network.eval().requires_grad_(False)
    scale = None if classes else (float(state[CENTRE][0]), float(state[SPREAD][0]))
    return Net(network, layers, rate, scale)


def mean(answers: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """What several members say together."""
    together: NDArray[np.float64] = np.mean(list(answers), axis=0)
    return together


def _layers(wanted: Any, count: int) -> list[int]:
    if wanted == "learned" or count == 1:
        return list(range(count))
    return [range(count)[-1 if wanted == "last" else int(wanted)]]


def _foreign(name: str) -> ParalbenchError:
    return ParalbenchError(
        f"the bundle's head is not one that this paralbench's '{name}' makes: its tensors have other "
        "names or shapes; use the version that made it."
    )
