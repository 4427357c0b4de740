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
    found = []
    for number in range(COUNT):
        truth = rng.random() < 0.4
        probability = float(np.clip(rng.normal(0.65 if truth else 0.35, 0.2), 0.01, 0.99))
        told = {"sex": "fm"[number % 2], "site": "A" if number % 5 else f"S{number // 40}"}
        found.append(row(number, probability, "low" if truth else "high", attributes=told))
    return found


def test_scores_are_those_of_another_implementation() -> None:
    rows = _rows()
    found = evaluate(manifest(), rows)
    truth = np.array([one.truth == "low" for one in rows])
    probability = np.array([one.assessment.probability for one in rows], float)
    told = {one.metric: one for one in found.scores}
    assert told["auroc"].value == pytest.approx(roc_auc_score(truth, probability), abs=1e-6)
    said = probability >= 0.5
    assert told["sensitivity"].value == pytest.approx(recall_score(truth, said))
    assert told["specificity"].value == pytest.approx(recall_score(~truth, ~said))
    low, high = wilson(told["sensitivity"].value, truth.sum())
    assert (told["sensitivity"].interval.low, told["sensitivity"].interval.high) == (low, high)
    assert told["brier"].interval.low < told["brier"].value < told["brier"].interval.high
    assert found.coverage is not None
    assert found.coverage.value == pytest.approx((said == truth).mean())
    assert (found.recordings, found.patients, found.missing, found.reasons) == (COUNT, COUNT, 0, {})


def test_calibration_and_net_benefit_by_hand() -> None:
    rows = _rows()
    found = evaluate(manifest(), rows)
    assert sum(one.recordings for one in found.calibration) == COUNT
    for one in found.calibration:
        inside = [r for r in rows if one.low <= (r.assessment.probability or 0) < one.high]
        assert one.recordings == len(inside)
        assert one.observed.value == np.mean([r.truth == "low" for r in inside])
    point = next(one for one in found.benefit if one.threshold == pytest.approx(0.2))
    taken = [r for r in rows if (r.assessment.probability or 0) >= 0.2]
    right = sum(r.truth == "low" for r in taken)
    expected = right / COUNT - (len(taken) - right) / COUNT * 0.2 / 0.8
    assert point.screener == pytest.approx(expected)
    prevalence = np.mean([r.truth == "low" for r in rows])
    assert point.everyone == pytest.approx(prevalence - (1 - prevalence) / 4)


def test_groups_of_few_are_put_together_without_their_names() -> None:
    found = evaluate(manifest(), _rows())
    sites = {cell.value for one in found.subgroups if one.attribute == "site" for cell in one.cells}
    assert sites == set()  # but for one site all are small, so nothing can be compared
    sexes = [one for one in found.subgroups if one.attribute == "sex"]
    assert [cell.value for cell in sexes[0].cells] == ["female", "male"]
    rows = [replace(one, attributes={"age": str(20 + 2 * (n % 15)), "name": f"Jane {n}"})
            for n, one in enumerate(_rows())]  # fmt: skip
    rows[:4] = [replace(one, attributes={"age": "90"}) for one in rows[:4]]
    told = evaluate(manifest(), rows)
    assert {one.attribute for one in told.subgroups} == {"age"}
    (cell,) = [c for c in told.subgroups[0].cells if c.value == RARE]
    assert (cell.examples, cell.score) == (4, None)
    assert "Jane" not in told.model_dump_json()


def test_several_recordings_a_patient_make_wider_intervals() -> None:
    alone = {one.metric: one.interval for one in evaluate(manifest(), _rows()).scores}
    rows = [replace(one, patient=f"p{n // 6}") for n, one in enumerate(_rows())]
    found = evaluate(manifest(), rows)
    assert found.patients == COUNT // 6
    told = {one.metric: one.interval for one in found.scores}
    assert told["sensitivity"].clusters == COUNT // 6
    assert told["sensitivity"].method != alone["sensitivity"].method


def test_what_cannot_be_used_is_counted() -> None:
    rows = [
        row(0, 0.7, "low"), row(1, 0.2, "yes"), row(2, 0.3, None),
        row(3, status="not scored", truth="low"), row(4, status="abstained", truth="high"),
    ]  # fmt: skip
    found = evaluate(manifest(), rows)
    assert (found.recordings, found.missing, found.unknown) == (1, 1, {"yes": 1})
    assert found.flow == {"high": {"abstained": 1}, "low": {"low": 1, "not scored": 1}}
    assert "auroc" in found.reasons
    assert evaluate(manifest(), rows[1:]).reasons == {
        "scores": "no recording has both a score and a known truth"
    }


def _number() -> Manifest:
    outcome = Outcome(kind="number", label="phq8", title="PHQ-8", assessed="A questionnaire.")
    return manifest().model_copy(update={"outcome": outcome})


def test_numbers_have_errors_and_coverage() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(10, 4, 60)
    said = truth + rng.normal(0, 2, 60)
    rows = [
        row(n, truth=f"{t:.6f}", value=float(s), low=float(s) - 3, high=float(s) + 3)
        for n, (t, s) in enumerate(zip(truth, said, strict=True))
    ]
    found = evaluate(_number(), [*rows, row("x", truth="many", value=1.0)])
    told = {one.metric: one.value for one in found.scores}
    assert told["mae"] == pytest.approx(mean_absolute_error(truth, said), abs=1e-5)
    assert set(told) == {"rmse", "mae", "ccc"}
    assert found.coverage is not None
    assert found.coverage.value == pytest.approx((np.abs(truth - said) <= 3).mean())
    assert found.unknown == {"many": 1}
    assert (found.calibration, found.benefit) == ([], [])
