"""The examples in the public docstrings."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

MODULES = [
    "paralbench", "paralbench.api.estimators", "paralbench.api.extraction",
    "paralbench.api.models", "paralbench.api.results", "paralbench.api.tasks",
    "paralbench.encoders.uncatalogued",
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path))
    failed, tried = doctest.testmod(import_module(name))
    assert tried
    assert not failed
