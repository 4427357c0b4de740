"""The pooled heads as scikit-learn estimators.

They choose their settings by inner folds of complete ``groups`` (speakers), standardise what they are
given, and return calibrated probabilities: the computation of a benchmark's head, on an array.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from paralbench.features.spec import FeatureSpec
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.heads.deployable import Deployable, Layout
from paralbench.heads.head import PooledStream, Problem, Split
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard

NO_NUMBERS = "the heads compute"


class PooledEstimator(BaseEstimator):  # type: ignore[misc]
    """Base of the estimators; a subclass names its head.

    Args:
        n_layers: how many layers' features stand side by side in the columns, as in those of
            :func:`paralbench.extract`; 1 for any other matrix.
        settings: settings of the head (``paralbench list heads`` and docs/heads), by name.

    Attributes:
        state_: the fitted head's arrays.
        chosen_: what the inner folds chose.
        n_features_in_: columns that were fitted.
    """

    _head = ""

    def __init__(self, n_layers: int = 1, settings: Mapping[str, Any] | None = None) -> None:
        self.n_layers = n_layers
        self.settings = settings

    def _fitted(
        self, rows: NDArray[np.float64], targets: NDArray[Any], classes: int, groups: Any
    ) -> Self:
        """Fit the head on all rows.

        Raises:
            ValueError: for columns, groups or settings that do not fit, or too few rows.
        """
        numbers = None
        if groups is not None:
            check_consistent_length(rows, groups)
            numbers = np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.int64)
        every = np.arange(len(rows))
        problem = Problem(
            "class" if classes else "number", targets.astype(float), classes, groups=numbers
        )
        split = Split(0, 0, train=every, develop=every[:0], test=every)
        stream = PooledStream("array", self._values(rows))
        try:
            settings = find_settings(self._head, self.settings or {})
            fits = find_head(self._head).fit([stream], problem, [split], settings)
        except ParalbenchError as error:
            raise ValueError(str(error)) from error
        self.state_ = dict(fits.fitted[0].state)
        self.chosen_ = dict(fits.fitted[0].chosen)
        self._outputs_count = classes
        return self

    def _outputs(self, features: ArrayLike) -> NDArray[np.float64]:
        """Probabilities [rows, classes], or values [rows, 1], by the deployable form."""
        check_is_fitted(self, "state_")
        rows = validate_data(self, features, reset=False, dtype=np.float64)
        values = self._values(rows)
        count, layers, _, width = values.shape
        record = values.transpose(1, 0, 2, 3).reshape(layers, 2 * count, width)
        return self._form(layers, width).outputs([record])

    def _form(self, layers: int, width: int) -> Deployable:
        card = ModelCard(
            id="array", title="array", backend="python", rate=16000, layers=layers, width=width,
            frame_rate=50.0, parameters=0, licence="none", citation="none",
        )  # fmt: skip
        layout = Layout((card,), FeatureSpec("pooled"), self._outputs_count)
        settings = find_settings(self._head, self.settings or {})
        return find_head(self._head).deployable(self.state_, settings, layout)

    def _values(self, rows: NDArray[np.float64]) -> NDArray[np.float32]:
        """[rows, layers, 2, width]; a column of zeros is added to an odd number of columns a layer."""
        if self.n_layers < 1 or rows.shape[1] % self.n_layers:
            raise ValueError(
                f"n_layers = {self.n_layers} does not divide the {rows.shape[1]} columns of X."
            )
        values = rows.astype(np.float32).reshape(len(rows), self.n_layers, -1)
        if not np.isfinite(values).all():
            raise ValueError("X holds numbers beyond float32; infinity is no feature.")
        values = np.pad(values, ((0, 0), (0, 0), (0, values.shape[2] % 2)))
        return values.reshape(len(rows), self.n_layers, 2, -1)


class PooledClassifier(ClassifierMixin, PooledEstimator):  # type: ignore[misc]
    """A pooled head that learns classes.

    Attributes:
        classes_: their labels, in the order of the probabilities.
    """

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:  # noqa: N803
        """Fit.

        Args:
            X: features [rows, columns].
            y: labels [rows], two or more different ones.
            groups: the speaker of each row; inner folds keep a speaker's rows together. Without them
                every row is its own group, which suits rows of different speakers only.

        Raises:
            ValueError: for unsuitable arrays, or fewer than two classes.
        """
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, targets = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y holds one class only ({self.classes_[0]!r}); expected two or more."
            )
        return self._fitted(rows, targets, len(self.classes_), groups)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities [rows, classes], in the order of ``classes_``."""
        return self._outputs(X)

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The most probable label of each row."""
        probabilities = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[probabilities.argmax(1)]
        return labels


class PooledRegressor(RegressorMixin, PooledEstimator):  # type: ignore[misc]
    """A pooled head that learns numbers."""

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:  # noqa: N803
        """Fit, with arguments as :meth:`PooledClassifier.fit`; ``y`` are numbers [rows].

        Raises:
            ValueError: for unsuitable arrays.
        """
        rows, targets = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        return self._fitted(rows, targets, 0, groups)

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """The value of each row."""
        return self._outputs(X)[:, 0]


class LinearProbe(PooledClassifier):
    """L2 logistic regression, strength and layers chosen by inner folds: the default head.

    Example:
        >>> import numpy as np
        >>> from paralbench import LinearProbe
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.standard_normal((60, 4)), np.repeat(["calm", "tense"], 30)
        >>> X[30:, 0] += 3
        >>> probe = LinearProbe().fit(X, y, groups=np.arange(60) % 6)
        >>> probe.predict_proba(X).shape, bool(probe.score(X, y) > 0.9)
        ((60, 2), True)
    """

    _head = "linear-probe"


class LinearProbeRegressor(PooledRegressor):
    """Ridge regression, strength and layers chosen by inner folds."""

    _head = "linear-probe"


class KNN(PooledClassifier):
    """k nearest neighbours, k chosen by inner folds."""

    _head = "knn"


class KNNRegressor(PooledRegressor):
    """The mean of the k nearest neighbours, k chosen by inner folds."""

    _head = "knn"


class LDA(PooledClassifier):
    """Linear discriminant analysis, its shrinkage chosen by inner folds."""

    _head = "lda"


class SVM(PooledClassifier):
    """Support vector machines, C and the kernel's width chosen by inner folds."""

    _head = "svm"


class SVMRegressor(PooledRegressor):
    """Support vector regression, C and the kernel's width chosen by inner folds."""

    _head = "svm"
