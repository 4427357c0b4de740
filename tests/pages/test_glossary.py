"""The glossary has the words of the pages, and each once."""

from __future__ import annotations

import re

import pytest

from paralbench.metrics import names
from paralbench.pages.glossary import words
from paralbench.records.result import Standing


def test_words_are_sorted_and_explained_in_a_line() -> None:
    assert list(words()) == sorted(words(), key=str.lower)
    for word, meaning in words().items():
        assert 20 < len(meaning) < 200, word
        assert not meaning.endswith(".")


@pytest.mark.parametrize("status", [*Standing.__args__])  # type: ignore[attr-defined]
def test_every_status_of_a_result_is_explained(status: str) -> None:
    assert re.search(rf"\b{status}\b", words()["status"])


def test_ranking_metrics_are_explained() -> None:
    text = " ".join(words()).lower()
    assert {"uar", "ccc", "wa"} <= set(names())
    assert all(name in text for name in ("uar", "ccc", "wa"))
