"""Evaluation of a screener on a clinic's own patients, where the list has a column of truth.

Only recordings with a score and a truth that the screener knows count; ``flow`` shows what happened
to the others. A row is a patient unless a column says whose it is; the intervals resample patients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from paralbench.evaluation.attributes import word
from paralbench.records.bundle import Estimate, Manifest, Outcome
from paralbench.records.card import Card
from paralbench.records.errors import ParalbenchError
from paralbench.records.interval import Interval
from paralbench.records.result import Score
from paralbench.records.screened import Row
from paralbench.records.subgroup import UNKNOWN, Subgroup
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.results.scores import scores
from paralbench.results.subgroups import subgroups
from paralbench.screening.row_state import state
from paralbench.statistics.bootstrap import WILSON, wilson

SMALLEST = 10
"""Patients or recordings that an attribute's value needs to be shown at all."""
RARE = f"fewer than {SMALLEST} each"
_REPORTED = {
    "class": ("auroc", "sensitivity", "specificity", "brier", "ece"),
    "number": ("rmse", "mae", "ccc"),
}
_BY_SUBGROUP = {"class": ["sensitivity", "specificity"], "number": ["mae"]}
_BINS = 10
_LEVEL = 0.95


class Bin(Card):
    """Recordings of similar probability: their number, mean, and the share that is positive."""

    low: float
    high: float
    recordings: int
    predicted: float
    observed: Estimate


class Benefit(Card):
    """Net benefit at a threshold: true positives minus odds-weighted false positives, per recording.

    ``everyone`` is that of acting on everybody; of acting on nobody it is 0 (Vickers & Elkin, 2006).
    """

    threshold: float
    screener: float
    everyone: float


class Evaluation(Card):
    """evaluation.json. ``reasons`` says of each number that is missing why.

    ``flow`` counts recordings by truth and by their row's state; ``unknown`` those whose truth is
    no class of the screener (or no number), by that value; ``missing`` those without a truth.
    ``people`` are those who have it and those who do not; ``predicted`` is the mean probability and
    ``observed`` the share who have it.
    """

    outcome: str
    positive: str | None
    recordings: int = Field(ge=0)
    patients: int = Field(ge=0)
    missing: int = Field(ge=0)
    unknown: dict[str, int]
    flow: dict[str, dict[str, int]]
    scores: list[Score] = Field(default_factory=list)
    coverage: Estimate | None = None
    nominal: float | None = None
    coverage_by_class: dict[str, Estimate] = Field(default_factory=dict)
    people: tuple[int, int] = (0, 0)
    predicted: float | None = None
    observed: float | None = None
    calibration: list[Bin] = Field(default_factory=list)
    benefit: list[Benefit] = Field(default_factory=list)
    subgroups: list[Subgroup] = Field(default_factory=list)
    reasons: dict[str, str] = Field(default_factory=dict)


def evaluate(manifest: Manifest, rows: Sequence[Row]) -> Evaluation:
    """Every number that can be computed, and a reason for each that cannot; never raises."""
    outcome = manifest.outcome
    known = [row for row in rows if true_value(row, outcome) is not None]
    used = [
        row
        for row in known
        # Those near the threshold too, as in validation: sets and rates are of everybody.
        if row.assessment.status != "not scored"
        and (row.assessment.probability, row.assessment.value) != (None, None)
    ]
    unknown = Counter(row.truth for row in rows if row.truth and true_value(row, outcome) is None)
    flow: dict[str, Counter[str]] = {}
    for row in known:
        truth = str(row.truth) if outcome.kind == "class" else "a number"
        flow.setdefault(truth, Counter())[str(state(manifest, row.assessment))] += 1
    values: dict[str, object] = {
        "outcome": outcome.label,
        "positive": outcome.positive,
        "recordings": len(used),
        "patients": len(set(patients(used))),
        "missing": sum(not row.truth for row in rows),
        "unknown": {str(name): count for name, count in unknown.most_common(10)},
        "flow": {truth: dict(sorted(counts.items())) for truth, counts in sorted(flow.items())},
    }
    if not used:
        reasons = {"scores": "no recording has both a score and a known truth"}
        return Evaluation.model_validate({**values, "reasons": reasons})
    predictions = _predictions(used, manifest)
    reasons, computed = {}, []
    for name in _REPORTED[outcome.kind]:
        try:
            computed += scores(Metrics(ranking=name, report=[name]), predictions)
        except ParalbenchError as error:
            reasons[name] = str(error)
    names = _BY_SUBGROUP[outcome.kind]
    metrics = Metrics(ranking=names[0], report=names, smallest=SMALLEST)
    values |= {
        "scores": computed,
        "coverage": _coverage(used, outcome),
        "nominal": manifest.conformal.level if manifest.conformal else None,
        "subgroups": subgroups(metrics, predictions) if len(predictions.sizes()) > 1 else [],
        "reasons": reasons,
    }
    if outcome.kind == "class":
        has_it = predictions.truth > 0
        values |= {
            "calibration": _bins(predictions),
            "benefit": _benefit(predictions),
            "people": (
                len(np.unique(predictions.clusters[has_it])),
                len(np.unique(predictions.clusters[~has_it])),
            ),
            "predicted": float(predictions.outputs[:, 1].mean()),
            "observed": float(has_it.mean()),
            "coverage_by_class": {
                name: coverage
                for name in outcome.classes
                if (coverage := _coverage([row for row in used if row.truth == name], outcome))
            },
        }
    return Evaluation.model_validate(values)


def true_value(row: Row, outcome: Outcome) -> float | None:
    """1 for positive and 0 for not, or the number; None where it is no class and no number."""
    if row.truth is None:
        return None
    if outcome.kind == "class":
        return float(row.truth == outcome.positive) if row.truth in outcome.classes else None
    try:
        number = float(row.truth)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def patients(rows: Sequence[Row]) -> list[str]:
    """Whose each recording is; a recording without a patient is one of its own."""
    return [f"p{row.patient}" if row.patient else f"r{row.id}" for row in rows]


def _predictions(rows: Sequence[Row], manifest: Manifest) -> Predictions:
    """As the benchmark's own evaluation has them; positive is the second of two classes."""
    outcome, count = manifest.outcome, len(rows)
    zeros = np.zeros(count, np.int64)
    clusters = np.unique(np.array(patients(rows)), return_inverse=True)[1]
    if outcome.kind == "class":
        probability = np.array([row.assessment.probability for row in rows], float)
        threshold = manifest.operating_point.threshold if manifest.operating_point else 0.5
        predicted = np.array([
            above if row.assessment.prediction is None
            else row.assessment.prediction == outcome.positive
            for row, above in zip(rows, probability >= threshold, strict=True)
        ], float)  # fmt: skip
        outputs = np.stack([1 - probability, probability], 1)
    else:
        predicted = np.array([row.assessment.value for row in rows], float)
        outputs = predicted[:, None]
    return Predictions(
        rows=np.arange(count),
        clusters=clusters,
        folds=zeros,
        seeds=zeros,
        truth=np.array([true_value(row, outcome) for row in rows], float),
        predicted=predicted,
        outputs=outputs.astype(np.float32),
        classes=("other", str(outcome.positive)) if outcome.kind == "class" else (),
        attributes=attributes(rows, clusters),
    )


def attributes(rows: Sequence[Row], clusters: NDArray[np.int64]) -> dict[str, NDArray[np.str_]]:
    """The attributes that distinguish rows; rare values are pooled, without their names."""
    by_name = {}
    for name in sorted({name for row in rows for name in row.attributes}):
        words = np.array([word(name, row.attributes.get(name, "")) or UNKNOWN for row in rows])
        for value in np.unique(words):
            same = words == value
            if min(same.sum(), len(np.unique(clusters[same]))) < SMALLEST:
                words = np.where(same, RARE, words)
        if len(set(words.tolist()) - {RARE, UNKNOWN}) > 1:
            by_name[name] = words
    return by_name


def _coverage(rows: Sequence[Row], outcome: Outcome) -> Estimate | None:
    """How often the interval or set contains the truth; None where the screener gives none."""
    contained = []
    for row in rows:
        assessment, truth = row.assessment, true_value(row, outcome)
        low, high = assessment.low, assessment.high
        if outcome.kind == "class" and assessment.classes:
            contained.append(row.truth in assessment.classes)
        elif outcome.kind == "number" and None not in (low, high, truth):
            contained.append(bool(low <= truth <= high))  # type: ignore[operator]
    return _share(contained, len(set(patients(rows)))) if contained else None


def _share(hits: Sequence[bool], patients: int) -> Estimate:
    """A share with Wilson's interval, which counts patients rather than their recordings."""
    share, trials = sum(hits) / len(hits), min(len(hits), patients)
    low, high = wilson(share, trials, _LEVEL)
    interval = Interval(low=low, high=high, level=_LEVEL, method=WILSON, clusters=trials)
    return Estimate(value=share, interval=interval)


def _bins(predictions: Predictions) -> list[Bin]:
    probability = predictions.outputs[:, 1].astype(float)
    bin_of = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    bins = []
    for number in np.unique(bin_of):
        inside = bin_of == number
        hits = (predictions.truth[inside] > 0).tolist()
        bins.append(
            Bin(
                low=number / _BINS,
                high=(number + 1) / _BINS,
                recordings=len(hits),
                predicted=float(probability[inside].mean()),
                observed=_share(hits, len(np.unique(predictions.clusters[inside]))),
            )
        )
    return bins


def _benefit(predictions: Predictions) -> list[Benefit]:
    probability, truth = predictions.outputs[:, 1].astype(float), predictions.truth
    prevalence = float(truth.mean())
    curve = []
    for threshold in np.arange(1, 100) / 100:
        odds = threshold / (1 - threshold)
        above = probability >= threshold
        hits, alarms = float((above * truth).mean()), float((above * (1 - truth)).mean())
        curve.append(
            Benefit(
                threshold=float(threshold),
                screener=hits - alarms * odds,
                everyone=prevalence - (1 - prevalence) * odds,
            )
        )
    return curve
