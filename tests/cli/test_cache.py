"""Why a result is stale, component by component."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paralbench.cli.main import main
from paralbench.system import sources
from paralbench.system.sources import Source
from tests.evaluation import toy

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return toy.write_catalog(tmp_path / "catalog")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return toy.write_corpus(tmp_path / "data")


@pytest.fixture
def result(catalog: Path, data: Path, tmp_path: Path) -> Path:
    return toy.score(catalog, data, tmp_path, seeds=(0, 1)).file


def _why(result: Path, catalog: Path, capsys: Capture, *more: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["cache", "why", str(result), "--catalog", str(catalog), "--json", *more]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def _states(found: dict[str, Any]) -> dict[str, str]:
    return {
        change["component"]: change["state"]
        for change in found["components"]
        if change["state"] != "unchanged"
    }


def test_a_fresh_result_is_unchanged_as_far_as_can_be_known(
    result: Path, catalog: Path, data: Path, capsys: Capture
) -> None:
    without = _why(result, catalog, capsys)
    assert _states(without) == dict.fromkeys(["data", "data.refused", "data.synthetic"], "unknown")
    assert without["stale"] is None
    actual = _why(result, catalog, capsys, "--data", f"toy={data}")
    assert (_states(actual), actual["stale"], actual["settings"]) == ({}, False, {})
    assert len(actual["components"]) > 15


def test_what_changed_is_named(
    result: Path, catalog: Path, data: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    actual = _why(result, catalog, capsys, "--set", "patience=3")
    assert _states(actual)["head.settings"] == "changed"
    assert list(actual["settings"]) == ["patience"]
    assert actual["settings"]["patience"][1] == 3
    card = catalog / "models" / "bands" / "adapter.py"
    card.write_text(card.read_text().replace("1e-9", "1e-8"))
    read = sources.source
    monkeypatch.setattr(
        sources, "source",
        lambda name: Source("edited", frozenset()) if name == "paralbench.metrics.wa" else read(name),
    )  # fmt: skip
    table = data / "manifest.csv"
    table.write_text(table.read_text().replace(",speaker7", ",speaker9"))
    actual = _why(result, catalog, capsys, "--data", f"toy={data}")
    assert _states(actual) == dict.fromkeys(
        ["data", "features.bands.encoder.files", "metric.wa.sources"], "changed"
    )
    assert actual["stale"] is True


def test_a_result_of_before_keys_has_none_recorded(
    result: Path, catalog: Path, capsys: Capture
) -> None:
    content = json.loads(result.read_text())
    del content["provenance"]["key"]
    result.write_text(json.dumps(content))
    actual = _why(result, catalog, capsys)
    assert set(_states(actual).values()) == {"not recorded"}
    assert actual["stale"] is None


def test_it_is_readable_and_needs_a_result(result: Path, catalog: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["cache", "why", str(result), "--catalog", str(catalog)]) == 0
    text = capsys.readouterr().out
    assert "needs the corpus (--data)" in text
    assert "toy-tone  bands  sgd-probe: not known to be stale" in text
    for wrong in (["why"], ["list", str(result)]):
        assert main(["cache", *wrong]) == 2
    assert "cache why RESULT" in capsys.readouterr().err
