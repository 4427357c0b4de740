"""Cells that hold numbers, against Python's float where both agree."""

from __future__ import annotations

import math

import pytest

from paralbench.records.numeral import number


@pytest.mark.parametrize("text", ["0", "-1.5", "+.25", "3.", "1e-3", " 7 ", "2E6"])
def test_decimal_numbers(text: str) -> None:
    assert number(text) == float(text)


def test_numbers_that_are_not_finite() -> None:
    assert math.isnan(number("NaN"))
    assert number("-inf") == -math.inf


@pytest.mark.parametrize("text", ["0_0.4", "1_000", "٣", "１", "0x1", "1,5", "", ".", "1 2", "e3"])
def test_other_text_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="expected a decimal number"):
        number(text)
