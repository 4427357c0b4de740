"""Evaluation in place, beside scikit-learn's numbers and sums made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, recall_score, roc_auc_score

from paralbench.records.bundle import Manifest, Outcome
from paralbench.records.screened import Row
from paralbench.screening.local_evaluation import RARE, evaluate
from paralbench.statistics.bootstrap import wilson
from tests.screener.bundles import manifest
from tests.screening.rows import row

COUNT = 120


def _rows() -> list[Row]:
    rng = np.random.default_rng(0)
    result = []
    for number in range(COUNT):
        truth = rng.random() < 0.4
        probability = float(np.clip(rng.normal(0.65 if truth else 0.35, 0.2), 0.01, 0.99))
        record = {"sex": "fm"[number % 2], "site": "A" if number % 5 else f"S{number // 40}"}
        result.append(row(number, probability, "low" if truth else "high", attributes=record))
    return result


def test_scores_are_those_of_another_implementation() -> None:
    rows = _rows()
    evaluation = evaluate(manifest(), rows)
    truth = np.array([item.truth == "low" for item in rows])
    probability = np.array([item.assessment.probability for item in rows], float)
    record = {item.metric: item for item in evaluation.scores}
    assert record["auroc"].value == pytest.approx(roc_auc_score(truth, probability), abs=1e-6)
    text = probability >= 0.5
    assert record["sensitivity"].value == pytest.approx(recall_score(truth, text))
    assert record["specificity"].value == pytest.approx(recall_score(~truth, ~text))
    low, high = wilson(record["sensitivity"].value, truth.sum())
    assert (record["sensitivity"].interval.low, record["sensitivity"].interval.high) == (low, high)
    assert record["brier"].interval.low < record["brier"].value < record["brier"].interval.high
    assert evaluation.coverage is not None
    assert evaluation.coverage.value == pytest.approx((text == truth).mean())
    assert (evaluation.recordings, evaluation.patients, evaluation.missing, evaluation.reasons) == (
        COUNT,
        COUNT,
        0,
        {},
    )


def test_calibration_and_net_benefit_by_hand() -> None:
    rows = _rows()
    evaluation = evaluate(manifest(), rows)
    assert sum(item.recordings for item in evaluation.calibration) == COUNT
    for item in evaluation.calibration:
        inside = [r for r in rows if item.low <= (r.assessment.probability or 0) < item.high]
        assert item.recordings == len(inside)
        assert item.observed.value == np.mean([r.truth == "low" for r in inside])
    point = next(item for item in evaluation.benefit if item.threshold == pytest.approx(0.2))
    taken = [r for r in rows if (r.assessment.probability or 0) >= 0.2]
    right = sum(r.truth == "low" for r in taken)
    expected = right / COUNT - (len(taken) - right) / COUNT * 0.2 / 0.8
    assert point.screener == pytest.approx(expected)
    prevalence = np.mean([r.truth == "low" for r in rows])
    assert point.everyone == pytest.approx(prevalence - (1 - prevalence) / 4)


def test_groups_of_few_are_put_together_without_their_names() -> None:
    evaluation = evaluate(manifest(), _rows())
    sites = {
        cell.value
        for item in evaluation.subgroups
        if item.attribute == "site"
        for cell in item.cells
    }
    assert sites == set()  # but for one site all are small, so nothing can be compared
    sexes = [item for item in evaluation.subgroups if item.attribute == "sex"]
    assert [cell.value for cell in sexes[0].cells] == ["female", "male"]
    rows = [replace(item, attributes={"age": str(20 + 2 * (n % 15)), "name": f"Jane {n}"})
            for n, item in enumerate(_rows())]  # fmt: skip
    rows[:4] = [replace(item, attributes={"age": "90"}) for item in rows[:4]]
    output = evaluate(manifest(), rows)
    assert {item.attribute for item in output.subgroups} == {"age"}
    (cell,) = [c for c in output.subgroups[0].cells if c.value == RARE]
    assert (cell.examples, cell.score) == (4, None)
    assert "Jane" not in output.model_dump_json()


def test_several_recordings_a_patient_make_wider_intervals() -> None:
    alone = {item.metric: item.interval for item in evaluate(manifest(), _rows()).scores}
    rows = [replace(item, patient=f"p{n // 6}") for n, item in enumerate(_rows())]
    evaluation = evaluate(manifest(), rows)
    assert evaluation.patients == COUNT // 6
    record = {item.metric: item.interval for item in evaluation.scores}
    assert record["sensitivity"].clusters == COUNT // 6
    assert record["sensitivity"].method != alone["sensitivity"].method


def test_what_cannot_be_used_is_counted() -> None:
    rows = [
        row(0, 0.7, "low"), row(1, 0.2, "yes"), row(2, 0.3, None),
        row(3, status="not scored", truth="low"), row(4, status="abstained", truth="high"),
    ]  # fmt: skip
    evaluation = evaluate(manifest(), rows)
    assert (evaluation.recordings, evaluation.missing, evaluation.unknown) == (1, 1, {"yes": 1})
    assert evaluation.flow == {
        "high": {"near threshold": 1},
        "low": {"above threshold": 1, "not scored: quality": 1},
    }
    assert "auroc" in evaluation.reasons
    assert evaluate(manifest(), rows[1:]).reasons == {
        "scores": "no recording has both a score and a known truth"
    }


def _number() -> Manifest:
    outcome = Outcome(kind="number", label="phq8", title="PHQ-8", assessed="A questionnaire.")
    return manifest().model_copy(update={"outcome": outcome})


def test_numbers_have_errors_and_coverage() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(10, 4, 60)
    text = truth + rng.normal(0, 2, 60)
    rows = [
        row(n, truth=f"{t:.6f}", value=float(s), low=float(s) - 3, high=float(s) + 3)
        for n, (t, s) in enumerate(zip(truth, text, strict=True))
    ]
    evaluation = evaluate(_number(), [*rows, row("x", truth="many", value=1.0)])
    record = {score.metric: score.value for score in evaluation.scores}
    assert record["mae"] == pytest.approx(mean_absolute_error(truth, text), abs=1e-5)
    assert set(record) == {"rmse", "mae", "ccc"}
    assert evaluation.coverage is not None
    assert evaluation.coverage.value == pytest.approx((np.abs(truth - text) <= 3).mean())
    assert evaluation.unknown == {"many": 1}
    assert (evaluation.calibration, evaluation.benefit) == ([], [])
