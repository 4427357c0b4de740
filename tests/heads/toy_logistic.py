"""A head that is no network, as another package would write it: scikit-learn's logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from paralbench.heads.deployable import Deployable, Layout, Record, State, pooled_rows
from paralbench.heads.head import (
    Fits,
    Fitted,
    Head,
    PooledStream,
    Problem,
    Split,
    Stream,
    Workplace,
)
from paralbench.records.card import Card


class Settings(Card):
    """``strength`` is the inverse of the regularisation."""

    strength: float = 1.0


class Logistic(Deployable):
    """The fitted estimator."""

    def __init__(self, estimator: LogisticRegression) -> None:
        self.estimator = estimator

    def state(self) -> State:
        return {"weights": self.estimator.coef_, "bias": self.estimator.intercept_}

    def prepare(self, records: Sequence[Record]) -> NDArray[np.float32]:
        rows = pooled_rows(records[0])
        return rows.reshape(len(rows), -1)

    def forward(self, inputs: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(self.estimator.predict_proba(inputs))


class ToyLogistic(Head):
    """Logistic regression on all layers' mean and deviation side by side."""

    name = "toy-logistic"
    targets = frozenset({"class"})
    streams: Literal["one"] = "one"
    settings = Settings
    deterministic = True

    def fit(
        self,
        streams: Sequence[Stream],
        problem: Problem,
        splits: Sequence[Split],
        settings: Any,
        work: Workplace | None = None,
    ) -> Fits:
        (stream,) = streams
        assert isinstance(stream, PooledStream)
        rows = stream.values.reshape(len(stream.values), -1)
        fitted = []
        for split in splits:
            estimator = LogisticRegression(C=settings.strength, max_iter=1000)
            estimator.fit(rows[split.train], problem.targets[split.train])
            outputs = estimator.predict_proba(rows[split.test]).astype(np.float32)
            fitted.append(Fitted(split, outputs, {}, Logistic(estimator).state()))
        return Fits(fitted, rows.shape[1] * problem.classes)

    def deployable(self, state: State, settings: Any, layout: Layout) -> Logistic:
        estimator = LogisticRegression()
        estimator.coef_, estimator.intercept_ = state["weights"], state["bias"]
        estimator.classes_ = np.arange(layout.classes)
        return Logistic(estimator)


HEAD = ToyLogistic()
