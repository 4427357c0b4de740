"""A head over scikit-learn estimators, in five lines.

::

    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
    from paralbench.heads.estimator_head import EstimatorHead

    HEAD = EstimatorHead(
        "extra-trees", ExtraTreesClassifier(200), ExtraTreesRegressor(200)
    )

The estimator is fitted on the pooled mean and deviation, averaged over layers (or of one layer) and
standardised by the training side. The deployable form stores the training rows and fits the estimator
again when it is loaded: a fitted estimator could only be stored as a pickle, which is never loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from threadpoolctl import threadpool_limits

from paralbench.heads import layer_choice
from paralbench.heads.convex.standard import Standard
from paralbench.heads.convex.training_side import training_rows
from paralbench.heads.deployable import (
    Deployable,
    HeadForms,
    Layout,
    Record,
    State,
    foreign_state,
    pooled_rows,
)
from paralbench.heads.head import Fits, Fitted, Head, Problem, Split, Stream, Workplace
from paralbench.heads.linear_map import LinearHead
from paralbench.records.card import Card


class Settings(Card):
    """Settings of every such head.

    Attributes:
        layers: "mean" averages the layers; "last", or the number of one.
        refit: fit on development rows as well; false leaves them out altogether.
        parameters: of the estimator, by scikit-learn's names.
    """

    layers: Literal["mean", "last"] | int = "mean"
    refit: bool = True
    parameters: dict[str, Any] = Field(default_factory=dict)


class EstimatorForm(Deployable):
    """The estimator fitted on stored rows.

    Args:
        estimator: unfitted, with its parameters.
        state: ``rows`` [rows, columns], standardised, and their ``targets``; ``mean`` and ``scale`` of
            the standardisation; ``layers``, the share of each; ``seed``.
        classes: how many, 0 where a number is predicted.
    """

    def __init__(self, estimator: Any, state: State, classes: int) -> None:
        from sklearn.base import clone

        self._state, self._classes = state, classes
        self._estimator = clone(estimator)
        seeds = [name for name in estimator.get_params() if name.endswith("random_state")]
        self._estimator.set_params(**dict.fromkeys(seeds, int(state["seed"][0])))
        targets = state["targets"].astype(np.int64) if classes else state["targets"]
        with threadpool_limits(1):  # the same bits on any number of cores
            self._estimator.fit(state["rows"], targets)

    def state(self) -> State:
        """See :class:`Deployable`."""
        return self._state

    def prepare(self, records: Sequence[Record]) -> NDArray[np.float64]:
        """[rows, columns], standardised."""
        (record,) = records
        return self.columns(pooled_rows(record))

    def columns(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Standardised columns of pooled rows [rows, layers, 2, width]."""
        mixed = np.einsum("l,rlc->rc", self._state["layers"], values.reshape(*values.shape[:2], -1))
        standardised: NDArray[np.float64] = (mixed - self._state["mean"]) * self._state["scale"]
        return standardised

    def forward(self, inputs: NDArray[np.float64]) -> Any:
        """See :class:`Deployable`; a class without a training row has probability 0."""
        import torch

        rows = inputs.astype(np.float32)
        if not self._classes:
            return torch.from_numpy(np.asarray(self._estimator.predict(rows), float)[:, None])
        outputs = np.zeros((len(rows), self._classes))
        outputs[:, self._estimator.classes_] = self._estimator.predict_proba(rows)
        return torch.from_numpy(outputs)


class EstimatorHead(LinearHead):
    """A head over a classifier with ``predict_proba``, a regressor, or both.

    Args:
        name: the head's.
        classifier: an unfitted scikit-learn classifier, for classes.
        regressor: an unfitted regressor, for numbers and series.

    Raises:
        TypeError: without either, or for a classifier without ``predict_proba``.
    """

    name = ""
    settings = Settings
    deterministic = True

    def __init__(self, name: str, classifier: Any = None, regressor: Any = None) -> None:
        if classifier is None and regressor is None:
            raise TypeError(f"head '{name}': expected a classifier, a regressor, or both")
        if classifier is not None and not hasattr(classifier, "predict_proba"):
            raise TypeError(
                f"head '{name}': {type(classifier).__name__} has no predict_proba; wrap it in "
                "CalibratedClassifierCV"
            )
        self.name = name
        self._classifier, self._regressor = classifier, regressor
        kinds = {"class"} if classifier is not None else set()
        self.targets = frozenset(kinds | ({"number", "series"} if regressor is not None else set()))
        estimators = [each for each in (classifier, regressor) if each is not None]
        self.deterministic = not any(
            parameter.endswith("random_state")
            for estimator in estimators
            for parameter in estimator.get_params()
        )

    def layers(self, settings: Any, count: int) -> tuple[int, ...]:
        """See :class:`Head`."""
        every = settings.layers == "mean"
        return layer_choice.chosen("learned" if every else settings.layers, count)

    def fit(
        self,
        streams: Sequence[Stream],
        problem: Problem,
        splits: Sequence[Split],
        settings: Any,
        work: Workplace | None = None,
    ) -> Fits:
        """Fit on every split; test outputs are those of the deployable form."""
        features = self.features(streams)
        classes = problem.classes if problem.kind == "class" else 0
        used = list(self.layers(settings, features.shape[1]))
        shares = np.bincount(used, minlength=features.shape[1]) / len(used)
        parameters, fitted = 0, []
        for split in splits:
            rows = training_rows(split, problem, settings.refit)
            columns = np.einsum("l,rlc->rc", shares, features[rows])
            standard = Standard.of(columns)
            state: dict[str, NDArray[Any]] = {
                "rows": standard.apply(columns).astype(np.float32),
                "targets": problem.targets[rows],
                "mean": standard.mean, "scale": standard.scale, "layers": shares,
                "seed": np.array([split.seed]),
            }  # fmt: skip
            form = EstimatorForm(self._estimator(classes, settings), state, classes)
            inputs = form.columns(features[split.test])
            with threadpool_limits(1):
                outputs = form.forward(inputs).numpy().astype(np.float32)
            weights = shares[used].astype(np.float32)
            fitted.append(Fitted(split, outputs, {"fitted_on": len(rows)}, state, weights))
            parameters = max(parameters, form.parameters)
        return Fits(fitted, parameters)

    def deployable(self, state: State, settings: Any, layout: Layout) -> Any:
        """See :class:`Head`."""
        (count,), (card,) = layout.layers, layout.encoders
        rows, columns = len(state.get("targets", ())), 2 * card.width
        shapes = {
            "rows": (rows, columns), "targets": (rows,), "mean": (columns,), "scale": (columns,),
            "layers": (count,), "seed": (1,),
        }  # fmt: skip
        if {name: values.shape for name, values in state.items()} != shapes:
            raise foreign_state(self.name)
        return EstimatorForm(self._estimator(layout.classes, settings), state, layout.classes)

    def forms(self, settings: Any, layout: Layout) -> HeadForms:
        """See :class:`Head`; with as many stored rows as the layout has."""
        few = Head.forms(self, settings, layout)
        if not layout.rows:
            return few
        state = dict(few.deployed.state())
        columns = state["rows"].shape[1]
        state["rows"] = np.resize(state["rows"], (layout.rows, columns))
        state["targets"] = np.resize(state["targets"], layout.rows)
        deployed = self.deployable(state, settings, layout)
        return HeadForms(deployed, deployed)

    def stores_rows(self, settings: Any) -> bool:
        """See :class:`Head`."""
        return True

    def _estimator(self, classes: int, settings: Any) -> Any:
        from sklearn.base import clone

        estimator = self._classifier if classes else self._regressor
        return clone(estimator).set_params(**settings.parameters)
