"""The examples in the metrics' docstrings."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from paralbench.metrics import names


@pytest.mark.parametrize("name", ["", *(f".{name.replace('-', '_')}" for name in names())])
def test_examples_of_a_metric(name: str) -> None:
    failed, attempted = doctest.testmod(import_module(f"paralbench.metrics{name}"))
    assert attempted
    assert not failed
