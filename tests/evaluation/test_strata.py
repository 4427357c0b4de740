"""Subgroups that a head balances: their numbers, and the key that they are part of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Failed, Request
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.strata import strata, stratum_names
from paralbench.records.errors import ParalbenchError
from tests.screener.screeners import Lab, lab


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab(tmp_path_factory.mktemp("lab"))


def _prepared(toys: Lab, head: str, **settings: Any) -> Preparation | Failed:
    request = Request(
        ["toy-tone"], ["bands"], [head], {"toy": toys.data}, head_settings=settings, seeds=(0,)
    )
    benchmark = Benchmark(Catalog([toys.catalog]), request, toys.work / "c", toys.work / "r")
    (prepared,) = benchmark.preparations()
    return prepared


def _key(toys: Lab, head: str, **settings: Any) -> dict[str, str]:
    prepared = _prepared(toys, head, **settings)
    assert isinstance(prepared, Preparation)
    return prepared.components


def test_subgroups_are_numbered_by_their_names(toys: Lab) -> None:
    prepared = _prepared(toys, "linear-probe")
    assert isinstance(prepared, Preparation)
    names = stratum_names(prepared.selection, "sex")
    assert set(names) == {"female", "male"}
    assert np.array_equal(strata(prepared.selection, "sex"), (names == "male").astype(int))


def test_only_a_head_that_balances_has_them_in_its_key(toys: Lab) -> None:
    assert "data.strata" not in _key(toys, "linear-probe")
    assert "data.strata" in _key(toys, "fair-probe")


def test_the_key_moves_with_a_speakers_sex(toys: Lab) -> None:
    before = _key(toys, "fair-probe")
    (table,) = toys.data.glob("*.csv")
    text = table.read_text()
    try:
        table.write_text(text.replace(",speaker0,f", ",speaker0,m"))
        assert table.read_text() != text
        assert _key(toys, "fair-probe")["data.strata"] != before["data.strata"]
    finally:
        table.write_text(text)
    assert (
        _key(toys, "fair-probe", method="group-robust")["head.settings"] != before["head.settings"]
    )


def test_an_attribute_that_nobody_has_fails_the_entry(toys: Lab) -> None:
    prepared = _prepared(toys, "fair-probe", balance="site")
    assert isinstance(prepared, Failed)
    assert isinstance(prepared.error, ParalbenchError)
    assert "no two groups of 'site'" in str(prepared.error)
