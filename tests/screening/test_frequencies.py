"""Natural frequencies, beside confusion matrices made by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_score

from paralbench.records.bundle import Estimate, OperatingPoint
from paralbench.records.interval import Interval
from paralbench.screening.frequencies import counted, frequencies, predictive_values


def _rate(
    value: float, low: float, high: float, right: int | None = None, people: int | None = None
) -> Estimate:
    interval = Interval(low=low, high=high, level=0.95, method="wilson", clusters=10)
    return Estimate(value=value, interval=interval, right=right, people=people)


def _point(sensitivity: float, specificity: float) -> OperatingPoint:
    def rate(value: float) -> Estimate:
        return _rate(value, max(0.0, value - 0.1), min(1.0, value + 0.1))

    return OperatingPoint(
        threshold=0.5, sensitivity=rate(sensitivity), specificity=rate(specificity), chosen="So."
    )


def test_predictive_values_are_those_of_people_counted() -> None:
    truth = np.repeat([1, 0], [100, 900])
    above = np.concatenate([np.arange(100) < 90, np.arange(900) < 180])
    positive, negative = predictive_values(0.1, 0.9, 0.8)
    assert positive == pytest.approx(precision_score(truth, above))
    assert negative == pytest.approx(precision_score(1 - truth, ~above))
    people = frequencies(_point(0.9, 0.8), 0.1)
    assert (people.found, people.missed, people.alarms, people.cleared) == (90, 10, 180, 720)
    assert people.positive is not None
    assert people.positive[0] == pytest.approx(positive)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.001, 0.999))
def test_people_and_icons_sum_and_ranges_hold_the_value(
    sensitivity: float, specificity: float, prevalence: float
) -> None:
    people = frequencies(_point(sensitivity, specificity), prevalence)
    counts = (people.found, people.missed, people.alarms, people.cleared)
    assert sum(counts) == 1000
    assert min(counts) >= 0
    assert sum(people.icons) == 100
    assert all(abs(icon - count / 10) < 1 for icon, count in zip(people.icons, counts, strict=True))
    for values in (people.positive, people.negative):
        if values is not None:
            assert values[1] - 1e-12 <= values[0] <= values[2] + 1e-12


def test_rates_are_counts_of_people_in_words() -> None:
    assert counted(_rate(1, 0.51, 1, 4, 4), "sensitivity") == (
        "It found 4 of the 4 people who had it; with so few, the true rate may be as low as 51 %."
    )
    assert counted(_rate(0.75, 0.3, 0.95, 3, 4), "sensitivity").endswith(
        "with so few, the true rate may be anything from 30 % to 95 %."
    )
    assert "with so few" not in counted(_rate(0.8, 0.7, 0.87, 80, 100), "sensitivity")
    assert counted(_rate(0.8, 0.7, 0.87), "sensitivity") == (
        "It found about 80 of 100 people who had it; the true number may be 70 to 87."
    )


def test_a_rate_short_of_certainty_is_not_written_as_certain() -> None:
    assert counted(_rate(0.997, 0.9958, 0.9991), "sensitivity") == (
        "It found about 99 of 100 people who had it; the true number may be 99 to 99."
    )
    assert counted(_rate(0.003, 0, 0.004), "sensitivity") == (
        "It found about 1 of 100 people who had it; the true number may be 0 to 1."
    )
