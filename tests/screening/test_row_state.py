"""The states of a row, as a table, and that no part of a row contradicts another."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Conformal, Estimate, Manifest, OperatingPoint
from paralbench.records.interval import Interval
from paralbench.screener.decision import decided
from paralbench.screening import report_text
from paralbench.screening.language import LANGUAGES, reader, text
from paralbench.screening.row_state import WORDS, State, action, doubts, state, title, worklist
from tests.screener.bundles import manifest
from tests.screening.rows import row

DOCS = Path(__file__).parents[2] / "docs" / "screening.md"
UNIT = st.floats(0, 1)

TABLE = [
    (Assessment("scored", probability=0.9, prediction="low", classes=("low",)), State.ABOVE),
    (Assessment("scored", probability=0.1, prediction="high", classes=("high",)), State.BELOW),
    (Assessment("scored", value=3.0, low=1.0, high=5.0), State.ESTIMATED),
    (Assessment("abstained", "Near.", "undecided", probability=0.5), State.NEAR),
    (Assessment("abstained", "Unlike.", "outside-range", distance=1.2), State.UNLIKE),
    *((Assessment("not scored", "Why.", cause), State.QUALITY) for cause in (
        "silent", "dead-channel", "seconds", "longest", "rate", "bandwidth", "clipped", "level",
        "offset", "speech", "noise-ratio", "encoder")),
    *((Assessment("not scored", "Why.", cause), State.UNREADABLE) for cause in (
        "unreadable", "not-finite", "not listed", "stopped")),
    *((Assessment("not scored", "Why.", cause), State.FAILED) for cause in ("failed", "engine")),
]  # fmt: skip


@pytest.mark.parametrize(("assessment", "expected"), TABLE)
def test_the_table(assessment: Assessment, expected: State) -> None:
    assert state(manifest(), assessment) is expected
    assert action(manifest(), assessment) == WORDS[expected].action
    words = title(manifest(), assessment)
    assert "{" not in words
    # The label is never a class as if it were what the person has.
    assert not re.search(r"\b(is|has) (low|high)\b", report_text.decision(manifest(), assessment))


def test_the_docs_show_the_table() -> None:
    rows = re.findall(r"^\| `([a-z: ]+)` \| (.*?) \| (.*?) \|$", DOCS.read_text("utf-8"), re.M)
    listed = {name: what for name, _, what in rows if name in list(State)}
    assert listed == {str(name): words.action for name, words in WORDS.items()}


@pytest.mark.parametrize("name", ["speaker_contrast", "noise_ratio", "clipped"])
def test_a_warning_that_bears_on_the_result_gates_the_action(name: str) -> None:
    for prediction in ("low", "high"):
        doubtful = Assessment("scored", probability=0.9, prediction=prediction, doubts=(name,))
        assert doubts(manifest(), doubtful)
        assert action(manifest(), doubtful).startswith("Listen to the recording first.")
    harmless = Assessment("scored", probability=0.9, prediction="low", doubts=("level",))
    assert action(manifest(), harmless) == WORDS[State.ABOVE].action


def test_language_and_age_outside_the_population_gate_the_action() -> None:
    population = manifest().population.model_copy(
        update={"attributes": {"age": {"30-44": 12, "unknown": 2}}}
    )
    screener = manifest().model_copy(update={"population": population})
    scored = TABLE[0][0]
    for attributes, count in (
        ({"language": "de"}, 1), ({"language": "en-GB"}, 0), ({"language": "n/a"}, 0),
        ({"age": "80"}, 1), ({"age": "31"}, 0), ({"age": ""}, 0),
        ({"age": "80", "language": "de_AT"}, 2), ({}, 0),
    ):  # fmt: skip
        assert len(doubts(screener, scored, attributes)) == count, attributes
    assert not doubts(screener, TABLE[3][0], {"age": "80"})  # it has no result to doubt


def test_the_worklist_is_in_the_order_of_the_states() -> None:
    rows = [
        row("fine", 0.1), row("sure", 0.9), row("likely", 0.6),
        row("unsure", status="abstained", reason="Near.", cause="undecided", probability=0.5),
        row("bad", status="not scored", reason="Too short.", cause="seconds"),
    ]  # fmt: skip
    names = [rows[number].id for number in worklist(manifest(), rows)]
    assert names == ["sure", "likely", "unsure", "bad", "fine"]


def _screener(
    threshold: float, band: tuple[float, float] | None, quantiles: list[float] | None
) -> Manifest:
    interval = Interval(low=0.5, high=0.9, level=0.95, method="wilson", clusters=10)
    rate = Estimate(value=0.8, interval=interval)
    point = OperatingPoint(
        threshold=threshold, sensitivity=rate, specificity=rate, abstain=band, chosen="Made up."
    )
    sets = None
    if quantiles is not None:
        sets = Conformal(
            method="per-class", level=0.9, quantiles=quantiles, speakers=20, coverage=0.9
        )
    return manifest().model_copy(update={"operating_point": point, "conformal": sets})


@given(
    probability=UNIT, threshold=UNIT, edges=st.none() | st.tuples(UNIT, UNIT),
    quantiles=st.none() | st.lists(UNIT, min_size=1, max_size=2),
)  # fmt: skip
@example(probability=1e-6, threshold=1.9e-100, edges=None, quantiles=None)
def test_set_prediction_action_and_points_never_contradict(
    probability: float,
    threshold: float,
    edges: tuple[float, float] | None,
    quantiles: list[float] | None,
) -> None:
    band = None if edges is None else (min(*edges, threshold), max(*edges, threshold))
    screener = _screener(threshold, band, quantiles)
    assessment = decided(screener, np.array([1 - probability, probability]), 0.5)
    result = state(screener, assessment)
    score = report_text.score(screener, assessment)
    match = re.fullmatch(r"(over |under )?([\d.e-]+) of 100 \(threshold ([\d.e-]+)\)", score)
    assert match
    beyond, written, limit = match[1], float(match[2]), float(match[3])
    assert written not in (0, 100) or probability in (0, 1)
    if result is State.NEAR:
        assert assessment.prediction is None
        assert assessment.reason
        assert action(screener, assessment) == WORDS[State.NEAR].action
    else:
        above = result is State.ABOVE
        assert assessment.status == "scored"
        assert above == (probability >= threshold)
        # "under 0.1" is below a threshold that is written as 0.1.
        assert above == (written >= limit and beyond != "under ")
        assert assessment.prediction == ("low" if above else "high")
        if quantiles is not None:
            assert assessment.classes == (assessment.prediction,)
        if band is not None:
            assert not band[0] < probability < band[1]
    report = report_text.decision(screener, assessment)
    assert ("Above" in report) == (result is State.ABOVE)
    assert ("Below" in report) == (result is State.BELOW)
    for code in LANGUAGES:
        with reader(code):
            sides = {
                state: text(WORDS[state].title).format(positive="low") for state in
                (State.ABOVE, State.BELOW, State.NEAR)
            }  # fmt: skip
            report = report_text.decision(screener, assessment)
            assert report.startswith(sides[result])
            assert not any(
                report.startswith(side) for state, side in sides.items() if state != result
            )
            assert action(screener, assessment) == text(WORDS[result].action)
            other = report_text.score(screener, assessment)
            assert sorted(_digits(other)) == sorted(_digits(score))


def _digits(words: str) -> list[str]:
    """The numbers of a text, without their marks."""
    return [re.sub(r"\D", "", number) for number in re.findall(r"\d[\d.,]*", words)]
