"""A network head in use: its forward pass, its state, and how a screener feeds it window by window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from paralbench.features.precision import Precision, restored
from paralbench.heads import layer_choice
from paralbench.heads.deployable import Deployable, Layout, Record, State, pooled_rows
from paralbench.heads.head import FrameStream, PooledStream, Problem, Stream
from paralbench.heads.layers import compressed
from paralbench.heads.layers.bag_of_words import Codebook
from paralbench.heads.training.frames import Frames, Shape
from paralbench.heads.training.network import Build, Network, parameters, to_device
from paralbench.heads.training.recipe import Recipe
from paralbench.heads.training.sequences import Batch, Sequences
from paralbench.heads.training.standard import Standard
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import Words

NO_NUMBERS = "it is computed with after fits"

CENTRE, SPREAD = "answer.centre", "answer.spread"
"""In the state of a head that predicts numbers: what an output is moved by after it is multiplied."""


class NetworkForm(Deployable):
    """A network and the layout that it reads.

    Args:
        network: on the CPU.
        layers: the setting of that name, see :mod:`paralbench.heads.layer_choice`.
        layout: of its records.
        scale: centre and spread of the numbers it predicts, None for classes.
    """

    def __init__(
        self,
        network: Network,
        layers: str | int,
        layout: Layout,
        scale: tuple[float, float] | None,
    ) -> None:
        self.network = network.eval().requires_grad_(False)
        self._layers, self._layout, self._scale = layers, layout, scale
        self._device = torch.device("cpu")

    def state(self) -> State:
        """The network's state, and the scale of numbers."""
        return state(self.network, self._scale)

    @property
    def parameters(self) -> int:
        """Without the statistics that it standardises with."""
        return parameters(self.network)

    @property
    def size(self) -> int:
        """Bytes of parameters and of the statistics that it standardises with."""
        return compressed.size(self.network)

    def to(self, device: str) -> Self:
        """It with the network moved to a device."""
        self._device = torch.device(device)
        self.network.to(self._device)
        return self

    def prepare(self, records: Sequence[Record]) -> Batch:
        """A batch of one sequence."""
        batch = sequences(self._layout, self._layers, records).batch(np.array([0]))
        return to_device(batch, self._device)

    def forward(self, inputs: Batch) -> Tensor:
        """See :class:`Deployable`."""
        outputs = self.network(inputs)
        return self._scaled(outputs[inputs.masks[0]] if self._layout.series else outputs)

    def mix(self, record: Record) -> Tensor:
        """Layers standardised and weighed, [frames, width].

        Raises:
            ParalbenchError: for a head that fuses several encoders.
        """
        encoders = len(self._layout.encoders)
        if encoders > 1:
            raise ParalbenchError(
                f"the head fuses {encoders} encoders, whose windows are not aligned with each other; "
                "a recording is screened with one encoder."
            )
        values = self._values(record)
        if self._layout.encoders[0].words is not None:
            return values[0]  # words are counted across windows, so answer() does it
        with torch.inference_mode():
            return self._weighed(values)

    def answer(self, mixed: Sequence[Tensor]) -> NDArray[np.float64]:
        """See :class:`Deployable`."""
        with torch.inference_mode():
            outputs = self._scaled(self._outputs(mixed)[None])[0]
        return np.asarray(outputs.double().numpy())

    def _values(self, record: Record) -> Tensor:
        """[layers, frames, width], the layers that are read; a pooled record is one frame."""
        if self._layout.spec.kind == "frames":
            dtype: Precision = "bfloat16" if record.dtype == np.uint16 else "float32"
            values = torch.from_numpy(np.ascontiguousarray(restored(record, dtype)))
        else:
            values = torch.from_numpy(pooled_rows(record)).flatten(2).transpose(0, 1)
        alone = self._layout.spec.kind == "frames"
        layers = layer_choice.chosen(self._layers, len(values), stored_alone=alone)
        return values if len(layers) == len(values) else values[list(layers)]

    def _weighed(self, values: Tensor) -> Tensor:
        mask = torch.ones(1, values.shape[1], dtype=torch.bool)
        weighed: Tensor = self.network.listening[0](values[None], mask)[0]
        return weighed

    def _outputs(self, mixed: Sequence[Tensor]) -> Tensor:
        lengths = torch.tensor([len(utterance) for utterance in mixed])
        if self._layout.encoders[0].words is not None:
            mixed = torch.split(self._weighed(torch.cat(list(mixed))[None]), lengths.tolist())
        stream = getattr(self.network.answering, "stream", None)
        if stream is not None:
            streamed: Tensor = stream(iter(mixed))
            return streamed
        values = torch.cat(list(mixed))[None] if len(mixed) > 1 else mixed[0][None]
        clip = torch.repeat_interleave(torch.arange(len(mixed)), lengths)[None]
        mask = torch.ones(values.shape[:2], dtype=torch.bool)
        rate = _rate(self._layout, 0)
        outputs: Tensor = self.network.answering([Frames(values, mask, clip, rate)])
        return outputs[0]

    def _scaled(self, outputs: Tensor) -> Tensor:
        if self._scale is None:
            return outputs.softmax(1)
        centre, spread = self._scale
        return outputs * spread + centre


def state(network: nn.Module, scale: tuple[float, float] | None) -> dict[str, NDArray[Any]]:
    """All that a network learnt; ``scale`` is in double precision, as outputs are computed with it."""
    values = {name: value.float().numpy() for name, value in network.state_dict().items()}
    if scale is not None:
        values |= {CENTRE: np.array([scale[0]]), SPREAD: np.array([scale[1]])}
    return values


def untrained(build: Build, settings: Recipe, layout: Layout) -> Network:
    """The network for a layout, with random weights and statistics that change nothing."""
    rows = 2 * round(layout.spec.rate or 1) if layout.series else 2
    records = [
        np.zeros((count, rows, card.width), np.float32)
        for count, card in zip(layout.layers, layout.encoders, strict=True)
    ]
    reading = sequences(layout, settings.layers, records)
    standards = [
        Standard(torch.zeros(count, width), torch.ones(count, width),
                 _codebook(words, width, shape.rate))
        for count, width, words, shape in zip(
            reading.layers, reading.widths, reading.words, reading.shapes, strict=True
        )
    ]  # fmt: skip
    shape = Shape(reading.shapes, layout.outputs, layout.series)
    return Network(standards, build(shape, settings))


def sequences(layout: Layout, layers: str | int, records: Sequence[Record]) -> Sequences:
    """One clip's records, one an encoder, as the sequence that a network reads."""
    streams: list[Stream] = []
    for place, (card, record) in enumerate(zip(layout.encoders, records, strict=True)):
        rate = _rate(layout, place)
        if layout.spec.kind == "frames":
            frames = [[record]]
            streams.append(FrameStream(card.id, frames, len(record), card.width, rate, card.words))
        else:
            streams.append(PooledStream(card.id, pooled_rows(record), rate, card.words))
    rows = len(streams[0].values) if isinstance(streams[0], PooledStream) else 1
    problem = Problem(
        "class" if layout.classes else "number", np.zeros(rows), layout.classes,
        np.zeros(rows, np.int64) if layout.series else None,
    )  # fmt: skip
    return Sequences(streams, problem, layers)


def _rate(layout: Layout, place: int) -> float:
    if layout.spec.kind != "frames":
        return layout.spec.rate
    return layout.spec.frame_rate(layout.encoders[place]) or 0.0


def _codebook(words: Words | None, width: int, rate: float) -> Codebook | None:
    if words is None:
        return None
    return Codebook(torch.randn(words.codes, width), round(words.window * rate / 2), words.nearest)
