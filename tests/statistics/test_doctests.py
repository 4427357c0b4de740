"""The examples in the docstrings of statistics."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("name", ["bootstrap", "calibration", "conformal", "corrections", "ranks"])
def test_examples(name: str) -> None:
    failed, attempted = doctest.testmod(import_module(f"paralbench.statistics.{name}"))
    assert attempted
    assert not failed
