"""The trained and the deployable form of a head, ready to be run on what an encoder gives.

What a head costs does not depend on what it learnt, so its weights here are random numbers of a
fixed seed; its sizes, layers and folding are those of its recipe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from paralbench.features.spec import FeatureSpec
from paralbench.heads import head as find_head
from paralbench.heads import linear_probe, sgd_probe
from paralbench.heads.head import FrameStream, PooledStream, Problem, Stream
from paralbench.heads.layers.bag_of_words import Codebook
from paralbench.heads.training.frames import Shape
from paralbench.heads.training.network import Network, folded, to_device
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.sequences import Sequences
from paralbench.heads.training.standard import Standard
from paralbench.profiler import parameters
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard, Words

Array = NDArray[Any]


@dataclass(frozen=True)
class Asked:
    """What is asked of a head: its name and settings, how many outputs, and whether at every step."""

    head: str
    settings: Any
    outputs: int
    series: bool = False

    def problem(self, rows: int) -> Problem:
        """A problem of that shape; nobody looks at its targets."""
        steps = np.zeros(rows, np.int64) if self.series else None
        kind = "class" if self.outputs > 1 else "number"
        return Problem(kind, np.zeros(rows), self.outputs, steps)  # type: ignore[arg-type]


class Forms:
    """Both forms of a head for these encoders.

    Args:
        asked: which head.
        cards: the encoders'.
        product: what is kept of each clip for it.
        device: where it is computed.

    Raises:
        ParalbenchError: for a head that is neither a network nor a linear probe.
    """

    def __init__(
        self, asked: Asked, cards: Sequence[ModelCard], spec: FeatureSpec, device: str = "cpu"
    ) -> None:
        self._asked, self._cards, self._product = asked, cards, spec
        self._device = torch.device(device)
        found = find_head(asked.head)
        self._network = isinstance(found, NetworkHead)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            if isinstance(found, NetworkHead):
                self.trained, self.deployed = self._networks(found)
            elif found in (linear_probe.HEAD, sgd_probe.HEAD):
                layers = len(spec.chosen(cards[0]))
                kept = layers if asked.settings.layers == "learned" else 1
                self.trained = TrainedProbe(kept, 2 * cards[0].width, asked.outputs)
                self.deployed = DeployedProbe(kept, 2 * cards[0].width, asked.outputs)
            else:
                raise ParalbenchError(
                    f"head '{asked.head}' cannot be profiled: it is neither a network nor a "
                    f"linear probe."
                )
        for form in (self.trained, self.deployed):
            form.eval().requires_grad_(False).to(self._device)

    @property
    def folds(self) -> bool:
        """Whether the deployable form is another network than the trained one."""
        return parameters.trained(self.trained) != parameters.trained(self.deployed)

    def inputs(self, records: Sequence[Array]) -> Any:
        """What both forms take, of one clip's records [layers, rows, width], one an encoder."""
        if self._network:
            return to_device(self._sequences(records).batch(np.array([0])), self._device)
        values = torch.from_numpy(_rows(records[0]))
        layers = self._asked.settings.layers
        if layers != "learned":
            values = values[:, [-1 if layers == "last" else layers]]
        return values.flatten(2).to(self._device)

    def _networks(self, found: NetworkHead) -> tuple[nn.Module, nn.Module]:
        frames = 2 * round(self._product.rate or 1) if self._product.kind == "windows" else 2
        heard = self._sequences(
            [np.zeros((len(self._product.chosen(c)), frames, c.width), np.float32) for c in self._cards]
        )  # fmt: skip
        shape = Shape(heard.shapes, self._asked.outputs, self._asked.series)
        standards = [
            Standard(torch.zeros(layers, width), torch.ones(layers, width),
                     _codebook(words, width, one.rate))
            for layers, width, words, one in zip(
                heard.layers, heard.widths, heard.words, heard.shapes, strict=True
            )
        ]  # fmt: skip
        trained = Network(standards, found.build(shape, self._asked.settings)).eval()
        return trained, folded(trained)

    def _sequences(self, records: Sequence[Array]) -> Sequences:
        streams = [
            self._stream(card, record) for card, record in zip(self._cards, records, strict=True)
        ]
        rows = len(streams[0].values) if isinstance(streams[0], PooledStream) else 1
        return Sequences(streams, self._asked.problem(rows), self._asked.settings.layers)

    def _stream(self, card: ModelCard, record: Array) -> Stream:
        if self._product.kind != "frames":
            return PooledStream(card.id, _rows(record), self._product.rate, card.words)
        rate = self._product.frame_rate(card) or 0.0
        return FrameStream(card.id, [[record]], len(record), card.width, rate, card.words)


class TrainedProbe(nn.Module):
    """The linear probe as it trains: standardise each layer, one map, weigh layers, one row fewer."""

    mean: Tensor
    scale: Tensor
    basis: Tensor

    def __init__(self, layers: int, inputs: int, outputs: int) -> None:
        super().__init__()
        inner = max(1, outputs - 1)
        self.register_buffer("mean", torch.zeros(layers, inputs))
        self.register_buffer("scale", torch.ones(layers, inputs))
        self.weights = nn.Parameter(torch.randn(inputs, inner) / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(inner))
        self.layers = nn.Parameter(torch.zeros(layers))
        self.register_buffer("basis", torch.randn(outputs, inner))

    def forward(self, values: Tensor) -> Tensor:
        """[rows, layers, inputs] to [rows, outputs]."""
        each = ((values - self.mean) * self.scale) @ self.weights
        mixed = (each * self.layers.softmax(0)[:, None]).sum(1) + self.bias
        answer: Tensor = mixed @ self.basis.T
        return answer


class DeployedProbe(nn.Module):
    """The linear probe as it is used: one map of all layers."""

    def __init__(self, layers: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.map = nn.Linear(layers * inputs, outputs)

    def forward(self, values: Tensor) -> Tensor:
        """[rows, layers, inputs] to [rows, outputs]."""
        answer: Tensor = self.map(values.flatten(1))
        return answer


def _rows(record: Array) -> NDArray[np.float32]:
    """A record [layers, rows * 2, width] of means and deviations as [rows, layers, 2, width]."""
    layers, twice, width = record.shape
    pairs = record.astype(np.float32).reshape(layers, twice // 2, 2, width)
    return np.ascontiguousarray(pairs.swapaxes(0, 1))


def _codebook(words: Words | None, width: int, rate: float) -> Codebook | None:
    if words is None:
        return None
    return Codebook(torch.randn(words.codes, width), round(words.window * rate / 2), words.nearest)
