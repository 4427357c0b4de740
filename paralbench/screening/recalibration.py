"""A screener recalibrated on a clinic's own labelled recordings: a new bundle, the same encoder and heads.

It is made from a report that was written with ``--truth``: the journal holds the heads' outputs, the
table the truth. Calibration, operating point and conformal sets are fitted to all of its people, and
what is reported of them comes from people on whom they were not fitted (:mod:`bundling.validation`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from pathlib import Path

import numpy as np

from paralbench.bundling.operating_point import Goal
from paralbench.bundling.quality_statistics import QualityStatistics
from paralbench.bundling.validation import validated_on
from paralbench.evaluation.attributes import STANDARD, word
from paralbench.records.bundle import Manifest, Population, Recalibration, Validation
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.records.screened import Row
from paralbench.records.subgroup import UNKNOWN
from paralbench.records.task_card import Metrics
from paralbench.results.predictions import Predictions
from paralbench.screener.bundle import Bundle
from paralbench.screening import closing, journal
from paralbench.screening.local_evaluation import attributes, patients, true_value

_REPORTED = {"class": "auroc", "number": "mae"}
_ATTRIBUTE = "attribute."


@dataclass(frozen=True)
class LocalSettings:
    """What a screener is recalibrated for.

    Args:
        level: of conformal sets and intervals.
        goal: of the operating point.
        by: an attribute of the list ("sex", "site") by whose values conformal sets are fitted.
        setting: where and how these people were recorded.
    """

    level: float = 0.9
    goal: Goal = field(default_factory=Goal)
    by: str = ""
    setting: str = "Not known: whoever recalibrated it did not say."


def recalibrated(
    bundle: Bundle, folder: Path, settings: LocalSettings
) -> tuple[Manifest, dict[str, bytes]]:
    """Manifest and members of the recalibrated bundle; encoder, heads and range are the same bytes.

    Args:
        bundle: the screener.
        folder: the report of recordings with a truth, made with this screener.
        settings: what it is recalibrated for.

    Raises:
        ParalbenchError: where the report was changed, is of another screener, or has too few people.
        UsageError: where the report lacks the attribute.
    """
    checked = closing.check(folder)
    if checked.changes:
        raise ParalbenchError(
            f"{folder}: expected a report as its run left it; {checked.changes[0]} ('paralbench "
            "screen --check' lists all)."
        )
    if closing.Closing.from_json(folder / closing.NAME).bundle != bundle.sha256:
        raise ParalbenchError(f"{folder}: expected a report of this screener, it is of another.")
    manifest, rows = bundle.manifest, _rows(folder)
    outcome = manifest.outcome
    usable = [
        row for row in rows if row.assessment.outputs and true_value(row, outcome) is not None
    ]
    if not usable:
        raise ParalbenchError(
            f"{folder}: no recording has both a score and a known truth; screen with --truth."
        )
    if outcome.kind == "class" and outcome.positive != outcome.classes[-1]:
        raise ParalbenchError(f"{bundle.path}: the class it screens for must be its last.")
    predictions = _predictions(usable, manifest, settings.by)
    minimum, maximum = outcome.minimum, outcome.maximum
    bounds = (-inf if minimum is None else minimum, inf if maximum is None else maximum)
    ranking = _REPORTED[outcome.kind]
    metrics = Metrics(ranking=ranking, report=[ranking])
    result = validated_on(predictions, bounds, metrics, settings.level, settings.goal, settings.by)
    people, now = len(np.unique(predictions.clusters)), datetime.now(UTC)
    qualities = tuple(row.assessment.quality for row in usable if row.assessment.quality)
    distances = np.array([row.assessment.distance for row in usable
                          if row.assessment.distance is not None], float)  # fmt: skip
    new = manifest.model_copy(
        update={
            "version": manifest.version + 1,
            "calibration": result.calibration,
            "conformal": result.conformal,
            "operating_point": result.operating_point,
            "performance": result.performance,
            "validation": Validation(
                protocol=(
                    f"Recalibrated on {len(usable)} recordings of {people} people of a clinic, none "
                    "of whom the heads were trained on as far as is known; what is reported was "
                    "fitted on the others of them, in five folds of people."
                ),
                external=True,
                never_cross=["person"],
                folds=5,
                seeds=[0],
                population=_population(manifest, usable, len(rows), people, settings.setting),
            ),
            "reference": QualityStatistics(qualities, True).reference(distances),
            "recalibration": Recalibration(
                bundle=bundle.sha256,
                closing=checked.sha256,
                created=now.isoformat(timespec="seconds"),
                recordings=len(usable),
                people=people,
            ),
        }
    )
    return new, {member.name: bundle.read(member.name) for member in manifest.members}


def _rows(folder: Path) -> list[Row]:
    """The report's rows, from its table and its journal."""
    import pyarrow.parquet as pq

    screened = journal.results(folder)
    return [
        Row(
            screened[values["id"]],
            truth=values["truth"],
            patient=values["patient"],
            attributes={
                name.removeprefix(_ATTRIBUTE): value
                for name, value in values.items()
                if name.startswith(_ATTRIBUTE) and value
            },
        )
        for values in pq.read_table(folder / "results.parquet").to_pylist()
        if values["id"] in screened
    ]


def _predictions(rows: Sequence[Row], manifest: Manifest, by: str) -> Predictions:
    """The heads' outputs before calibration, as the benchmark's own evaluation has them."""
    outcome, zeros = manifest.outcome, np.zeros(len(rows), np.int64)
    clusters = np.unique(np.array(patients(rows)), return_inverse=True)[1]
    outputs = np.array([row.assessment.outputs for row in rows], float)
    if outcome.kind == "class":
        truth = np.array([outcome.classes.index(str(row.truth)) for row in rows], float)
        predicted = outputs.argmax(1).astype(float)
    else:
        truth = np.array([true_value(row, outcome) for row in rows], float)
        predicted = outputs[:, 0]
    groups = attributes(rows, clusters)
    if by:
        names = [word(by, row.attributes.get(by, "")) for row in rows]
        if set(names) == {UNKNOWN}:
            raise UsageError(
                f"--by {by}: the report has no such column; with pseudonyms it has none at all."
            )
        groups[by] = np.array(names)
    return Predictions(
        rows=np.arange(len(rows)), clusters=clusters, folds=zeros, seeds=zeros, truth=truth,
        predicted=predicted, outputs=outputs.astype(np.float32),
        classes=tuple(outcome.classes) if outcome.kind == "class" else (), attributes=groups,
    )  # fmt: skip


def _population(
    manifest: Manifest, rows: Sequence[Row], listed: int, people: int, setting: str
) -> Population:
    """The clinic's people, as far as the report knows them."""
    firsts = list(dict(zip(patients(rows), rows, strict=True)).values())
    counts = {}
    for name in STANDARD:
        words = [word(name, row.attributes.get(name, "")) for row in firsts]
        if set(words) != {UNKNOWN}:
            counts[name] = dict(sorted(Counter(words).items()))
    prevalence = None
    if manifest.outcome.kind == "class":
        prevalence = float(np.mean([row.truth == manifest.outcome.positive for row in firsts]))
    return Population(
        corpus="local",
        title="Recordings of a clinic",
        licence="own",
        setting=setting,
        eligibility="Not known: whoever recalibrated it did not say.",
        languages=sorted(
            {row.attributes["language"] for row in firsts if "language" in row.attributes}
        ),
        participants=people,
        recordings=len(rows),
        prevalence=prevalence,
        attributes=counts,
        missing=f"{listed - len(rows)} of {listed} recordings had no score or no known truth.",
        # A screener of computer-generated voices stays one, whoever it is tried on.
        synthetic=manifest.population.synthetic,
        certainty="computed",
    )
