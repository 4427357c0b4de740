"""Words for subgroups: ages in bands, one spelling of a sex, nothing unknown left out."""

from __future__ import annotations

import numpy as np
import pytest

from paralbench.evaluation.attributes import age_band, attributes, word
from tests.evaluation.cases import PROTOCOL, example, selected


@pytest.mark.parametrize(
    ("message", "band"),
    [("17.9", "<18"), ("18", "18-29"), ("29", "18-29"), ("30", "30-44"), ("59.5", "45-59"),
     ("60", "60-74"), ("75", "75+"), ("101", "75+"), ("-1", "unknown"), ("1987", "unknown"),
     ("mid", "mid"), ("inf", "unknown")],
)  # fmt: skip
def test_ages_come_in_bands(message: str, band: str) -> None:
    assert age_band(message) == band


@pytest.mark.parametrize(
    ("name", "message", "reported"),
    [("sex", "F", "female"), ("sex", "Male", "male"), ("sex", "", "unknown"), ("age", "NA", "unknown"),
     ("site", "Ulm", "Ulm"), ("language", "Unknown", "unknown"), ("sex", "Diverse", "diverse")],
)  # fmt: skip
def test_words_have_one_spelling(name: str, message: str, reported: str) -> None:
    assert word(name, message) == reported


def test_what_shows_nobody_apart_and_the_label_itself_are_left_out() -> None:
    examples = [
        example(f"{n}", "ab"[n % 2], speaker=f"s{n}", sex="fm"[n % 2], age=f"{20 + 10 * n}",
                language="en", culture="x")
        for n in range(6)
    ]  # fmt: skip
    rows = np.array([0, 1, 5])
    output = attributes(selected(examples, PROTOCOL), rows)
    assert {name: words.tolist() for name, words in output.items()} == {
        "sex": ["female", "male", "male"],
        "age": ["18-29", "30-44", "60-74"],
    }
    metrics = {"ranking": "uar", "report": ["uar"], "by": ["culture"]}
    asked = attributes(selected(examples, PROTOCOL, metrics=metrics), rows)
    assert asked["culture"].tolist() == ["x", "x", "x"]
    of_sex = {"kind": "class", "label": "sex", "classes": ["f", "m"]}
    labelled = [example(f"{n}", speaker=f"s{n}", sex="fm"[n % 2]) for n in range(4)]
    for item in labelled:
        item.labels["sex"] = item.groups["sex"]  # type: ignore[index]
    assert attributes(selected(labelled, PROTOCOL, target=of_sex), np.arange(4)) == {}
