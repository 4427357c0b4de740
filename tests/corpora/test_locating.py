"""Where a corpus lies, and what is said where it does not."""

from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora import locating
from paralbench.corpora.locating import locate, named
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import ParalbenchError, UsageError


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CorpusCard:
    """IEMOCAP's card, on a machine with no configuration and nothing fetched."""
    monkeypatch.setattr(locating, "configuration", lambda: tmp_path / "config.toml")
    monkeypatch.setattr(locating, "fetched", lambda corpus: tmp_path / "fetched" / corpus)
    monkeypatch.delenv("PARALBENCH_DATA", raising=False)
    return Catalog().corpus("iemocap").card


def build(root: Path) -> Path:
    for part in ("dialog/EmoEvaluation", "sentences/wav"):
        (root / "Session1" / part).mkdir(parents=True)
    return root


@pytest.mark.parametrize(
    ("root", "given"),
    [
        ("data/any", "data/any"),
        ("data/IEMOCAP_full_release", "data"),
        ("data/other name", "data"),
        ("data/any", "data/any/Session1"),
    ],
)
def test_one_level_too_high_or_low(card: CorpusCard, tmp_path: Path, root: str, given: str) -> None:
    expected = build(tmp_path / root)
    (tmp_path / "data" / "A neighbour").mkdir(exist_ok=True)
    assert locate(card, {"iemocap": tmp_path / given}) == expected


def test_usual_name_before_others(card: CorpusCard, tmp_path: Path) -> None:
    build(tmp_path / "data" / "A copy")
    usual = build(tmp_path / "data" / "IEMOCAP")
    assert locate(card, {"": tmp_path / "data"}) == usual


def test_wrong_folder(card: CorpusCard, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(
        ParalbenchError,
        match=r"does not look like corpus 'iemocap': expected below it Session\[1-5\]",
    ):
        locate(card, {"": tmp_path / "data"})


def test_missing_folder(card: CorpusCard, tmp_path: Path) -> None:
    with pytest.raises(ParalbenchError, match="does not exist"):
        locate(card, {"iemocap": tmp_path / "none"})


def test_not_found_says_how_to_get_it(card: CorpusCard) -> None:
    with pytest.raises(ParalbenchError, match=r"--data iemocap=DIR .*Request it from"):
        locate(card, {})


def test_configuration_and_environment(
    card: CorpusCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, found = build(tmp_path / "told"), build(tmp_path / "env" / "iemocap")
    monkeypatch.setenv("PARALBENCH_DATA", str(tmp_path / "env"))
    assert locate(card, {}) == found
    (tmp_path / "config.toml").write_text(f'[data]\niemocap = "{told}"\n', encoding="utf-8")
    assert locate(card, {}) == told
    (tmp_path / "config.toml").write_text("[data", encoding="utf-8")
    with pytest.raises(ParalbenchError, match=r"config\.toml: not valid TOML"):
        locate(card, {})


def test_data_option(tmp_path: Path) -> None:
    odd = tmp_path / "a=b"
    odd.mkdir()
    assert named(["iemocap=/x", "/y"]) == {"iemocap": Path("/x"), "": Path("/y")}
    assert named([str(odd)]) == {"": odd}
    assert named(["c=~/z"])["c"] == Path.home() / "z"
    with pytest.raises(UsageError, match="given twice for all corpora"):
        named(["/x", "/y"])
    with pytest.raises(UsageError, match="given twice for iemocap"):
        named(["iemocap=/x", "iemocap=/y"])
