"""Predictions stored and restored are the same; what was never stored so is refused by name."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paralbench.evaluation.folds import splits
from paralbench.evaluation.predicting import predictions
from paralbench.heads.head import Fitted
from paralbench.records.errors import ParalbenchError
from paralbench.records.task_card import Metrics
from paralbench.results.annotators import annotators
from paralbench.results.predictions import Predictions
from paralbench.results.scores import scores
from paralbench.results.subgroups import subgroups
from tests.evaluation.cases import NUMBERS, example, selected

FOLDS = {
    "kind": "group-folds", "by": "speaker", "folds": 3, "never_cross": ["speaker"], "cluster": "speaker",
}  # fmt: skip
METRICS = Metrics(ranking="uar", report=["uar", "wa", "auroc", "ece"], by=["sex"])


def _found(classes: bool = True, seed: int = 0) -> Predictions:
    labels = ["a", "b", "a"] if classes else [1.0, 2.5, -0.5]
    examples = [
        example(f"{n}", labels[n % 3], speaker=f"s{n // 4}", sex="fm"[n // 4 % 2])
        for n in range(48)
    ]
    selection = selected(examples, FOLDS, **({} if classes else {"target": NUMBERS}))
    rng = np.random.default_rng(seed)
    fitted = [
        Fitted(split, rng.random((len(split.test), 1 + classes), np.float32), {}, {})
        for split in splits(selection, (0, 1))
    ]
    outputs = predictions(selection, fitted)
    return Predictions(
        **{**vars(outputs), "attributes": {"sex": selection.attribute("sex")[outputs.rows]}}
    )


IDS = np.array([f"e{n:02}" for n in range(48)])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_restored_predictions_give_the_same_scores(seed: int) -> None:
    result = _found(seed=seed)
    again, names = Predictions.restored(result.table(IDS), ["a", "b"])
    assert names == IDS.tolist()
    assert scores(METRICS, again) == scores(METRICS, result)
    assert subgroups(METRICS, again) == subgroups(METRICS, result)


def test_numbers_come_back_to_the_last_bit() -> None:
    result = _found(classes=False)
    again, _ = Predictions.restored(result.table(IDS), [])
    np.testing.assert_array_equal(again.truth, result.truth)
    np.testing.assert_array_equal(again.predicted, result.predicted)
    np.testing.assert_array_equal(again.clusters, result.clusters)


@pytest.mark.parametrize(
    ("column", "values", "reported"),
    [
        ("seed", None, "'seed' is missing"),
        ("p:b", None, "'p:b' is missing"),
        ("p:c", pa.array([0.5] * 96), "'p:c' does not belong"),
        ("truth", pa.array(["z"] * 96), "'z' in the column 'truth'"),
        ("p:a", pa.array([float("nan")] * 96), "'p:a' holds NaN"),
        ("fold", pa.array(["one"] * 96), "'fold' holds string"),
        ("example", pa.array([1] * 96), "'example' holds int64"),
        ("by:sex", pa.array([None] * 96, pa.string()), "'by:sex' has empty cells"),
    ],
)
def test_what_does_not_agree_is_named(column: str, values: pa.Array | None, reported: str) -> None:
    table = _found().table(IDS)
    if column in table.column_names:
        table = table.drop_columns([column])
    if values is not None:
        table = table.append_column(column, values)
    with pytest.raises(ValueError, match=reported):
        Predictions.restored(table, ["a", "b"])


def _voted() -> Predictions:
    result = _found()
    other = np.arange(len(result.rows)) % 3
    votes = np.eye(2, dtype=np.int64)[result.truth.astype(int)] * 4 + other[:, None]
    return Predictions(**{**vars(result), "votes": votes})


def test_votes_come_back_and_give_the_same_scores() -> None:
    result = _voted()
    metrics = Metrics(ranking="cross-entropy", report=["cross-entropy", "jensen-shannon", "uar"])
    again, _ = Predictions.restored(result.table(IDS), ["a", "b"])
    np.testing.assert_array_equal(again.votes, result.votes)
    assert scores(metrics, again) == scores(metrics, result)
    assert annotators(metrics, again) == annotators(metrics, result)


@pytest.mark.parametrize(
    ("columns", "reported"),
    [
        ({"votes:b": None}, "'votes:b' is missing"),
        ({"votes:c": [1] * 96}, "'votes:c' does not belong"),
        ({"votes:a": [-1] * 96}, "'votes:a' holds numbers outside"),
        ({"votes:a": [0.5] * 96}, "'votes:a' holds double"),
        ({"votes:a": [0] * 96}, "not the class with the most votes"),
        ({"votes:a": [0] * 96, "votes:b": [0] * 96}, "not the class with the most votes"),
    ],
)
def test_votes_that_do_not_agree_are_named(
    columns: dict[str, list[float] | None], reported: str
) -> None:
    table = _voted().table(IDS)
    for column, values in columns.items():
        if column in table.column_names:
            table = table.drop_columns([column])
        if values is not None:
            table = table.append_column(column, pa.array(values))
    with pytest.raises(ValueError, match=reported):
        Predictions.restored(table, ["a", "b"])


def test_cross_entropy_needs_votes() -> None:
    metrics = Metrics(ranking="cross-entropy", report=["cross-entropy"])
    with pytest.raises(ParalbenchError, match="expected the votes of raters"):
        scores(metrics, _found())
