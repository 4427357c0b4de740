"""Catalogue folders: searched, extended, overridden, and refused by file and key."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression

from paralbench.catalog import Catalog, from_environment
from paralbench.records.errors import CardError, UsageError
from paralbench.records.task_card import ClassTarget
from paralbench.results.eligibility import never_ranked

OWN = Path(__file__).parents[1]


def catalogue(tmp_path: Path, kind: str = "tasks", name: str = "iemocap") -> Path:
    """A user's catalogue that holds a copy of one of ours."""
    shutil.copytree(OWN / kind / name, tmp_path / kind / name)
    return tmp_path


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_folder_extends(tmp_path: Path) -> None:
    folder = catalogue(tmp_path, "models", "log-mel")
    (folder / "models" / "log-mel").rename(folder / "models" / "mine")
    replace(folder / "models" / "mine" / "model.toml", 'id = "log-mel"', 'id = "mine"')
    models = Catalog([folder]).models
    assert {"mine", "log-mel", "egemaps"} <= models.keys()


def test_folder_overrides(tmp_path: Path) -> None:
    folder = catalogue(tmp_path)
    replace(folder / "tasks" / "iemocap" / "emotion.toml", "version = 1", "version = 7")
    assert Catalog([folder]).task("iemocap-emotion").version == 7
    assert Catalog().task("iemocap-emotion").version == 1


def test_environment_names_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = catalogue(tmp_path)
    monkeypatch.setenv("PARALBENCH_CATALOG", str(folder))
    assert from_environment().corpus("iemocap").folder == folder / "tasks" / "iemocap"


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        Catalog([tmp_path / "none"])


def test_unknown_name_suggests_near_ones() -> None:
    with pytest.raises(UsageError, match=r"no model 'wisper-tiny'.*Did you mean whisper-tiny\.en"):
        Catalog().model("wisper-tiny")
    with pytest.raises(UsageError, match="Did you mean iemocap-emotion"):
        Catalog().task("iemocap_emotion")


def test_task_of_another_corpus(tmp_path: Path) -> None:
    folder = catalogue(tmp_path)
    file = folder / "tasks" / "iemocap" / "emotion.toml"
    replace(file, 'corpus = "iemocap"', 'corpus = "manifest"')
    replace(file, 'id = "iemocap-emotion"', 'id = "manifest-emotion"')
    with pytest.raises(CardError, match=r"emotion\.toml: key 'corpus' is 'manifest'"):
        _ = Catalog([folder]).corpora


def test_task_twice(tmp_path: Path) -> None:
    folder = catalogue(tmp_path) / "tasks" / "iemocap"
    shutil.copy(folder / "emotion.toml", folder / "feeling.toml")
    with pytest.raises(
        CardError, match=r"feeling\.toml: key 'id'.*already used in .*emotion\.toml"
    ):
        _ = Catalog([tmp_path]).corpora


@pytest.mark.parametrize(("kind", "name"), [("tasks", "iemocap"), ("models", "log-mel")])
def test_folder_and_id_differ(tmp_path: Path, kind: str, name: str) -> None:
    folder = catalogue(tmp_path, kind, name)
    (folder / kind / name).rename(folder / kind / "other")
    catalog = Catalog([folder])
    with pytest.raises(CardError, match=r"other/\w+\.toml: key 'id' is"):
        _ = catalog.corpora, catalog.models


def test_id_twice_in_one_catalogue(tmp_path: Path) -> None:
    folder = catalogue(tmp_path, "tasks", "voice_prompts")
    shutil.copytree(folder / "tasks" / "voice_prompts", folder / "tasks" / "voice-prompts")
    with pytest.raises(CardError, match=r"'voice-prompts' is already used in"):
        _ = Catalog([folder]).corpora


def test_corpus_without_synth(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no synthetic form"):
        _ = Catalog().corpus("manifest").synthesize


@pytest.mark.parametrize("module", ["paralbench", "paralbench.cli.main", "paralbench.catalog"])
def test_imports_are_light(module: str) -> None:
    heavy = "{'torch', 'transformers', 'pandas', 'librosa', 'opensmile'} & sys.modules.keys()"
    code = f"import sys, {module}; assert not {heavy}, {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=OWN)


def test_several_encoders_are_joined_by_plus(tmp_path: Path) -> None:
    for name in ("big", "big+", "log"):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        card = (Catalog().models["log-mel"].folder / "model.toml").read_text(encoding="utf-8")
        (folder / "model.toml").write_text(card.replace('"log-mel"', f'"{name}"', 1))
    catalog = Catalog([tmp_path])
    assert catalog.streams("log") == ("log",)
    assert catalog.streams("log+big") == ("log", "big")
    assert catalog.streams("big++log") == ("big+", "log")
    assert catalog.streams("log+big+") == ("log", "big+")
    with pytest.raises(UsageError, match="names an encoder twice"):
        catalog.streams("log+big+log")
    with pytest.raises(UsageError, match="nope"):
        catalog.streams("log+nope")


def test_licences_are_spdx_identifiers_or_an_agreement() -> None:
    for corpus in Catalog().corpora.values():
        licence = corpus.card.licence
        if licence in ("own agreement", "NOASSERTION"):
            assert corpus.card.terms, f"{corpus.card.id}: terms say whose agreement it is"
        else:
            assert canonicalize_license_expression(licence) == licence, corpus.card.id
        assert "memory" not in licence + corpus.card.terms, "licence_certainty says that"


def test_every_rankable_task_declares_its_examples_and_class_counts() -> None:
    catalog = Catalog()
    for task in catalog.tasks.values():
        card = catalog.corpus(task.corpus).card
        if task.examples and isinstance(task.target, ClassTarget):
            assert task.counts or card.releases, task.id
        if not task.examples and not card.releases:
            assert never_ranked(task, card), task.id
    assert "4 speakers" in never_ranked(catalog.task("savee-emotion"), catalog.corpus("savee").card)
    assert "2 speakers" in never_ranked(catalog.task("tess-emotion"), catalog.corpus("tess").card)
