"""Base of heads that fit one vector an example, with settings chosen by inner folds.

The vector is the pooled mean and deviation, averaged over layers or of one layer, and standardised by
the training side. Inner folds of complete groups choose the candidate (and, by ``layers = "best"``,
the layer) with the least log-loss or squared error; the head is then fitted on all of these rows.
Scores of classes are multiplied by the one factor that minimises the out-of-fold log-loss before they
become probabilities. Test outputs are those of the deployable form.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from scipy.optimize import minimize_scalar
from threadpoolctl import threadpool_limits
from torch import Tensor

from paralbench.heads import layer_choice
from paralbench.heads.convex.standard import Standard
from paralbench.heads.convex.training_side import TrainingSide, fitted_once
from paralbench.heads.deployable import (
    Deployable,
    HeadForms,
    Layout,
    Record,
    State,
    foreign_state,
    pooled_rows,
)
from paralbench.heads.head import (
    Fits,
    Fitted,
    Head,
    OutOfFold,
    Problem,
    Rows,
    Split,
    Stream,
    Workplace,
)
from paralbench.heads.linear_map import LinearHead, LinearMap
from paralbench.records.card import Card

Array = NDArray[np.float64]
Scores = Callable[[Tensor, Mapping[str, Tensor]], Tensor]

_BLOCK = 1024


class Settings(Card):
    """Settings that all such heads have.

    Attributes:
        layers: "mean" averages the layers; "best" is the layer with the lowest inner loss; "last", or
            the number of one.
        inner_folds: at most so many inner folds; fewer groups are left out one by one.
        class_weights: "balanced" lets every class weigh the same; distributions of raters are learnt as
            they are.
        refit: fit on development rows as well; false leaves them out altogether, for protocols that
            forbid it.
    """

    layers: Literal["mean", "best", "last"] | int = "mean"
    inner_folds: int = Field(default=5, ge=2)
    class_weights: Literal["balanced", "none"] = "balanced"
    refit: bool = True


class PooledForm(Deployable):
    """Deployed form that compares a recording with stored rows.

    Args:
        scores: logits or values of standardised rows by the stored arrays.
        state: ``layers``, the share of each; ``mean`` and ``scale`` of the standardisation;
            ``sharpness``, the factor of the scores; and the arrays that ``scores`` reads.
        classes: whether the scores are logits.
    """

    def __init__(self, scores: Scores, state: State, classes: bool) -> None:
        self._scores, self._state, self._classes = scores, state, classes
        self.to("cpu")

    def state(self) -> State:
        """See :class:`Deployable`."""
        return self._state

    def to(self, device: str) -> Self:
        """It with its arrays moved to a device."""
        self._tensors = {name: part.to(device) for name, part in _tensors(self._state).items()}
        return self

    def prepare(self, records: Sequence[Record]) -> Tensor:
        """[rows, layers, 2 * width]"""
        (record,) = records
        return torch.from_numpy(pooled_rows(record)).flatten(2).to(self._tensors["mean"].device)

    def forward(self, inputs: Tensor) -> Tensor:
        """See :class:`Deployable`."""
        state = self._tensors
        columns = torch.einsum("l,rlc->rc", state["layers"], inputs.double())
        scores = self._scores((columns - state["mean"]) * state["scale"], state)
        scores = scores * state["sharpness"]
        return scores.softmax(1) if self._classes else scores


@dataclass(frozen=True)
class _Choice:
    """What inner folds chose; ``held_out`` are scores, ``loss`` None without inner folds."""

    shares: Array
    candidate: Mapping[str, float]
    sharpness: float
    held_out: Array
    loss: float | None


@dataclass(frozen=True)
class _Trained:
    """The outcome of one training side: a form that reads some layers."""

    form: Deployable
    reads: list[int]
    layer_weights: NDArray[np.float32]
    chosen: dict[str, Any]
    out_of_fold: OutOfFold | None


class PooledHead(LinearHead):
    """A subclass writes :meth:`candidates` and :meth:`models`.

    Its models are linear maps, ``weights`` [columns, outputs] and ``bias`` [outputs], unless it also
    writes :meth:`linear`, :meth:`scores` and :meth:`shapes`.
    """

    name: str
    settings: type[Any] = Settings
    deterministic = True

    @abstractmethod
    def candidates(self, settings: Any, columns: int) -> Sequence[Mapping[str, float]]:
        """What inner folds choose from, simplest first."""

    @abstractmethod
    def models(
        self,
        columns: Array,
        targets: Array,
        classes: int,
        candidates: Sequence[Mapping[str, float]],
        settings: Any,
    ) -> list[State]:
        """A model for each candidate, fitted on standardised rows [rows, columns].

        ``targets`` are class indices or values [rows], or distributions of raters [rows, classes] for a
        head that learns them. ``classes`` is 0 for numbers; a class may be missing from ``targets``.
        """

    def linear(self, settings: Any) -> bool:
        """Whether models are linear maps."""
        return True

    def scores(self, rows: Tensor, model: Mapping[str, Tensor]) -> Tensor:
        """Logits or values [rows, outputs] of standardised rows."""
        return rows @ model["weights"] + model["bias"]

    def shapes(self, rows: int, columns: int, outputs: int) -> dict[str, tuple[int, ...]]:
        """The shapes of a model's arrays that are stored with ``rows`` training rows."""
        return {"weights": (columns, outputs), "bias": (outputs,)}

    def layers(self, settings: Any, count: int) -> tuple[int, ...]:
        """See :class:`Head`."""
        several = settings.layers in ("mean", "best")
        return layer_choice.chosen("learned" if several else settings.layers, count)

    def fit(
        self,
        streams: Sequence[Stream],
        problem: Problem,
        splits: Sequence[Split],
        settings: Any,
        work: Workplace | None = None,
    ) -> Fits:
        """Fit on every split; splits that train on the same rows share a fit."""
        features = self.features(streams)
        parameters, fitted = 0, []
        with threadpool_limits(1):  # the same bits on any number of cores
            for split, model in fitted_once(
                splits, problem, settings.refit,
                lambda rows: self._trained(features, problem, rows, settings),
            ):  # fmt: skip
                parameters = max(parameters, model.form.parameters)
                fitted.append(
                    Fitted(
                        split,
                        _outputs(model.form, features, model.reads, split.test),
                        dict(model.chosen),
                        model.form.state(),
                        model.layer_weights,
                        model.out_of_fold,
                    )
                )
        return Fits(fitted, parameters)

    def deployable(self, state: State, settings: Any, layout: Layout) -> Any:
        """See :class:`Head`."""
        if self.linear(settings):
            return super().deployable(state, settings, layout)
        (count,), (card,) = layout.layers, layout.encoders
        columns = 2 * card.width
        rows = len(state["rows"]) if "rows" in state else 0
        shapes = {
            "layers": (count,), "mean": (columns,), "scale": (columns,), "sharpness": (1,),
            **self.shapes(rows, columns, layout.outputs),
        }  # fmt: skip
        if not rows or {name: values.shape for name, values in state.items()} != shapes:
            raise foreign_state(self.name)
        return PooledForm(self.scores, state, bool(layout.classes))

    def stores_rows(self, settings: Any) -> bool:
        """See :class:`Head`."""
        return not self.linear(settings)

    def forms(self, settings: Any, layout: Layout) -> HeadForms:
        """See :class:`Head`; a head that stores training rows stores all of the layout's."""
        if self.linear(settings):
            return super().forms(settings, layout)
        few = Head.forms(self, settings, layout)
        if not layout.rows:
            return few
        (card,) = layout.encoders
        shapes = self.shapes(layout.rows, 2 * card.width, layout.outputs)
        state = {
            name: np.resize(values, shapes.get(name, values.shape))
            for name, values in few.deployed.state().items()
        }
        deployed = PooledForm(self.scores, state, bool(layout.classes))
        return HeadForms(deployed, deployed)

    def _trained(
        self, features: NDArray[np.float32], problem: Problem, rows: Rows, settings: Any
    ) -> _Trained:
        side = TrainingSide.of(problem, rows, settings, "squared-error")
        count = features.shape[1]
        used = list(self.layers(settings, count))
        choice = self._choice(features, side, used, settings)
        columns = _columns(features, rows, choice.shares)
        standard = Standard.of(columns)
        (model,) = self.models(
            standard.apply(columns), side.learnt, side.classes, [choice.candidate], settings
        )
        form: Deployable
        reads = used
        if self.linear(settings):
            weights, bias = standard.folded(
                model["weights"] * choice.sharpness, model["bias"] * choice.sharpness
            )
            maps = (choice.shares[used, None, None] * weights).astype(np.float32)
            form = LinearMap(maps, bias.astype(np.float32), (tuple(used), count), side.classes > 0)
        else:
            state = {
                "layers": choice.shares, "mean": standard.mean, "scale": standard.scale,
                "sharpness": np.array([choice.sharpness]), **model,
            }  # fmt: skip
            form, reads = PooledForm(self.scores, state, side.classes > 0), list(range(count))
        held_out = choice.held_out * choice.sharpness
        best = {"layer": int(choice.shares.argmax())} if settings.layers == "best" else {}
        chosen = {
            "layers": settings.layers,
            **best,
            **choice.candidate,
            **side.record(held_out, settings),
        }
        shares = choice.shares[used].astype(np.float32)
        return _Trained(form, reads, shares, chosen, side.out_of_fold(held_out))

    def _choice(
        self, features: NDArray[np.float32], side: TrainingSide, used: list[int], settings: Any
    ) -> _Choice:
        """The first candidate, of the first layer, with the least loss; the middle without folds."""
        count = features.shape[1]
        candidates = self.candidates(settings, features.shape[2])
        equal = np.bincount(used, minlength=count) / len(used)
        held_out = np.zeros((len(side.rows), max(1, side.classes)))
        if not side.folds.count:
            return _Choice(equal, candidates[len(candidates) // 2], 1.0, held_out, None)
        best: _Choice | None = None
        for shares in np.eye(count) if settings.layers == "best" else [equal]:
            columns = _columns(features, side.rows, shares)
            rows = Standard.of(columns).apply(columns)
            for candidate, outputs in zip(
                candidates, self._held_out(rows, side, candidates, settings), strict=True
            ):
                sharpness = _sharpness(outputs, side) if side.classes else 1.0
                loss = side.judge(outputs * sharpness)
                if best is None or best.loss is None or loss < best.loss:
                    best = _Choice(shares, candidate, sharpness, outputs, loss)
        assert best is not None
        return best

    def _held_out(
        self,
        rows: Array,
        side: TrainingSide,
        candidates: Sequence[Mapping[str, float]],
        settings: Any,
    ) -> Array:
        """Scores [candidates, rows, outputs] of models that were fitted without the row's fold."""
        outputs = np.zeros((len(candidates), len(rows), max(1, side.classes)))
        for part in range(side.folds.count):
            held = side.folds.number == part
            models = self.models(
                rows[~held], side.learnt[~held], side.classes, candidates, settings
            )
            queries = torch.from_numpy(rows[held])
            for place, model in enumerate(models):
                outputs[place, held] = self.scores(queries, _tensors(model)).numpy()
        return outputs


def _tensors(arrays: State) -> dict[str, Tensor]:
    return {name: torch.from_numpy(values.astype(np.float64)) for name, values in arrays.items()}


def _columns(features: NDArray[np.float32], rows: Rows, shares: Array) -> Array:
    """Rows [rows, columns] averaged over layers, one layer in memory at a time."""
    columns = np.zeros((len(rows), features.shape[2]))
    for layer in np.flatnonzero(shares):
        columns += shares[layer] * features[rows, layer]
    return columns


def _sharpness(scores: Array, side: TrainingSide) -> float:
    """The factor of the scores with the least log-loss, from a hundredth to a hundred."""
    solution = minimize_scalar(
        lambda power: side.judge(scores * 10**power),
        bounds=(-2, 2), method="bounded", options={"xatol": 1e-6},
    )  # fmt: skip
    return float(10**solution.x)


def _outputs(
    form: Deployable, features: NDArray[np.float32], layers: list[int], rows: Rows
) -> NDArray[np.float32]:
    """Outputs of the deployable form, block by block."""
    blocks = []
    for start in range(0, max(1, len(rows)), _BLOCK):
        block = features[rows[start : start + _BLOCK]][:, layers]
        blocks.append(form.forward(torch.from_numpy(block)).numpy())
    return np.concatenate(blocks).astype(np.float32)
