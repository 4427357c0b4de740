"""Lists of models: shown, named on the command line, and refused where a member is not there."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.cli import options
from paralbench.cli.main import main
from paralbench.records.errors import CardError, UsageError

LISTS = """
[lists.two]
about = "Both are there."
known = ["log-mel"]
assumed = ["egemaps"]

[lists.broken]
about = "Names a model that is not."
known = ["log-mel", "nowhere"]
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    (tmp_path / "catalog" / "models").mkdir(parents=True)
    (tmp_path / "catalog" / "models" / "lists.toml").write_text(LISTS)
    return tmp_path / "catalog"


def _request(*arguments: str) -> tuple[str, ...]:
    parser = argparse.ArgumentParser()
    options.add_entries(parser)
    return tuple(options.request(parser.parse_args(["--task", "manifest", *arguments])).models)


def test_the_fourteen_are_fourteen_and_all_there() -> None:
    catalog = Catalog()
    listed = catalog.lists["paralbench-fourteen"]
    assert len(catalog.listed("paralbench-fourteen")) == 14
    assert {"wavlm-large", "emotion2vec-base"} == set(listed.known)


def test_a_list_and_models_are_named_together_once_each(catalog: Path) -> None:
    where = ("--catalog", str(catalog))
    assert _request(*where, "--models-of", "two") == ("log-mel", "egemaps")
    named = _request(*where, "--model", "egemaps", "--models-of", "two")
    assert named == ("egemaps", "log-mel")


def test_a_model_that_is_not_there_is_named(catalog: Path) -> None:
    with pytest.raises(UsageError, match="list of models 'broken' names nowhere"):
        Catalog([catalog]).listed("broken")
    with pytest.raises(UsageError, match=r"no list 'tow'.*Did you mean two.*list model-lists"):
        Catalog([catalog]).listed("tow")


def test_a_list_without_a_model_or_with_one_twice_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    for members, text in (("", "needs a model"), ('known = ["a", "a"]', "listed twice")):
        (folder / "lists.toml").write_text(f'[lists.x]\nabout = "x"\n{members}\n')
        with pytest.raises(CardError, match=text):
            _ = Catalog([tmp_path]).lists


def test_neither_model_nor_list_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--task", "manifest"]) == 2
    assert "--models-of LIST" in capsys.readouterr().err


def test_lists_are_shown_with_size_and_licence(
    catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "model-lists", "--catalog", str(catalog), "--json"]) == 0
    rows = {(row["list"], row["model"]): row for row in json.loads(capsys.readouterr().out)}
    large = rows["paralbench-fourteen", "wavlm-large"]
    assert (large["member"], large["parameters"]) == ("known", "315.5 M")
    assert rows["two", "egemaps"]["member"] == "assumed"
    assert rows["broken", "nowhere"]["weights"] == "not in this catalogue"


def test_a_list_is_encoded_together_as_one_model(catalog: Path) -> None:
    result = Catalog([catalog])
    assert result.streams("@two") == ("log-mel", "egemaps")
    assert len(result.streams("@avec2019-five")) == 5
    with pytest.raises(UsageError, match="no list 'tow'"):
        result.streams("@tow")
