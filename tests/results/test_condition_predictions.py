"""Predictions under conditions: what is stored is restored, compactly, and nothing else is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from paralbench.metrics import metric
from paralbench.records.errors import ParalbenchError
from paralbench.results import condition_predictions, files
from paralbench.results.condition_predictions import restored, table
from paralbench.results.predictions import Predictions

FIXTURE = Path(__file__).parent / "fixtures" / "result-v1.json"
CLASSES = ("calm", "angry")


def _clean(classes: tuple[str, ...] = CLASSES, seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    rows = np.tile(np.arange(12), 2)
    outputs = rng.random((24, len(classes) or 1)).astype(np.float32)
    predicted = outputs.argmax(1) if classes else outputs[:, 0]
    return Predictions(
        rows=rows, clusters=rows // 3, folds=rows // 6, seeds=np.repeat([0, 1], 12),
        truth=(rows % 2).astype(float), predicted=predicted.astype(float), outputs=outputs,
        classes=classes,
    )  # fmt: skip


def _degraded(clean: Predictions) -> dict[str, Predictions]:
    other = _clean(clean.classes, 1)
    third = _clean(clean.classes, 2)
    return {"white-0": other, "opus-16": third}


@pytest.mark.parametrize(
    ("classes", "name"), [(CLASSES, "uar"), (CLASSES, "auroc"), (CLASSES, "brier"), ((), "ccc")]
)
def test_what_is_stored_gives_the_same_scores(classes: tuple[str, ...], name: str) -> None:
    clean = _clean(classes)
    degraded, ranking = _degraded(clean), metric(name)
    again = restored(table(degraded, ranking), clean, ranking)
    assert list(again) == ["white-0", "opus-16"]
    weights = np.ones((1, 4))
    for condition, predictions in degraded.items():
        for ours, theirs in zip(
            again[condition].tallies(ranking), predictions.tallies(ranking), strict=True
        ):
            assert ours.scores(weights) == theirs.scores(weights)


def test_probabilities_are_stored_only_where_they_are_read() -> None:
    clean = _clean()
    assert table(_degraded(clean), metric("uar")).column_names == ["condition", "predicted"]
    assert "p:angry" in table(_degraded(clean), metric("auroc")).column_names


def _renamed(stored: pa.Table) -> pa.Table:
    return stored.rename_columns(["condition", "other"])


def _shorter(stored: pa.Table) -> pa.Table:
    return stored.slice(1)


def _of_other_classes(stored: pa.Table) -> pa.Table:
    return stored.set_column(1, "predicted", pa.array(["bored"] * stored.num_rows))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_renamed, "expected the columns condition, predicted"),
        (_shorter, "'white-0' has 23 rows, the clean clips have 24"),
        (_of_other_classes, "'bored' in the column 'predicted' is none of the classes"),
    ],
)
def test_a_table_that_no_run_wrote_is_refused(
    change: Callable[[pa.Table], pa.Table], words: str
) -> None:
    clean, ranking = _clean(), metric("uar")
    with pytest.raises(ValueError, match=words):
        restored(change(table(_degraded(clean), ranking)), clean, ranking)


def test_numbers_must_be_finite() -> None:
    clean, ranking = _clean(()), metric("ccc")
    stored = table(_degraded(clean), ranking)
    broken = stored.set_column(1, "predicted", pa.array(np.full(48, np.nan, np.float32)))
    with pytest.raises(ValueError, match="holds NaN or infinity"):
        restored(broken, clean, ranking)


def test_read_checks_the_digest(tmp_path: Path) -> None:
    clean = _clean()
    content, digest = files.parquet(table(_degraded(clean), metric("uar")))
    result = files.read(FIXTURE)
    assert condition_predictions.read(FIXTURE, result, clean) == {}
    named = result.model_copy(update={"conditions_sha256": digest})
    file = files.write(tmp_path, named, FIXTURE.with_suffix(".parquet").read_bytes(), content)
    assert files.has_predictions(file, named)
    assert set(condition_predictions.read(file, named, clean)) == {"white-0", "opus-16"}
    files.conditions_path(file).write_bytes(content[:-1])
    assert not files.has_predictions(file, named)
    with pytest.raises(ParalbenchError, match="not the predictions the result was made from"):
        condition_predictions.read(file, named, clean)
    files.write(tmp_path, result, FIXTURE.with_suffix(".parquet").read_bytes())
    assert not files.conditions_path(file).exists()
