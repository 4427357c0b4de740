"""A screener checked on a clinic's own patients: what it says beside what is true there.

Only recordings with a score and a truth that the screener knows count; the flow tells where the
others went. A row is a patient unless a column says whose it is; then patients are what is drawn
again for the intervals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from paralbench.evaluation.attributes import UNKNOWN, word
from paralbench.evaluation.scoring import scores
from paralbench.evaluation.subgroups import subgroups
from paralbench.records.bundle import Estimate, Manifest, Outcome
from paralbench.records.card import Card
from paralbench.records.errors import ParalbenchError
from paralbench.records.interval import Interval
from paralbench.records.result import Score
from paralbench.records.screened import Row
from paralbench.records.subgroup import Subgroup
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.statistics.bootstrap import WILSON, wilson

SMALLEST = 10
"""Patients or recordings that a value of an attribute needs to be shown at all."""
RARE = f"fewer than {SMALLEST} each"
_CLASS = ("auroc", "sensitivity", "specificity", "brier", "ece")
_NUMBER = ("rmse", "mae", "ccc")
_APART = {"class": ["sensitivity", "specificity"], "number": ["mae"]}
_BINS = 10
_LEVEL = 0.95


class Bin(Card):
    """Recordings of like probability: how many, their mean, and the share that is positive."""

    low: float
    high: float
    recordings: int
    predicted: float
    observed: Estimate


class Benefit(Card):
    """Net benefit at one threshold: true positives less false ones at the threshold's odds, a row.

    ``everyone`` is that of taking everybody for positive; of nobody it is 0 (Vickers & Elkin, 2006).
    """

    threshold: float
    screener: float
    everyone: float


class Evaluation(Card):
    """evaluation.json. ``reasons`` tells of each number that is not there why not.

    ``flow`` counts recordings by truth and by what became of them; ``unknown`` those whose truth is
    no class of the screener (or no number), by that value, empty cells apart as ``missing``.
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
    calibration: list[Bin] = Field(default_factory=list)
    benefit: list[Benefit] = Field(default_factory=list)
    subgroups: list[Subgroup] = Field(default_factory=list)
    reasons: dict[str, str] = Field(default_factory=dict)


def evaluate(manifest: Manifest, rows: Sequence[Row]) -> Evaluation:
    """Everything that can be said; what cannot is told with its reason, never raised."""
    outcome = manifest.outcome
    known = [row for row in rows if _truth(row, outcome) is not None]
    used = [row for row in known if _scored(row)]
    strange = Counter(row.truth for row in rows if row.truth and _truth(row, outcome) is None)
    found: dict[str, object] = {
        "outcome": outcome.label,
        "positive": outcome.positive,
        "recordings": len(used),
        "patients": len(set(_patients(used))),
        "missing": sum(not row.truth for row in rows),
        "unknown": {str(name): count for name, count in strange.most_common(10)},
        "flow": _flow(known, outcome),
    }
    if not used:
        return Evaluation.model_validate(
            found | {"reasons": {"scores": "no recording has both a score and a known truth"}}
        )
    predictions = _predictions(used, manifest)
    reasons: dict[str, str] = {}
    told: list[Score] = []
    for name in _CLASS if outcome.kind == "class" else _NUMBER:
        try:
            told += scores(Metrics(ranking=name, report=[name]), predictions)
        except ParalbenchError as error:
            reasons[name] = str(error)
    apart = _APART[outcome.kind]
    found |= {
        "scores": told,
        "coverage": _coverage(used, outcome),
        "nominal": manifest.conformal.level if manifest.conformal else None,
        "subgroups": subgroups(
            Metrics(ranking=apart[0], report=apart, smallest=SMALLEST), predictions
        )
        if len(predictions.sizes()) > 1
        else [],
        "reasons": reasons,
    }
    if outcome.kind == "class":
        found |= {"calibration": _bins(predictions), "benefit": _benefit(predictions)}
    return Evaluation.model_validate(found)


def _truth(row: Row, outcome: Outcome) -> float | None:
    """1 and 0 for positive and not, or the number; None where it is no class and no number."""
    if row.truth is None:
        return None
    if outcome.kind == "class":
        return float(row.truth == outcome.positive) if row.truth in outcome.classes else None
    try:
        number = float(row.truth)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _scored(row: Row) -> bool:
    told = row.assessment
    return told.status == "scored" and (told.probability is not None or told.value is not None)


def _patients(rows: Sequence[Row]) -> list[str]:
    """Whose each recording is; one that nobody is named for is somebody of its own."""
    return [f"p{row.patient}" if row.patient else f"r{row.id}" for row in rows]


def _flow(rows: Sequence[Row], outcome: Outcome) -> dict[str, dict[str, int]]:
    """Recordings by truth, and by prediction or status."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        truth = str(row.truth) if outcome.kind == "class" else "a number"
        told = row.assessment
        became = told.prediction if told.status == "scored" and told.prediction else told.status
        found.setdefault(truth, Counter())[became] += 1
    return {truth: dict(sorted(counts.items())) for truth, counts in sorted(found.items())}


def _predictions(rows: Sequence[Row], manifest: Manifest) -> Predictions:
    """As the benchmark's own evaluation takes them; positive is the last of two classes."""
    outcome, count = manifest.outcome, len(rows)
    truth = np.array([_truth(row, outcome) for row in rows], float)
    none = np.zeros(count, np.int64)
    clusters = np.unique(np.array(_patients(rows)), return_inverse=True)[1]
    if outcome.kind == "class":
        positive = np.array([row.assessment.probability for row in rows], float)
        threshold = manifest.operating_point.threshold if manifest.operating_point else 0.5
        predicted = np.array(
            [
                float(
                    row.assessment.prediction == outcome.positive
                    if row.assessment.prediction is not None
                    else probability >= threshold
                )
                for row, probability in zip(rows, positive, strict=True)
            ]
        )
        outputs = np.stack([1 - positive, positive], 1)
    else:
        predicted = np.array([row.assessment.value for row in rows], float)
        outputs = predicted[:, None]
    return Predictions(
        rows=np.arange(count),
        clusters=clusters,
        folds=none,
        seeds=none,
        truth=truth,
        predicted=predicted,
        outputs=outputs.astype(np.float32),
        classes=("other", str(outcome.positive)) if outcome.kind == "class" else (),
        attributes=_attributes(rows, clusters),
    )


def _attributes(rows: Sequence[Row], clusters: NDArray[np.int64]) -> dict[str, NDArray[np.str_]]:
    """A word a row for each attribute that parts them; values of few are put together, unnamed."""
    found = {}
    for name in sorted({name for row in rows for name in row.attributes}):
        words = np.array([word(name, row.attributes.get(name, "")) or UNKNOWN for row in rows])
        for value in np.unique(words):
            here = words == value
            if min(here.sum(), len(np.unique(clusters[here]))) < SMALLEST:
                words = np.where(here, RARE, words)
        if len(set(words.tolist()) - {RARE, UNKNOWN}) > 1:
            found[name] = words
    return found


def _coverage(rows: Sequence[Row], outcome: Outcome) -> Estimate | None:
    """How often the truth lies in the interval, or the set; None where the screener gives none."""
    held = []
    for row in rows:
        told, truth = row.assessment, _truth(row, outcome)
        if outcome.kind == "class" and told.classes:
            held.append(row.truth in told.classes)
        elif outcome.kind == "number" and None not in (told.low, told.high, truth):
            held.append(bool(told.low <= truth <= told.high))  # type: ignore[operator]
    return _share(sum(held), len(held), len(set(_patients(rows)))) if held else None


def _share(hits: int, count: int, patients: int) -> Estimate:
    """A share with Wilson's interval; of several recordings a patient, as wide as of patients alone."""
    trials = min(count, patients)
    low, high = wilson(hits / count, trials, _LEVEL)
    return Estimate(
        value=hits / count,
        interval=Interval(low=low, high=high, level=_LEVEL, method=WILSON, clusters=trials),
    )


def _bins(found: Predictions) -> list[Bin]:
    positive = found.outputs[:, 1].astype(float)
    place = np.minimum((positive * _BINS).astype(int), _BINS - 1)
    bins = []
    for number in np.unique(place):
        here = place == number
        hits = int(found.truth[here].sum())
        bins.append(
            Bin(
                low=number / _BINS,
                high=(number + 1) / _BINS,
                recordings=int(here.sum()),
                predicted=float(positive[here].mean()),
                observed=_share(hits, int(here.sum()), len(np.unique(found.clusters[here]))),
            )
        )
    return bins


def _benefit(found: Predictions) -> list[Benefit]:
    positive, truth = found.outputs[:, 1].astype(float), found.truth
    prevalence = float(truth.mean())
    curve = []
    for threshold in np.arange(1, 100) / 100:
        odds = threshold / (1 - threshold)
        taken = positive >= threshold
        hits, alarms = float((taken * truth).mean()), float((taken * (1 - truth)).mean())
        curve.append(
            Benefit(
                threshold=float(threshold),
                screener=hits - alarms * odds,
                everyone=prevalence - (1 - prevalence) * odds,
            )
        )
    return curve
