"""Tables within a width."""

from __future__ import annotations

import pytest

from paralbench.system.text_table import columns

ROWS = [
    ("whisper-tiny.en", "MIT", "Whisper tiny, English only, trained on 680,000 hours"),
    ("b", "", ""),
]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_table_fits_and_loses_no_word(width: int) -> None:
    table = columns(("model", "licence", "title"), ROWS, width)
    assert max(map(len, table.splitlines())) <= width
    unlimited = columns(("model", "licence", "title"), ROWS)
    assert sorted("".join(table.split())) == sorted("".join(unlimited.split()))


def test_without_a_width_every_row_is_one_line() -> None:
    assert len(columns(("model", "licence", "title"), ROWS).splitlines()) == 3


def test_what_cannot_fit_keeps_readable_columns() -> None:
    table = columns(("model", "licence", "title"), ROWS, 5)
    assert max(map(len, table.splitlines())) <= 8 + 2 + 7 + 2 + 8
