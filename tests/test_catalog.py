"""The catalogue: all that is shipped loads; a folder of one's own is found; faults are named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from paralbench.catalog import Catalog, from_environment, load_module
from paralbench.records.errors import CardError, UsageError

ROOT = Path(__file__).parents[1]
CORPUS = """id = "{id}"
title = "Mine"
licence = "our own"
access = "own"
obtain = "Ask."
citation = "None."
"""
TASK = """id = "{id}"
version = 1
corpus = "{corpus}"
title = "T"
about = "A."
term = "short"
target = {{ kind = "number", label = "age" }}
protocol = {{ kind = "leave-one-group-out", by = "speaker", never_cross = ["speaker"], cluster = "speaker" }}
metrics = {{ ranking = "mae", report = ["mae"] }}
"""


def _corpus(catalogue: Path, folder: str, name: str, tasks: dict[str, str] | None = None) -> Path:
    place = catalogue / "tasks" / folder
    place.mkdir(parents=True)
    (place / "corpus.toml").write_text(CORPUS.format(id=name), encoding="utf-8")
    for file, task in (tasks or {}).items():
        (place / file).write_text(task, encoding="utf-8")
    return place


def test_every_shipped_card_loads_under_its_own_id() -> None:
    catalog = Catalog()
    for kind, card, found in (("tasks", "corpus.toml", catalog.corpora),
                              ("models", "model.toml", catalog.models)):  # fmt: skip
        files = list((ROOT / kind).glob(f"*/{card}"))
        assert files
        assert {tomllib.loads(file.read_text("utf-8"))["id"] for file in files} == set(found)
    cards = [file for file in (ROOT / "tasks").glob("*/*.toml") if file.name != "corpus.toml"]
    assert len(catalog.tasks) == len(cards)
    for corpus in catalog.corpora.values():
        assert callable(corpus.adapter.read)


def test_a_folder_of_ones_own_comes_before_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _corpus(tmp_path / "a", "iemocap", "iemocap")
    place = _corpus(tmp_path / "b", "mine", "mine", {
        "x.toml": TASK.format(id="mine-age", corpus="mine")
    })  # fmt: skip
    monkeypatch.setenv("PARALBENCH_CATALOG", f"{tmp_path / 'b'}{os.pathsep}")
    catalog = from_environment([tmp_path / "a"])
    assert catalog.corpus("iemocap").card.title == "Mine"
    assert catalog.corpus("mine").folder == place
    assert catalog.task("mine-age").corpus == "mine"
    assert "whisper-tiny.en" in catalog.models


def test_a_task_of_another_corpus_is_refused(tmp_path: Path) -> None:
    task = TASK.format(id="other-age", corpus="other")
    place = _corpus(tmp_path, "mine", "mine", {"age.toml": task})
    with pytest.raises(CardError, match=rf"{re.escape(str(place / 'age.toml'))}: key 'corpus'"):
        _ = Catalog([tmp_path]).corpora


def test_two_tasks_of_one_id_are_refused(tmp_path: Path) -> None:
    task = TASK.format(id="mine-age", corpus="mine")
    place = _corpus(tmp_path, "mine", "mine", {"a.toml": task, "b.toml": task})
    with pytest.raises(CardError, match=rf"{re.escape(str(place / 'b.toml'))}: key 'id'.*mine-age"):
        _ = Catalog([tmp_path]).tasks


@pytest.mark.parametrize("kind", ["tasks", "models"])
def test_a_folder_of_another_name_than_its_card_is_refused(tmp_path: Path, kind: str) -> None:
    file = tmp_path / kind / "yours" / ("corpus.toml" if kind == "tasks" else "model.toml")
    file.parent.mkdir(parents=True)
    text = (ROOT / "models/log-mel/model.toml").read_text("utf-8")
    file.write_text(CORPUS.format(id="mine") if kind == "tasks" else text, encoding="utf-8")
    with pytest.raises(CardError, match=rf"{re.escape(str(file))}: key 'id' is .*yours"):
        _ = Catalog([tmp_path]).corpora, Catalog([tmp_path]).models


def test_two_folders_of_one_id_are_refused(tmp_path: Path) -> None:
    for folder in ("my_corpus", "my-corpus"):
        _corpus(tmp_path, folder, "my-corpus")
    with pytest.raises(CardError, match=r"my_corpus.corpus.toml: key 'id'.*my-corpus has the same"):
        _ = Catalog([tmp_path]).corpora


def test_a_folder_without_a_card_is_none(tmp_path: Path) -> None:
    (tmp_path / "tasks" / "notes").mkdir(parents=True)
    assert set(Catalog([tmp_path]).corpora) == set(Catalog().corpora)


def test_unknown_names_are_answered_with_near_ones(tmp_path: Path) -> None:
    catalog = Catalog()
    with pytest.raises(
        UsageError, match=r"no task 'iemocap-emotoin'\. Did you mean iemocap-emotion"
    ):
        catalog.task("iemocap-emotoin")
    with pytest.raises(UsageError, match=r"'paralbench list corpora' shows all"):
        catalog.corpus("qqqq")
    with pytest.raises(UsageError, match="no model"):
        catalog.model("whisper")
    with pytest.raises(UsageError, match="nowhere does not exist"):
        Catalog([tmp_path / "nowhere"])


def test_adapters_of_one_file_name_stay_apart_and_a_broken_one_leaves_no_trace(
    tmp_path: Path,
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "adapter.py").write_text(f"NAME = {name!r}\n", encoding="utf-8")
    modules = [load_module(tmp_path / name / "adapter.py") for name in ("a", "b")]
    assert [module.NAME for module in modules] == ["a", "b"]
    assert load_module(tmp_path / "a" / "adapter.py") is modules[0]
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0\n", encoding="utf-8")
    before = set(sys.modules)
    with pytest.raises(ZeroDivisionError):
        load_module(broken)
    assert set(sys.modules) == before
    with pytest.raises(CardError, match=r"c.adapter\.py is missing"):
        load_module(tmp_path / "c" / "adapter.py")


def test_a_corpus_without_a_synthetic_form_says_so(tmp_path: Path) -> None:
    _corpus(tmp_path, "mine", "mine")
    with pytest.raises(UsageError, match="'mine' has no synthetic form"):
        _ = Catalog([tmp_path]).corpus("mine").synthesize


@pytest.mark.parametrize("module", ["paralbench", "paralbench.cli.main", "paralbench.catalog"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([name for name in ('torch', 'transformers') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
