"""``paralbench convert``: says what it kept and where, and what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from paralbench.catalog import Catalog, Model
from paralbench.cli.main import main
from paralbench.encoders import weights
from paralbench.records.model_card import ModelCard


@pytest.mark.slow
def test_it_says_what_it_kept_and_how_to_use_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"w": torch.ones(2, 3), "epoch": 1}, tmp_path / "some.pt")
    out = tmp_path / "out"
    assert main(["convert", "hubert-base", str(tmp_path / "some.pt"), "--to", str(out)]) == 0
    output = capsys.readouterr().out
    assert "converted 1 tensors, 6 parameters" in output
    assert "skipped, not tensors: epoch" in output
    assert "there is no config.json beside" in output
    assert f"--weights hubert-base={out}" in output


def test_without_a_file_it_takes_what_was_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "hubert-base"]) == 3
    assert "first: paralbench fetch hubert-base" in capsys.readouterr().err


@pytest.mark.slow
def test_fetching_a_pickle_stores_it_and_names_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hub is stood in for at its client: what is asked of it is what the card pins."""
    asked: dict[str, object] = {}

    def snapshot_download(repository: str, **how: object) -> str:
        asked.setdefault(repository, how)
        (tmp_path / "models--facebook--hubert-base-ls960").mkdir(exist_ok=True)
        torch.save({"w": torch.ones(2)}, tmp_path / "pytorch_model.bin")
        (tmp_path / "config.json").write_text("{}")
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert main(["fetch", "hubert-base"]) == 0
    output = capsys.readouterr().out
    assert "never loaded" in output
    assert "paralbench convert hubert-base" in output
    assert asked["facebook/hubert-base-ls960"] == {
        "revision": "dba3bb02fda4248b6e082697eee756de8fe8aa8a",
        "allow_patterns": ["pytorch_model.bin", "*.json"],
    }
    assert main(["convert", "hubert-base"]) == 0
    result: Model = Catalog().model("hubert-base")
    card: ModelCard = result.card
    assert weights.find(card, result.folder, {}).format == "safetensors"
