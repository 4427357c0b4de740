"""What a threshold means in people: natural frequencies and predictive values at a prevalence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from paralbench.records.bundle import Estimate, OperatingPoint
from paralbench.screener.points import hundredths
from paralbench.screening.language import numbers, text

PEOPLE = 1000
ICONS = 100
_FEW = 50
"""With fewer people than this, the sentence says that they are few."""

_SENTENCES = {
    "sensitivity": (
        "It found about {share} of 100 people who had it; the true number may be {low} to {high}.",
        "It found {right} of the {people} people who had it; the true rate may be {limits}.",
        "It found {right} of the {people} people who had it; with so few, the true rate may be {limits}.",
    ),
    "specificity": (
        "It left alone about {share} of 100 people who did not have it; the true number may be {low} to {high}.",
        "It left alone {right} of the {people} people who did not have it; the true rate may be {limits}.",
        "It left alone {right} of the {people} people who did not have it; with so few, the true rate may be {limits}.",
    ),
}


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Of 1,000 people like those screened: who is above the threshold, and who has it.

    Args:
        prevalence: the share of people who have it.
        found: have it and are above the threshold.
        missed: have it and are below.
        alarms: do not have it and are above.
        cleared: do not have it and are below.
        icons: the same four of 100, which sum to 100.
        positive: share of those above the threshold who have it (positive predictive value), with
            the lowest and highest that the intervals of validation allow; None where nobody is above.
        negative: share of those below it who do not (negative predictive value), likewise.
    """

    prevalence: float
    found: int
    missed: int
    alarms: int
    cleared: int
    icons: tuple[int, int, int, int]
    positive: tuple[float, float, float] | None
    negative: tuple[float, float, float] | None


def frequencies(point: OperatingPoint, prevalence: float) -> Frequencies:
    """What sensitivity and specificity of a threshold come to at a prevalence."""
    sensitivity, specificity = point.sensitivity, point.specificity
    have = round(PEOPLE * prevalence)
    detected = round(have * sensitivity.value)
    cleared = round((PEOPLE - have) * specificity.value)
    people = (detected, have - detected, PEOPLE - have - cleared, cleared)
    worst = sensitivity.interval.low, specificity.interval.low
    best = sensitivity.interval.high, specificity.interval.high
    values = [
        predictive_values(prevalence, *rates)
        for rates in ((sensitivity.value, specificity.value), worst, best)
    ]
    positive, negative = zip(*values, strict=True)
    return Frequencies(
        prevalence, *people, _icons(people), _complete(positive), _complete(negative)
    )


def predictive_values(
    prevalence: float, sensitivity: float, specificity: float
) -> tuple[float | None, float | None]:
    """Positive and negative predictive value, by Bayes' rule; None where nobody is on that side.

    >>> positive, negative = predictive_values(0.1, 0.9, 0.8)
    >>> round(positive, 3), round(negative, 3)
    (0.333, 0.986)
    """
    detected, missed = prevalence * sensitivity, prevalence * (1 - sensitivity)
    alarms, cleared = (1 - prevalence) * (1 - specificity), (1 - prevalence) * specificity
    return (
        detected / (detected + alarms) if detected + alarms > 0 else None,
        cleared / (cleared + missed) if cleared + missed > 0 else None,
    )


def messages() -> Iterator[str]:
    """Every sentence on a rate, for the catalogues."""
    for sentences in _SENTENCES.values():
        yield from sentences


def counted(estimate: Estimate, rate: str) -> str:
    """A rate as a count of people and how sure it is, in a sentence.

    Args:
        estimate: the rate.
        rate: "sensitivity" or "specificity".
    """
    low, high = hundredths(estimate.interval.low), hundredths(estimate.interval.high)
    about, of_people, of_few = _SENTENCES[rate]
    if estimate.people is None or estimate.right is None:
        return text(about, share=hundredths(estimate.value), low=low, high=high)
    start = of_few if estimate.people < _FEW else of_people
    if estimate.right == estimate.people:
        limits = text("as low as {low} %", low=low)
    elif estimate.right == 0:
        limits = text("as high as {high} %", high=high)
    else:
        limits = text("anything from {low} % to {high} %", low=low, high=high)
    people = numbers(f"{estimate.people:,}")
    return text(start, right=numbers(f"{estimate.right:,}"), people=people, limits=limits)


def _complete(values: tuple[float | None, ...]) -> tuple[float, float, float] | None:
    value, low, high = values
    return None if value is None or low is None or high is None else (value, low, high)


def _icons(people: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Hundreds that sum to 100, by largest remainders."""
    shares = [ICONS * count / PEOPLE for count in people]
    icons = [floor(share) for share in shares]
    by_remainder = sorted(range(4), key=lambda place: icons[place] - shares[place])
    for place in by_remainder[: ICONS - sum(icons)]:
        icons[place] += 1
    return icons[0], icons[1], icons[2], icons[3]
