"""Whether a screener may be used here: each reason alone brings about its verdict."""

from __future__ import annotations

import numpy as np

from paralbench.records.bundle import Conformal, Manifest
from paralbench.records.interval import Interval
from paralbench.records.result import Score
from paralbench.records.screened import Row
from paralbench.screening.local_evaluation import evaluate
from paralbench.screening.local_verdict import Use, Verdict, verdict
from tests.screener.bundles import manifest
from tests.screening.rows import row


def _rows(count: int = 200, gap: float = 0.25, shift: float = 0.0) -> list[Row]:
    """Two kinds of people, ``gap`` apart; ``shift`` moves all scores."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(count):
        has_it = number % 2 == 0
        centre = 0.5 + (gap if has_it else -gap) + shift
        probability = float(np.clip(rng.normal(centre, 0.15), 0.01, 0.99))
        rows.append(row(number, probability, "low" if has_it else "high"))
    return rows


def _verdict(rows: list[Row], screener: Manifest | None = None) -> Verdict:
    screener = screener or manifest()
    return verdict(screener, evaluate(screener, rows))


def test_a_good_screener_on_enough_people_meets_no_objection() -> None:
    result = _verdict(_rows())
    assert (result.use, result.why) == (Use.NO_OBJECTION, [])
    assert any("found" in sentence and "of the 100 people who had it" in sentence
               for sentence in result.measured)  # fmt: skip
    assert any("50 is chance" in sentence for sentence in result.measured)


def test_few_people_are_too_few() -> None:
    result = _verdict(_rows(18))
    assert result.use is Use.TOO_FEW
    assert "there are 9 and 9" in result.why[0]


def test_chance_is_not_to_be_used() -> None:
    result = _verdict(_rows(gap=0.0))
    assert result.use is Use.NOT_HERE
    assert "no better than chance" in result.why[0]


def test_scores_that_promise_too_much_are_to_be_recalibrated() -> None:
    result = _verdict(_rows(shift=0.2))
    assert result.use is Use.RECALIBRATE
    assert "do." in result.why[-1]


def test_a_broken_promise_of_sensitivity_or_coverage_is_named() -> None:
    interval = Interval(low=0.9, high=0.99, level=0.95, method="wilson", clusters=90)
    promised = Score(
        metric="sensitivity", version=1, value=0.95, interval=interval, by_seed={}, by_fold={}
    )
    performance = manifest().performance.model_copy(update={"scores": [promised]})
    sets = Conformal(
        method="per-class", level=0.99, quantiles=[0.5, 0.5], speakers=90, coverage=1.0
    )
    screener = manifest().model_copy(update={"performance": performance, "conformal": sets})
    result = _verdict(_rows(gap=0.1), screener)
    assert result.use is Use.RECALIBRATE
    assert any("finds fewer here" in why for why in result.why)
    assert any("hold the truth too seldom" in why for why in result.why)
