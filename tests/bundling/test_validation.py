"""What validation reports is of speakers that nothing was fitted on, and holds on new ones."""

from __future__ import annotations

import numpy as np
import pytest

from paralbench.bundling.operating_point import Goal
from paralbench.bundling.validation import mean_of_seeds, validated
from paralbench.records.errors import ParalbenchError
from paralbench.records.task_card import TaskCard
from paralbench.results.predictions import Predictions
from paralbench.statistics.calibration import Array
from tests.evaluation.cases import NUMBERS, task
from tests.statistics.test_calibration import speakers

CLASS = task()
NUMBER = task(target={**NUMBERS, "minimum": 0})


def of_classes(count: int, seed: int, slope: float = 0.5) -> Predictions:
    """Two seeds that say the same but for noise, of simulated speakers."""
    said, truth, clusters, _ = speakers(count, seed, slope)
    rng = np.random.default_rng(seed)
    outputs = []
    for _ in range(2):
        noisy = np.clip(said + rng.normal(0, 0.01, len(said)), 0.001, 0.999)
        outputs.append(np.stack([1 - noisy, noisy], 1))
    return _twice(np.concatenate(outputs), truth, clusters, ("a", "b"))


def of_numbers(count: int, seed: int) -> Predictions:
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0, 20, count)
    values = [truth + rng.normal(0, 2, count) for _ in range(2)]
    return _twice(np.concatenate(values)[:, None], truth, np.arange(count), ())


def _twice(
    outputs: Array, truth: Array, clusters: np.ndarray, classes: tuple[str, ...]
) -> Predictions:
    each = len(truth)
    predicted = outputs.argmax(1).astype(float) if classes else outputs[:, 0]
    return Predictions(
        rows=np.tile(np.arange(each), 2), clusters=np.tile(clusters, 2),
        folds=np.zeros(2 * each, np.int64), seeds=np.repeat([0, 1], each),
        truth=np.tile(truth, 2), predicted=predicted, outputs=outputs.astype(np.float32),
        classes=classes, attributes={"sex": np.tile(np.where(clusters % 2, "f", "m"), 2)},
    )  # fmt: skip


def test_seeds_are_averaged_example_by_example() -> None:
    found = of_classes(20, 0)
    each = len(found.rows) // 2
    mean = mean_of_seeds(found, 2)
    expected = (found.outputs[:each] + found.outputs[each:]) / 2
    assert mean.outputs == pytest.approx(expected, abs=1e-7)
    assert (mean_of_seeds(found, 1).outputs == found.outputs[:each]).all()
    broken = Predictions(**{**{f: getattr(found, f) for f in found.__dataclass_fields__},
                            "rows": np.repeat(found.rows[::2], 2)})  # fmt: skip
    shuffled = mean_of_seeds(found, 2)
    assert (shuffled.rows == np.arange(each)).all()
    with pytest.raises(ParalbenchError, match="one prediction of every example by each seed"):
        mean_of_seeds(broken, 2)


def test_a_class_is_calibrated_and_told_with_its_intervals() -> None:
    told = validated(mean_of_seeds(of_classes(120, 1, 0.4), 2), CLASS, 0.9, Goal(sensitivity=0.8))
    assert told.calibration is not None
    assert told.calibration.method != "none"
    assert told.calibration.error_after < told.calibration.error_before
    assert told.conformal.coverage == pytest.approx(0.9, abs=0.05)
    assert told.performance.slope == pytest.approx(1, abs=0.35)
    point = told.operating_point
    assert point is not None
    assert point.sensitivity.value == pytest.approx(0.8, abs=0.1)
    assert (
        point.sensitivity.interval.low < point.sensitivity.value < point.sensitivity.interval.high
    )
    names = [score.metric for score in told.performance.scores]
    assert names[:2] == ["uar", "wa"]
    assert {"auroc", "brier", "ece", "sensitivity", "specificity"} <= set(names)
    assert {one.attribute for one in told.performance.subgroups} == {"sex"}


@pytest.mark.slow
def test_sensitivity_told_is_that_of_new_speakers() -> None:
    """Over many draws: nothing is told better than it is."""
    told, true = [], []
    for seed in range(12):
        found = mean_of_seeds(of_classes(80, seed), 2)
        one = validated(found, CLASS, 0.8, Goal(sensitivity=0.8)).operating_point
        assert one is not None
        told.append(one.sensitivity.value)
        said, truth, _, _ = speakers(800, seed + 500, 0.5)
        # Uncalibrated or not, the threshold's place in the order decides.
        point = validated(found, CLASS, 0.8, Goal(sensitivity=0.8))
        assert point.calibration is not None
        from paralbench.statistics.calibration import calibrated

        mended = calibrated(point.calibration.method, point.calibration.parameters, said)
        true.append((mended >= one.threshold)[truth > 0].mean())
    assert np.mean(told) == pytest.approx(np.mean(true), abs=0.04)


def test_a_number_is_told_with_an_interval_and_never_below_its_minimum() -> None:
    found = of_numbers(150, 0)
    told = validated(mean_of_seeds(found, 2), NUMBER, 0.8, Goal())
    assert (told.calibration, told.operating_point) == (None, None)
    (half,) = told.conformal.quantiles
    assert half == pytest.approx(1.28 * 2 / np.sqrt(2), rel=0.25)
    assert told.conformal.coverage == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(
    ("found", "card", "level", "words"),
    [
        (of_classes(9, 0), CLASS, 0.5, "needs 10 speakers or more, the predictions are of 9"),
        (of_numbers(12, 0), NUMBER, 0.95, "--level 0.95 needs 19 speakers or more"),
    ],
)
def test_too_few_speakers_are_refused(
    found: Predictions, card: TaskCard, level: float, words: str
) -> None:
    with pytest.raises(ParalbenchError, match=words):
        validated(mean_of_seeds(found, 2), card, level, Goal())
