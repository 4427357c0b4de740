"""Cells that a spreadsheet would run as a formula."""

from __future__ import annotations

import pytest

from paralbench.system.csv_cell import safe


@pytest.mark.parametrize("start", list("=+-@;\t\r＝＋－＠"))
def test_a_formula_is_quoted(start: str) -> None:
    assert safe(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("value", ["a=1", "", "'=1", -1, 1.5, None, "visit; late"])
def test_everything_else_is_unchanged(value: object) -> None:
    assert safe(value) is value
