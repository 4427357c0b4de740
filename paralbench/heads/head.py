"""What a head is to the evaluation: something that is fitted on some rows and predicts others.

Heads see features, targets and row numbers. They never see a corpus, a speaker or a label's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paralbench.audio.cutting import Cutting
from paralbench.features.spec import FeatureSpec
from paralbench.records.model_card import Words
from paralbench.records.result import Forms

NO_NUMBERS = "protocols and records"

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class PooledStream:
    """One encoder's pooled records of all rows.

    ``values`` is [rows, layers, 2, width]: mean and deviation. Of a series the rows are steps,
    recording behind recording, ``rate`` of them a second; elsewhere ``rate`` is 0. ``words`` asks for
    bags of audio words made of them.
    """

    model: str
    values: NDArray[np.float32]
    rate: float = 0.0
    words: Words | None = None


@dataclass(frozen=True)
class FrameStream:
    """One encoder's frames of all rows: for each row its clips in order, [layers, frames, width].

    The arrays lie on disk until they are touched, in the precision in which they were stored.
    ``rate`` is in frames a second; 0 where the encoder gives one frame a clip. ``words`` asks for bags
    of audio words made of them.
    """

    model: str
    clips: Sequence[Sequence[NDArray[Any]]]
    layers: int
    width: int
    rate: float
    words: Words | None = None


Stream: TypeAlias = PooledStream | FrameStream


@dataclass(frozen=True, slots=True)
class Split:
    """Rows that train, develop and test in one fold under one seed; development may be empty."""

    fold: int
    seed: int
    train: Rows
    develop: Rows
    test: Rows


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be learnt: targets [rows] as class indices or numbers.

    Of a series the rows are steps; ``recordings`` [rows] says to which recording each belongs.
    ``groups`` [rows] numbers what inner folds keep together (the speaker, mostly); without it every
    row, or every recording, is a group by itself.
    """

    kind: Literal["class", "number"]
    targets: NDArray[np.float64]
    classes: int
    recordings: Rows | None = None
    groups: Rows | None = None


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Outputs for rows of the training side, each from a head that was not fitted on its group.

    Args:
        rows: which rows.
        outputs: as :attr:`Fitted.outputs`, in the order of ``rows``.
    """

    rows: Rows
    outputs: NDArray[np.float32]


@dataclass(frozen=True)
class Fitted:
    """A head after fitting on one split.

    Args:
        split: the split.
        outputs: what it says of the test rows: probabilities [rows, classes] or values [rows, 1].
        chosen: what development rows chose (epoch, strength), recorded in the Result.
        state: the deployable parameters, by name.
        layer_weights: how much each of the encoder's layers counts, summing to one.
        out_of_fold: what inner folds gave, where the head chooses by them; calibration uses it.
    """

    split: Split
    outputs: NDArray[np.float32]
    chosen: dict[str, Any]
    state: dict[str, NDArray[np.float32]]
    layer_weights: NDArray[np.float32] | None = None
    out_of_fold: OutOfFold | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """What a form of a head weighs: bytes stored, and seconds for an example that is told."""

    bytes: int
    latency: float
    example: str


@dataclass(frozen=True)
class Fits:
    """All fits of an entry, in the order of the splits, and what was tried to choose among.

    ``control`` are the fits of the matched plain form, where the head trains one beside itself;
    ``forms`` compares the trained with the deployable form, where they differ; ``compressed`` are
    the same fits in compressed forms, and ``weights`` what each of those and the deployable form
    ("deployed") weighs.
    """

    fitted: Sequence[Fitted]
    trained_parameters: int
    tried: list[dict[str, Any]] = field(default_factory=list)
    control: Sequence[Fitted] = ()
    forms: Forms | None = None
    compressed: Mapping[str, Sequence[Fitted]] = field(default_factory=dict)
    weights: Mapping[str, Weight] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where and how fits are made.

    Args:
        folder: where finished fits of this very entry are kept until all are done; None keeps none.
        workers: fits at once; the number of cores by default.
        device: "cpu" or "cuda".
        quiet: show no progress.
    """

    folder: Path | None = None
    workers: int | None = None
    device: str = "cpu"
    quiet: bool = True


class Head(Protocol):
    """A head. ``settings`` is a card class with its defaults.

    ``targets`` are the kinds of target it learns. A series comes to it as a number a step: rows are
    steps, their features the pooled windows around them. ``streams`` says how many encoders it can
    listen to. A ``deterministic`` head draws no random numbers: one seed is all there is.
    """

    @property
    def name(self) -> str: ...
    @property
    def targets(self) -> frozenset[str]: ...
    @property
    def streams(self) -> Literal["one", "many"]: ...
    @property
    def settings(self) -> type[Any]: ...
    @property
    def deterministic(self) -> bool: ...

    def spec(self, settings: Any) -> FeatureSpec:
        """What it needs stored of each clip."""
        ...

    def cutting(self, settings: Any) -> Cutting | None:
        """How long recordings are cut into utterances for it; None where they are not."""
        ...

    def fit(
        self,
        streams: Sequence[Stream],
        problem: Problem,
        splits: Sequence[Split],
        settings: Any,
        work: Workplace | None = None,
    ) -> Fits:
        """Fit on every split; ``streams`` holds the same rows as heard by each encoder."""
        ...
