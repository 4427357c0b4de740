"""The contract of a head: it is fitted on some rows, predicts others, and can be deployed.

A head reads features, targets, groups and row numbers. It never reads a corpus, a speaker's or a
label's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from paralbench.audio.cutting import Cutting
from paralbench.features.spec import FeatureSpec
from paralbench.heads.deployable import Deployable, HeadForms, Layout, State
from paralbench.records.errors import CardError
from paralbench.records.model_card import Words
from paralbench.records.result import Forms

NO_NUMBERS = "protocols and records"

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class PooledStream:
    """One encoder's pooled records of all rows.

    ``values`` is [rows, layers, 2, width]: mean and deviation. Of a series the rows are steps,
    recording after recording, ``rate`` of them a second; otherwise ``rate`` is 0. ``words`` asks for
    bags of audio words made of them.
    """

    model: str
    values: NDArray[np.float32]
    rate: float = 0.0
    words: Words | None = None


@dataclass(frozen=True)
class FrameStream:
    """One encoder's frames of all rows: for each row its clips in order, [layers, frames, width].

    The arrays are memory maps in the precision in which they were stored. ``rate`` is in frames a
    second; 0 where the encoder gives one frame a clip. ``words`` asks for bags of audio words.
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
    """The rows of one fold under one seed that train, develop and test; development may be empty."""

    fold: int
    seed: int
    train: Rows
    develop: Rows
    test: Rows


@dataclass(frozen=True, slots=True)
class Problem:
    """The targets [rows] to learn, class indices or numbers.

    Rows of a series are steps; ``recordings`` [rows] is the recording that each belongs to.
    ``groups`` [rows] numbers what inner folds keep together, mostly speakers; without it every row,
    or every recording, is its own group. ``distributions`` [rows, classes] are the shares of the raters'
    votes, where these are learnt; ``targets`` are then the classes with the most. ``strata`` [rows]
    numbers the subgroups, such as sexes, that a head's settings ask to balance; without them there
    is one.
    """

    kind: Literal["class", "number"]
    targets: NDArray[np.float64]
    classes: int
    recordings: Rows | None = None
    groups: Rows | None = None
    distributions: NDArray[np.float64] | None = None
    strata: Rows | None = None


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Outputs for rows of the training side, each from a head that was not fitted on its group.

    Args:
        rows: their numbers.
        outputs: as :attr:`Fitted.outputs`, in the order of ``rows``.
    """

    rows: Rows
    outputs: NDArray[np.float32]


@dataclass(frozen=True)
class Fitted:
    """A head after fitting on one split.

    Args:
        split: the split.
        outputs: of the test rows, probabilities [rows, classes] or values [rows, 1].
        chosen: hyperparameters that the training side chose (epoch, strength), for the Result.
        state: everything that :meth:`Head.deployable` needs to predict in the target's unit.
        layer_weights: the share of each of the encoder's layers, summing to one.
        out_of_fold: outputs of inner folds, where the head chooses by them; calibration uses them.
    """

    split: Split
    outputs: NDArray[np.float32]
    chosen: dict[str, Any]
    state: State
    layer_weights: NDArray[np.float32] | None = None
    out_of_fold: OutOfFold | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """The cost of a form of a head: bytes stored, and seconds for the described example."""

    bytes: int
    latency: float
    example: str


@dataclass(frozen=True)
class Fits:
    """All fits of an entry in the order of the splits, and the candidates of a search (``tried``).

    ``control`` are the fits of the matched plain form, where the head trains one; ``forms`` compares
    the trained with the deployable form, where they differ; ``compressed`` are the same fits in
    compressed forms, and ``weights`` the cost of each of those and of the deployable form
    ("deployed").
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
    """Where and how fits run.

    Args:
        folder: finished fits of this entry are stored there until all are done; None stores none.
        workers: fits at once; the number of cores by default.
        device: "cpu" or "cuda".
        quiet: show no progress.
    """

    folder: Path | None = None
    workers: int | None = None
    device: str = "cpu"
    quiet: bool = True


@dataclass(frozen=True)
class Control:
    """The settings of the matched control: those of its head, but for some ``values``."""

    values: Mapping[str, Any]

    def __call__(self, settings: Any) -> Any:
        """The control's settings."""
        return settings.model_copy(update=dict(self.values))


class Head(Protocol):
    """A head. A class that inherits from it gets the methods that have a body here.

    ``settings`` is a card class with its defaults. ``targets`` are the kinds of target it learns; a
    series comes to it as one number a step: rows are steps, their features the pooled windows around
    them. ``streams`` says whether it reads one encoder or fuses many. A ``deterministic`` head draws
    no random numbers and needs one seed.
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
        """What it needs stored of each clip; pooled mean and deviation by default."""
        return FeatureSpec("pooled")

    def cutting(self, settings: Any) -> Cutting | None:
        """How long recordings are cut into utterances for it; None, the default, where they are not."""
        return None

    def layers(self, settings: Any, count: int) -> tuple[int, ...]:
        """Which of a record's ``count`` layers it uses; all by default."""
        return tuple(range(count))

    def fit(
        self,
        streams: Sequence[Stream],
        problem: Problem,
        splits: Sequence[Split],
        settings: Any,
        work: Workplace | None = None,
    ) -> Fits:
        """Fit on every split; ``streams`` holds the same rows as each encoder gives them."""
        ...

    def deployable(self, state: State, settings: Any, layout: Layout) -> Deployable:
        """The trained head in use, of the ``state`` of a fit with these settings on this layout.

        Raises:
            ParalbenchError: where the state is not one of such a fit.
        """
        ...

    def forms(self, settings: Any, layout: Layout) -> HeadForms:
        """Trained and deployable form with arbitrary weights, for what they cost.

        By default both are the deployable form of a fit on a few drawn rows, which is right for a
        head whose cost does not depend on what it was fitted on.
        """
        streams, problem = drawn(layout)
        size = len(problem.targets) // _DRAWN_GROUPS
        parts = np.split(np.arange(len(problem.targets)), [size, 2 * size])
        split = Split(0, 0, train=parts[2], develop=parts[1], test=parts[0])
        fits = self.fit(streams, problem, [split], settings, Workplace(workers=1))
        deployed = self.deployable(fits.fitted[0].state, settings, layout)
        return HeadForms(deployed, deployed)

    def stores_rows(self, settings: Any) -> bool:
        """Whether its deployed form keeps rows that it was fitted on, so that its cost grows with them."""
        return False

    def memory(self, settings: Any, layout: Layout, rows: int) -> int | None:
        """About the most bytes that fitting on so many rows holds at once, features included.

        None, the default, where it is not known.
        """
        return None

    def without_control(self) -> Head:
        """The head without the matched control that it trains beside itself, if it does."""
        return self

    def preset(self, name: str, control: Control | None) -> Head:
        """The same under the name of a preset, with the preset's control.

        Raises:
            CardError: where a control is declared and the head cannot train one.
        """
        if control is not None:
            raise CardError(f"preset '{name}': head '{self.name}' trains no control.")
        renamed: Any = copy(self)
        renamed.name = name
        return cast(Head, renamed)


_DRAWN_GROUPS = 8


def drawn(layout: Layout) -> tuple[list[Stream], Problem]:
    """Random rows of this layout in eight equal groups in order, each with every class."""
    random = np.random.default_rng(0)
    count = _DRAWN_GROUPS * max(8, layout.classes)
    streams: list[Stream] = []
    for card, layers in zip(layout.encoders, layout.layers, strict=True):
        values = random.standard_normal((count, layers, 2, card.width), dtype=np.float32)
        if layout.spec.kind == "frames":
            rate = layout.spec.frame_rate(card) or 0.0
            clips = [[row] for row in values]
            streams.append(FrameStream(card.id, clips, layers, card.width, rate, card.words))
        else:
            streams.append(PooledStream(card.id, values, layout.spec.rate, card.words))
    rows = np.arange(count)
    groups = rows // (count // _DRAWN_GROUPS)
    targets = rows % layout.classes if layout.classes else random.standard_normal(count)
    kind: Literal["class", "number"] = "class" if layout.classes else "number"
    recordings = groups if layout.series else None
    return streams, Problem(kind, targets.astype(float), layout.classes, recordings, groups)
