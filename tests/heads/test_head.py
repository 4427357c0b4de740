"""Heads are found by name."""

from __future__ import annotations

import pytest

from paralbench.heads import head, names, settings
from paralbench.records.errors import UsageError


@pytest.mark.parametrize("name", names())
def test_a_head_is_found_under_its_own_name(name: str) -> None:
    chosen = head(name)
    assert chosen.name == name
    assert chosen.targets <= {"class", "number", "series", "distribution"}
    assert chosen.spec(settings(name, {})).kind in {"pooled", "frames"}


def test_an_unknown_head_is_reported_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"no head 'nope'; there are: .*linear-probe"):
        head("nope")
