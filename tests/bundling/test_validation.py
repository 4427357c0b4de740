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
    text, truth, clusters, _ = speakers(count, seed, slope)
    rng = np.random.default_rng(seed)
    outputs = []
    for _ in range(2):
        noisy = np.clip(text + rng.normal(0, 0.01, len(text)), 0.001, 0.999)
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
    result = of_classes(20, 0)
    each = len(result.rows) // 2
    mean = mean_of_seeds(result, 2)
    expected = (result.outputs[:each] + result.outputs[each:]) / 2
    assert mean.outputs == pytest.approx(expected, abs=1e-7)
    assert (mean_of_seeds(result, 1).outputs == result.outputs[:each]).all()
    broken = Predictions(**{**{f: getattr(result, f) for f in result.__dataclass_fields__},
                            "rows": np.repeat(result.rows[::2], 2)})  # fmt: skip
    shuffled = mean_of_seeds(result, 2)
    assert (shuffled.rows == np.arange(each)).all()
    with pytest.raises(ParalbenchError, match="one prediction of every example by each seed"):
        mean_of_seeds(broken, 2)


def test_a_class_is_calibrated_and_told_with_its_intervals() -> None:
    output = validated(mean_of_seeds(of_classes(120, 1, 0.4), 2), CLASS, 0.9, Goal(sensitivity=0.8))
    assert output.calibration is not None
    assert output.calibration.method != "none"
    assert output.calibration.error_after < output.calibration.error_before
    assert output.conformal.coverage == pytest.approx(0.9, abs=0.05)
    assert output.performance.slope == pytest.approx(1, abs=0.35)
    point = output.operating_point
    assert point is not None
    assert point.sensitivity.value == pytest.approx(0.8, abs=0.1)
    assert (
        point.sensitivity.interval.low < point.sensitivity.value < point.sensitivity.interval.high
    )
    names = [score.metric for score in output.performance.scores]
    assert names[:2] == ["uar", "wa"]
    assert {"auroc", "brier", "ece", "sensitivity", "specificity"} <= set(names)
    assert {subgroup.attribute for subgroup in output.performance.subgroups} == {"sex"}


@pytest.mark.slow
def test_sensitivity_told_is_that_of_new_speakers() -> None:
    """Over many draws: nothing is told better than it is."""
    output, true = [], []
    for seed in range(12):
        result = mean_of_seeds(of_classes(80, seed), 2)
        operating_point = validated(result, CLASS, 0.8, Goal(sensitivity=0.8)).operating_point
        assert operating_point is not None
        output.append(operating_point.sensitivity.value)
        text, truth, _, _ = speakers(800, seed + 500, 0.5)
        # Uncalibrated or not, the threshold's place in the order decides.
        point = validated(result, CLASS, 0.8, Goal(sensitivity=0.8))
        assert point.calibration is not None
        from paralbench.statistics.calibration import calibrated

        mended = calibrated(point.calibration.method, point.calibration.parameters, text)
        true.append((mended >= operating_point.threshold)[truth > 0].mean())
    assert np.mean(output) == pytest.approx(np.mean(true), abs=0.04)


def test_a_number_is_reported_with_an_interval_and_never_below_its_minimum() -> None:
    result = of_numbers(150, 0)
    output = validated(mean_of_seeds(result, 2), NUMBER, 0.8, Goal())
    assert (output.calibration, output.operating_point) == (None, None)
    (half,) = output.conformal.quantiles
    assert half == pytest.approx(1.28 * 2 / np.sqrt(2), rel=0.25)
    assert output.conformal.coverage == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(
    ("result", "card", "level", "words"),
    [
        (of_classes(9, 0), CLASS, 0.5, "needs 10 speakers or more, the predictions are of 9"),
        (of_numbers(12, 0), NUMBER, 0.95, "--level 0.95 needs 19 speakers or more"),
    ],
)
def test_too_few_speakers_are_refused(
    result: Predictions, card: TaskCard, level: float, words: str
) -> None:
    with pytest.raises(ParalbenchError, match=words):
        validated(mean_of_seeds(result, 2), card, level, Goal())
