"""A trained head in use: what profiling, bundling and screening need of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paralbench.features.spec import FeatureSpec
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard

if TYPE_CHECKING:
    from torch import Tensor

NO_NUMBERS = "it is computed with after fits"

State: TypeAlias = Mapping[str, NDArray[Any]]
"""A head's weights by name, as a bundle stores them."""
Record: TypeAlias = NDArray[Any]
"""One encoder's features of a clip, [layers, rows, width], as :class:`FeatureSpec` describes them.

The rows of a pooled record are mean and deviation, those of windows mean and deviation of every
step, those of frames the frames.
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of a head's inputs and outputs, which its weights alone do not tell.

    Args:
        encoders: the encoders' cards, in the order of the records.
        spec: how a clip's features are stored; of kind "windows" for a series.
        classes: how many, 0 where a number is predicted.
        rows: that a fit trains on, which the cost of some heads depends on; 0 where it is not known.
    """

    encoders: tuple[ModelCard, ...]
    spec: FeatureSpec
    classes: int = 0
    rows: int = 0

    @property
    def outputs(self) -> int:
        """Numbers that the head computes of a clip, or of a step of a series."""
        return self.classes or 1

    @property
    def series(self) -> bool:
        """Whether there is an output at every step."""
        return self.spec.kind == "windows"

    @property
    def layers(self) -> tuple[int, ...]:
        """How many layers each encoder's record has."""
        return tuple(len(self.spec.chosen(card)) for card in self.encoders)


class Deployable(ABC):
    """A trained head in use; a subclass needs :meth:`state`, :meth:`prepare` and :meth:`forward`.

    A recording of any length is screened in two stages, so that no more of it than one window is in
    memory: :meth:`mix` reduces each window's record, :meth:`answer` computes the output from what
    all windows were reduced to.
    """

    @abstractmethod
    def state(self) -> State:
        """The weights, from which :meth:`Head.deployable` restores it bit by bit."""

    @abstractmethod
    def prepare(self, records: Sequence[Record]) -> Any:
        """The input of :meth:`forward` made of one clip's records, one an encoder."""

    @abstractmethod
    def forward(self, inputs: Any) -> Tensor:
        """Probabilities [rows, classes], or values [rows, 1] in the target's unit.

        There is one row, or one for each step of a series.
        """

    def outputs(self, records: Sequence[Record]) -> NDArray[np.float64]:
        """The outputs of one clip: :meth:`prepare` and :meth:`forward`."""
        import torch

        with torch.inference_mode():
            return np.asarray(self.forward(self.prepare(records)).double().cpu().numpy())

    @property
    def parameters(self) -> int:
        """How many numbers were trained."""
        return sum(int(values.size) for values in self.state().values())

    @property
    def size(self) -> int:
        """Bytes of the stored weights."""
        return sum(int(values.nbytes) for values in self.state().values())

    def macs(self, inputs: Any) -> int | None:
        """Multiply-accumulates of :meth:`forward`; None where torch sees no product in it."""
        from paralbench.heads.training.counting import macs

        return macs(self.forward, inputs) or None

    def to(self, device: str) -> Self:
        """It moved to a device; by default it stays on the CPU."""
        return self

    def mix(self, record: Record) -> Tensor:
        """Reduce one window's record to what :meth:`answer` needs of it, [rows, ...].

        By default nothing is reduced.
        """
        import torch

        return torch.from_numpy(np.ascontiguousarray(record.swapaxes(0, 1), np.float32))

    def answer(self, mixed: Sequence[Tensor]) -> NDArray[np.float64]:
        """Probabilities [classes] or a value [1] of a recording.

        Args:
            mixed: the mixed rows of each utterance (clip) of the recording, in order. A pooled
                record is one utterance.
        """
        import torch

        record = torch.cat(list(mixed)).numpy().swapaxes(0, 1)
        output: NDArray[np.float64] = self.outputs([record])[0]
        return output

    def slope(self, place: int) -> NDArray[np.float64] | None:
        """The gradient [layers, 2, width] of an output that is linear in the pooled record.

        None where it is not linear. ``place`` is the class, whose logit is compared with the mean of
        the others', or 0.
        """
        return None


@dataclass(frozen=True)
class HeadForms:
    """A head as it is trained and as it is deployed; one object where both are the same."""

    trained: Deployable
    deployed: Deployable

    @property
    def folds(self) -> bool:
        """Whether the deployable form differs from the trained one."""
        return self.trained is not self.deployed


def pooled_rows(record: Record) -> NDArray[np.float32]:
    """A record of means and deviations [layers, rows * 2, width] as [rows, layers, 2, width]."""
    layers, twice, width = record.shape
    pairs = record.astype(np.float32).reshape(layers, twice // 2, 2, width)
    return np.ascontiguousarray(pairs.swapaxes(0, 1))


def foreign_state(head: str) -> ParalbenchError:
    """The error for weights that do not fit a head."""
    return ParalbenchError(
        f"the bundle's head is not one that this paralbench's '{head}' makes: its tensors have other "
        "names or shapes; use the version that made it."
    )
