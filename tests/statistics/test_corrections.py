"""Corrections against their textbook definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.statistics.corrections import benjamini_hochberg, holm

drawn = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@given(p=drawn)
def test_holm_rejects_what_stepping_down_rejects(p: list[float]) -> None:
    raised = holm(p)
    for level in (0.01, 0.05, 0.2):
        rejected, order = set(), sorted(range(len(p)), key=lambda place: (p[place], place))
        for step, place in enumerate(order):
            if p[place] * (len(p) - step) > level:
                break
            rejected.add(place)
        assert set(np.flatnonzero(raised <= level)) == rejected


@given(p=drawn)
def test_benjamini_hochberg_is_the_textbook_step_up(p: list[float]) -> None:
    ranked = sorted(p)
    expected = [
        min(ranked[place] * len(p) / (place + 1) for place in range(ranked.index(value), len(p)))
        for value in p
    ]
    assert benjamini_hochberg(p) == pytest.approx(np.minimum(expected, 1))


def test_the_textbook_case() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    assert len(holm([])) == len(benjamini_hochberg([])) == 0


@pytest.mark.parametrize("wrong", [[1.2], [-0.1], [float("nan")]])
def test_what_is_no_p_value_is_an_error(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        holm(wrong)
