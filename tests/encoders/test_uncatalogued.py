"""Models without a card: references to a folder or to the hub's local copy."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.encoders.uncatalogued import card, described
from paralbench.records.errors import CardError, ParalbenchError, UsageError
from paralbench.records.model_card import HubWeights
from tests.encoders.small_models import save_wav2vec2

_REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_wav2vec2(tmp_path / "My Checkpoint")


@pytest.fixture
def hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local copy of the hub, laid out as huggingface_hub does, with acme/Tiny in it."""
    from huggingface_hub import constants

    cache = tmp_path / "hub"
    repository = cache / "models--acme--Tiny"
    shutil.copytree(folder, repository / "snapshots" / _REVISION)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(_REVISION)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    return cache


def test_a_folder_is_a_model(folder: Path) -> None:
    remarks: list[str] = []
    catalog = Catalog(describe=lambda reference: described(reference, remarks.append))
    model = catalog.model(f"dir:{folder}")
    sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert model.card.id == f"my-checkpoint-{sha256[:8]}"
    assert catalog.model(model.card.id) is model
    assert str(folder.parent) not in model.card.model_dump_json(), "results hold the card"
    encoder = loadable(model)
    assert encoder.weights.pinned
    assert encoder.weights.sha256 == sha256
    (states,) = encoder.load().encode([torch.zeros(16000).numpy()])
    assert list(states.shape) == [model.card.layers, 49, model.card.width]
    (remark,) = remarks
    assert "preprocessor_config.json" in remark
    assert model.card.settings == {"normalise": True}


def test_what_preprocessor_config_says_is_no_setting(folder: Path) -> None:
    text = '{"do_normalize": false, "sampling_rate": 16000}'
    (folder / "preprocessor_config.json").write_text(text)
    remarks: list[str] = []
    assert card(folder, "mine", remarks.append).settings == {}
    assert not remarks


def test_two_checkpoints_of_one_name_have_two_ids(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / folder.name
    shutil.copytree(folder, other)
    tensors = load_file(other / "model.safetensors")
    name = next(iter(tensors))
    save_file({**tensors, name: tensors[name] + 1}, other / "model.safetensors", {"format": "pt"})
    assert described(f"dir:{folder}").card.id != described(f"dir:{other}").card.id


def test_references_can_be_fused_with_models_of_the_catalogue(folder: Path) -> None:
    catalog = Catalog(describe=described)
    first, second = catalog.streams(f"log-mel+dir:{folder}")
    assert first == "log-mel"
    assert second == catalog.model(f"dir:{folder}").card.id


def test_the_hubs_copy_is_a_model(hub: Path) -> None:
    model = described("hf:acme/Tiny")
    (source,) = model.card.weights
    assert isinstance(source, HubWeights)
    assert (source.repository, source.revision) == ("acme/Tiny", _REVISION)
    assert model.card.id.startswith("acme-tiny-")
    encoder = loadable(model)
    assert encoder.weights.pinned
    assert encoder.load().encode([torch.zeros(16000).numpy()])[0].shape[1] == 49


def test_a_repository_with_a_card_is_the_model_of_the_card() -> None:
    assert Catalog().model("hf:facebook/wav2vec2-base").card.id == "wav2vec2-base"


@pytest.mark.parametrize(
    ("reference", "kind", "message"),
    [
        ("dir:nowhere", UsageError, "there is no folder 'nowhere'"),
        ("hf:no-slash", UsageError, "expected hf:ORG/NAME"),
        ("hf:acme/Absent", ParalbenchError, "paralbench fetch hf:acme/Absent"),
        ("ftp:acme", UsageError, "expected dir:PATH or hf:ORG/NAME"),
    ],
)
def test_a_wrong_reference_is_one_sentence(
    reference: str, kind: type[Exception], message: str, hub: Path
) -> None:
    with pytest.raises(kind, match=message):
        described(reference)


def test_an_unsupported_architecture_is_named(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(CardError, match="model_type 'bert' is not supported; supported are: wav2"):
        described(f"dir:{folder}")


def test_a_pickle_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").replace(folder / "pytorch_model.bin")
    with pytest.raises(ParalbenchError, match="are a pickle"):
        described(f"dir:{folder}")


def test_a_path_without_its_prefix_is_explained(folder: Path) -> None:
    with pytest.raises(UsageError, match="for that folder, write dir:"):
        Catalog(describe=described).model(str(folder))
