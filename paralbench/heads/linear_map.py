"""A head deployed as one linear map of the pooled record, whatever trained it.

Its state is ``weights`` [layers, 2 * width, outputs] and ``bias`` [outputs], in float32; it computes
in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from paralbench.audio.cutting import Cutting
from paralbench.features.spec import FeatureSpec
from paralbench.heads import layer_choice
from paralbench.heads.deployable import (
    Deployable,
    HeadForms,
    Layout,
    Record,
    State,
    foreign_state,
    pooled_rows,
)
from paralbench.heads.head import Head, PooledStream, Stream
from paralbench.records.errors import UsageError

if TYPE_CHECKING:  # a run that finds its result current imports the head and no torch
    from torch import Tensor


class LinearMap(Deployable):
    """Deployed linear map of one encoder's pooled record.

    Args:
        weights: [layers, 2 * width, outputs].
        bias: [outputs].
        layers: which layers of a record ``weights`` are for, of how many.
        classes: whether the outputs are logits of classes.
    """

    def __init__(
        self,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        layers: tuple[tuple[int, ...], int],
        classes: bool,
    ) -> None:
        self._state = {"weights": weights, "bias": bias}
        self._layers, self._count = layers
        self._classes = classes
        self.to("cpu")

    @classmethod
    def drawn(cls, layers: tuple[int, ...], layout: Layout) -> Self:
        """A map with random weights, for what it costs."""
        import torch

        rows = 2 * layout.encoders[0].width
        weights = torch.randn(len(layers), rows, layout.outputs) / rows**0.5
        bias = np.zeros(layout.outputs, np.float32)
        return cls(weights.numpy(), bias, (layers, layout.layers[0]), bool(layout.classes))

    def state(self) -> State:
        """``weights`` and ``bias``."""
        return self._state

    def to(self, device: str) -> Self:
        """It with both moved to a device."""
        import torch

        weights, bias = (
            torch.from_numpy(values.astype(np.float64)).to(device)
            for values in self._state.values()
        )
        self._weights, self._bias = weights.flatten(0, 1), bias
        return self

    def prepare(self, records: Sequence[Record]) -> Tensor:
        """[rows, layers, 2 * width]"""
        import torch

        (record,) = records
        rows = torch.from_numpy(pooled_rows(record))
        if len(self._layers) < self._count:
            rows = rows[:, list(self._layers)]
        return rows.flatten(2).to(self._weights.device)

    def forward(self, inputs: Tensor) -> Tensor:
        """See :class:`Deployable`."""
        outputs = inputs.flatten(1).double() @ self._weights + self._bias
        return outputs.softmax(1) if self._classes else outputs

    def slope(self, place: int) -> NDArray[np.float64]:
        """See :class:`Deployable`; zero for layers that are not used."""
        weights = self._state["weights"].astype(np.float64)
        gradient = weights[:, :, place]
        if weights.shape[2] > 1:
            gradient = gradient - np.delete(weights, place, axis=2).mean(2)
        every_layer = np.zeros((self._count, *gradient.shape[1:]))
        every_layer[list(self._layers)] = gradient
        return every_layer.reshape(self._count, 2, -1)


class LinearHead(Head):
    """Base of heads that read one encoder's pooled record and are deployed as a :class:`LinearMap`.

    Their settings have ``layers``, as :mod:`paralbench.heads.layer_choice` reads it.
    """

    streams: Literal["one"] = "one"
    targets = frozenset({"class", "number", "series"})

    name: str

    def features(self, streams: Sequence[Stream]) -> NDArray[np.float32]:
        """[rows, layers, 2 * width] of the encoder.

        Raises:
            UsageError: for bags of audio words.
        """
        (stream,) = streams
        assert isinstance(stream, PooledStream)
        if stream.words is not None:
            raise UsageError(
                f"head '{self.name}' reads no bags of audio words; '{stream.model}' needs a network, "
                f"for example --head concatenation."
            )
        return stream.values.reshape(*stream.values.shape[:2], -1)

    def spec(self, settings: Any) -> FeatureSpec:
        """Pooled mean and deviation."""
        return FeatureSpec("pooled")

    def cutting(self, settings: Any) -> Cutting | None:
        """None: it pools over the complete recording."""
        return None

    def layers(self, settings: Any, count: int) -> tuple[int, ...]:
        """See :class:`Head`."""
        return layer_choice.chosen(settings.layers, count)

    def deployable(self, state: State, settings: Any, layout: Layout) -> LinearMap:
        """See :class:`Head`."""
        (count,), (card,) = layout.layers, layout.encoders
        layers = self.layers(settings, count)
        shapes = {
            "weights": (len(layers), 2 * card.width, layout.outputs),
            "bias": (layout.outputs,),
        }
        if {name: values.shape for name, values in state.items()} != shapes:
            raise foreign_state(self.name)
        return LinearMap(state["weights"], state["bias"], (layers, count), bool(layout.classes))

    def forms(self, settings: Any, layout: Layout) -> HeadForms:
        """The map is what is trained."""
        drawn = LinearMap.drawn(self.layers(settings, layout.layers[0]), layout)
        return HeadForms(drawn, drawn)
