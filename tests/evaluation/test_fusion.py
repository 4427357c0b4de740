"""Several encoders as one model: what stands in its result, bags of audio words among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.evaluation import toy

QUICK = {"epochs": 1, "width": 8, "frame_rate": 100.0}


def _with_words(catalog: Path) -> Path:
    """The toy's catalogue with bags of its bands' words and a list of both."""
    bands = catalog / "models" / "bands"
    words = catalog / "models" / "boaw-bands"
    words.mkdir()
    card = (bands / "model.toml").read_text().replace('"bands"', '"boaw-bands"')
    (words / "model.toml").write_text(f"{card}\n[words]\ncodes = 5\nwindow = 0.1\n")
    (words / "adapter.py").write_text((bands / "adapter.py").read_text())
    (catalog / "models" / "lists.toml").write_text(
        '[lists.both]\nabout = "Bands and their words."\nknown = ["bands", "boaw-bands"]\n'
    )
    return catalog


def test_a_list_is_fused_and_compared_with_its_concatenation(tmp_path: Path) -> None:
    catalog = _with_words(toy.write_catalog(tmp_path / "catalog"))
    data = toy.write_corpus(tmp_path / "data")
    asked: dict[str, Any] = {"models": ["@both"], "heads": ["graph-fusion"], "seeds": (0,), **QUICK}
    result = toy.score(catalog, data, tmp_path, **asked).result
    assert result.model.id == "bands+boaw-bands"
    assert [stream.id for stream in result.model.streams] == ["bands", "boaw-bands"]
    assert len({stream.encoder for stream in result.model.streams}) == 2, (
        "words are another feature set"
    )
    assert result.control is not None
    assert result.control.paired.seeds == 1
    assert result.forms is not None
    assert result.forms.control is not None
    assert result.forms.control.macs < result.forms.trained.macs
    assert result.training.settings["fusion"] == "graph"
