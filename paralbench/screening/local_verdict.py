"""Whether a screener may be used here: what an evaluation on a clinic's own patients says, in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from paralbench.records.bundle import Estimate, Manifest
from paralbench.records.result import Score
from paralbench.screener.points import hundredths
from paralbench.screening.frequencies import counted
from paralbench.screening.language import numbers, text
from paralbench.screening.local_evaluation import SMALLEST, Evaluation
from paralbench.screening.row_state import State
from paralbench.statistics.bootstrap import wilson


class Use(StrEnum):
    """The verdicts, the gravest first."""

    TOO_FEW = "too few to say"
    NOT_HERE = "do not use it here"
    RECALIBRATE = "recalibrate it before use"
    NO_OBJECTION = "no objection found"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it may be used here, why, and what was measured, each in sentences."""

    use: Use
    why: list[str]
    measured: list[str]


def verdict(manifest: Manifest, evaluation: Evaluation) -> Verdict:
    """The gravest of what the evaluation says."""
    scores = {score.metric: score for score in evaluation.scores}
    measured = _measured(evaluation, scores)
    few = _too_few(evaluation)
    if few:
        return Verdict(Use.TOO_FEW, [few], measured)
    grave, mendable = [], []
    auroc = scores.get("auroc")
    if auroc is not None and auroc.interval.low <= 0.5:
        grave.append(text("It may be no better than chance on these people."))
    validated = {score.metric: score for score in manifest.performance.scores}
    for name, fewer in (
        ("sensitivity", text("Its threshold finds fewer here than validation promised.")),
        (
            "specificity",
            text("Its threshold gives more false alarms here than validation promised."),
        ),
    ):
        if name in scores and name in validated:
            promised = validated[name].interval.low
            if scores[name].interval.high < promised:
                mendable.append(fewer)
    errors = [known["mae"].interval for known in (scores, validated) if "mae" in known]
    if len(errors) == 2 and errors[0].low > errors[1].high:
        grave.append(text("Its errors are larger here than in validation."))
    coverage, nominal = evaluation.coverage, evaluation.nominal
    if coverage and nominal and coverage.interval.high < nominal:
        mendable.append(
            text("Its sets of classes hold the truth too seldom.")
            if evaluation.positive
            else text("Its intervals hold the truth too seldom.")
        )
    if evaluation.predicted is not None and evaluation.observed is not None:
        low, high = wilson(evaluation.observed, evaluation.patients)
        if not low <= evaluation.predicted <= high:
            mendable.append(
                text(
                    "Its scores say that {predicted} % have it, and {observed} % do.",
                    predicted=f"{100 * evaluation.predicted:.0f}",
                    observed=f"{100 * evaluation.observed:.0f}",
                )
            )
    use = Use.NOT_HERE if grave else Use.RECALIBRATE if mendable else Use.NO_OBJECTION
    return Verdict(use, grave + mendable, measured)


def _too_few(evaluation: Evaluation) -> str:
    """Why there are too few people for a verdict; "" where there are enough."""
    if evaluation.positive is None:
        if evaluation.patients >= 2 * SMALLEST:
            return ""
        return text(
            "It takes {least} people or more; there are {people}.",
            least=2 * SMALLEST,
            people=evaluation.patients,
        )
    have, others = evaluation.people
    if min(have, others) >= SMALLEST:
        return ""
    return text(
        "It takes {least} people or more who have it, and as many who do not; there are {have} and {others}.",
        least=SMALLEST,
        have=have,
        others=others,
    )


def _measured(evaluation: Evaluation, scores: dict[str, Score]) -> list[str]:
    sentences = []
    have, others = evaluation.people
    for name, count in (("sensitivity", have), ("specificity", others)):
        if name in scores and count:
            score = scores[name]
            alone = evaluation.recordings == evaluation.patients
            rate = Estimate(
                value=score.value,
                interval=score.interval,
                people=count if alone else None,
                right=round(score.value * count) if alone else None,
            )
            sentences.append(counted(rate, name))
    if "auroc" in scores:
        value, interval = scores["auroc"].value, scores["auroc"].interval
        sentences.append(
            text(
                "Of two people, one who has it and one who does not, the first has the higher score in {share} of 100 cases ({low} to {high}; 50 is chance).",
                share=hundredths(value),
                low=hundredths(interval.low),
                high=hundredths(interval.high),
            )
        )
    if "mae" in scores:
        value, interval = scores["mae"].value, scores["mae"].interval
        sentences.append(
            text(
                "Its estimate is off by {error} on average ({low} to {high}).",
                error=numbers(f"{value:.3g}"),
                low=numbers(f"{interval.low:.3g}"),
                high=numbers(f"{interval.high:.3g}"),
            )
        )
    no_answer = sum(
        count
        for states in evaluation.flow.values()
        for state, count in states.items()
        if state not in (State.ABOVE, State.BELOW, State.ESTIMATED)
    )
    if no_answer:
        total = sum(sum(states.values()) for states in evaluation.flow.values())
        sentences.append(
            text(
                "{count} of {total} recordings have no answer; those near the threshold are counted by the side on which their score lies, the others not at all.",
                count=no_answer,
                total=total,
            )
        )
    for name, coverage in evaluation.coverage_by_class.items():
        value, low, high = (
            hundredths(share)
            for share in (coverage.value, coverage.interval.low, coverage.interval.high)
        )
        values = {"class_name": name, "share": value, "low": low, "high": high}
        if evaluation.nominal:
            promised = numbers(f"{100 * evaluation.nominal:g}")
            sentences.append(
                text(
                    "Its set held “{class_name}” for {share} % of those of whom it is true ({low} % to {high} %; {promised} % were promised).",
                    promised=promised,
                    **values,
                )
            )
        else:
            sentences.append(
                text(
                    "Its set held “{class_name}” for {share} % of those of whom it is true ({low} % to {high} %).",
                    **values,
                )
            )
    return sentences
