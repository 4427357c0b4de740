"""From outputs to scores, against scikit-learn on the same predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sklearn

from paralbench.evaluation.folds import splits
from paralbench.evaluation.predicting import predictions
from paralbench.evaluation.selection import Selection
from paralbench.heads.head import Fitted
from paralbench.records.errors import ParalbenchError
from paralbench.results.scores import confusion_matrix, scores
from tests.evaluation.cases import NUMBERS, example, selected

FOLDS = {
    "kind": "group-folds", "by": "speaker", "folds": 4, "never_cross": ["speaker"], "cluster": "speaker",
}  # fmt: skip
SEEDS = (0, 1, 2)


def _classes() -> Selection:
    return selected([example(f"{n}", "aab"[n % 3], speaker=f"s{n // 6}") for n in range(72)], FOLDS)


def _numbers(values: Sequence[float]) -> Selection:
    examples = [example(f"{n}", value, speaker=f"s{n // 3}") for n, value in enumerate(values)]
    return selected(examples, FOLDS, target=NUMBERS)


def _fitted(selection: Selection, width: int, fill: float | None = None) -> list[Fitted]:
    rng = np.random.default_rng(0)
    result = []
    for split in splits(selection, SEEDS):
        drawn: NDArray[np.float32] = rng.random((len(split.test), width), dtype=np.float32)
        outputs = drawn if fill is None else np.full_like(drawn, fill)
        result.append(Fitted(split, outputs, {}, {}))
    return result


def test_scores_are_those_of_scikit_learn_seed_by_seed() -> None:
    selection = _classes()
    outputs = predictions(selection, _fitted(selection, 2))
    assert len(outputs.rows) == 72 * len(SEEDS)
    uar, wa = scores(selection.task.metrics, outputs)
    for score, oracle in ((uar, sklearn.balanced_accuracy_score), (wa, sklearn.accuracy_score)):
        by_seed = [
            oracle(outputs.truth[outputs.seeds == seed], outputs.predicted[outputs.seeds == seed])
            for seed in SEEDS
        ]
        assert list(score.by_seed.values()) == pytest.approx(by_seed)
        assert score.value == pytest.approx(np.mean(by_seed))
        assert score.interval.low < score.value < score.interval.high
        by_fold = [
            np.mean([
                oracle(*(item[(outputs.folds == fold) & (outputs.seeds == seed)]
                         for item in (outputs.truth, outputs.predicted)))
                for seed in SEEDS
            ]) for fold in range(4)
        ]  # fmt: skip
        assert list(score.by_fold.values()) == pytest.approx(by_fold)
    assert (uar.chance, wa.chance) == (0.5, None)


def test_predictions_keep_row_and_output_together() -> None:
    selection = _classes()
    fitted = _fitted(selection, 2)
    outputs = predictions(selection, fitted)
    assert outputs.rows.tolist() == list(range(72)) * len(SEEDS)
    for fit in fitted:
        for row, output in zip(fit.split.test, fit.outputs, strict=True):
            (place,) = np.flatnonzero((outputs.rows == row) & (outputs.seeds == fit.split.seed))
            assert np.array_equal(outputs.outputs[place], output)
            assert outputs.folds[place] == fit.split.fold
            assert outputs.truth[place] == selection.targets[row]


def test_clusters_are_the_speakers() -> None:
    selection = _classes()
    outputs = predictions(selection, _fitted(selection, 2))
    speakers = [selection.examples[row].groups["speaker"] for row in outputs.rows]
    assert (
        len(set(zip(speakers, outputs.clusters.tolist(), strict=True))) == len(set(speakers)) == 12
    )


def test_the_confusion_matrix_is_a_mean_over_seeds() -> None:
    selection = _classes()
    outputs = predictions(selection, _fitted(selection, 2))
    counted = sklearn.confusion_matrix(outputs.truth, outputs.predicted) / len(SEEDS)
    assert confusion_matrix(outputs) == pytest.approx(counted)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_output_that_is_not_finite_is_never_a_score(value: float) -> None:
    selection = _classes()
    fitted = _fitted(selection, 2)
    fitted[3].outputs[1, 0] = value
    with pytest.raises(ParalbenchError, match="NaN or infinity"):
        predictions(selection, fitted)


def test_a_fold_that_leaves_a_metric_undefined_is_left_out_of_the_folds_alone() -> None:
    """One speaker says one thing, and all predictions of its fold are that very thing."""
    examples = [
        example(f"{n}", 0.25 if n < 3 else float(n), speaker=f"s{n // 3}") for n in range(12)
    ]
    each = {key: value for key, value in FOLDS.items() if key != "folds"}
    selection = selected(examples, {**each, "kind": "leave-one-group-out"}, target=NUMBERS)
    fitted = [
        Fitted(fit.split, np.full_like(fit.outputs, 0.25), {}, {}) if fit.split.fold == 0 else fit
        for fit in _fitted(selection, 1)
    ]
    (ccc,) = scores(selection.task.metrics, predictions(selection, fitted))
    assert list(ccc.by_fold) == ["1", "2", "3"]
    assert np.isfinite(ccc.value)


def test_a_metric_that_is_not_defined_at_all_is_refused() -> None:
    selection = _numbers([0.25] * 12)
    outputs = predictions(selection, _fitted(selection, 1, fill=0.25))
    with pytest.raises(ParalbenchError, match="ccc is not defined"):
        scores(selection.task.metrics, outputs)


def test_a_metric_of_numbers_does_not_score_classes() -> None:
    selection = selected(
        [example(f"{n}", "ab"[n % 2], speaker=f"s{n // 6}") for n in range(48)], FOLDS,
        metrics={"ranking": "ccc", "report": ["ccc"]},
    )  # fmt: skip
    outputs = predictions(selection, _fitted(selection, 2))
    with pytest.raises(ParalbenchError, match="'ccc' is for a number, the target is a class"):
        scores(selection.task.metrics, outputs)


def test_one_speaker_has_no_interval() -> None:
    parts = {
        "kind": "partitions", "train": ["train"], "test": ["test"], "never_cross": ["speaker"],
        "cluster": "speaker",
    }  # fmt: skip
    examples = [
        example(f"{n}", "ab"[n % 2], "train" if n < 12 else "test", speaker=f"s{n // 12}")
        for n in range(24)
    ]
    selection = selected(examples, parts)
    outputs = predictions(selection, _fitted(selection, 2))
    with pytest.raises(ParalbenchError, match="two clusters"):
        scores(selection.task.metrics, outputs)


def test_chance_does_not_count_a_class_without_examples() -> None:
    target = {"kind": "class", "label": "target", "classes": ["a", "b", "c"]}
    examples = [example(f"{n}", "aab"[n % 3], speaker=f"s{n // 6}") for n in range(72)]
    selection = selected(examples, FOLDS, target=target)
    outputs = predictions(selection, _fitted(selection, 3))
    assert scores(selection.task.metrics, outputs)[0].chance == 1 / 2
