"""Where a corpus is looked for, in which order, and what is said when it is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from paralbench.corpora import locating
from paralbench.corpora.locating import PartsMissingError, fetched, locate, named
from paralbench.records.corpus_card import CorpusCard, Layout
from paralbench.records.errors import ParalbenchError, UsageError

LAYOUT = Layout(markers=["Session[1-5]/labels", "Session[1-5]/wav/*.wav"], names=["Release"])
CARD = CorpusCard(
    id="mine", title="M", licence="own", access="own", obtain="Ask Ann.", citation="N.",
    layout=LAYOUT,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration, no data and no fetched corpus but the test's own."""
    monkeypatch.delenv("PARALBENCH_DATA", raising=False)
    for kind in ("CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    monkeypatch.setattr(locating, "configuration", lambda: tmp_path / "config.toml")


def _corpus(root: Path) -> Path:
    (root / "Session1" / "labels").mkdir(parents=True)
    (root / "Session2" / "wav").mkdir(parents=True)
    (root / "Session2" / "wav" / "a.wav").touch()
    return root


def test_data_options_name_corpora_or_stand_for_all(tmp_path: Path) -> None:
    home = Path.home()
    assert named(["mine=/a", "other=~/b"]) == {"mine": Path("/a"), "other": home / "b"}
    assert named(["/a", "mine=/b"]) == {"": Path("/a"), "mine": Path("/b")}
    odd = tmp_path / "take=2"
    odd.mkdir()
    assert named([str(odd)]) == {"": odd}, "a folder that exists is taken at its word"
    with pytest.raises(UsageError, match="given twice for all corpora"):
        named(["/a", "/b"])
    with pytest.raises(UsageError, match="given twice for mine"):
        named(["mine=/a", "mine=/b"])
    for empty in ("mine=", ""):
        with pytest.raises(UsageError, match=f"'{empty}' names no folder"):
            named([empty])


def test_the_root_is_found_from_one_level_too_high_or_too_low(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _corpus(tmp_path / "disk" / "anything")
    for inputs in (root, root.parent, root / "Session1"):
        assert locate(CARD, {"mine": inputs}) == root
        assert locate(CARD, {"": inputs}) == root
    monkeypatch.chdir(root / "Session1")
    assert locate(CARD, {"mine": Path()}) == root


def test_the_usual_name_comes_before_other_folders(tmp_path: Path) -> None:
    _corpus(tmp_path / "disk" / "Backup")
    root = _corpus(tmp_path / "disk" / "Release")
    assert locate(CARD, {"": tmp_path / "disk"}) == root


def test_a_corpus_without_markers_is_what_is_named(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.touch()
    own = CARD.model_copy(update={"layout": Layout()})
    assert locate(own, {"": file}) == file


def test_a_wrong_folder_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "part" / "Session1" / "labels").mkdir(parents=True)
    with pytest.raises(PartsMissingError, match=r"part of corpus 'mine'; missing: S.*/\*\.wav\."):
        locate(CARD, {"mine": tmp_path / "part"})
    (tmp_path / "wrong").mkdir()
    output = (
        r"wrong does not look like corpus 'mine'.* Session\[1-5\]/labels and .*\*\.wav\. Ask Ann\."
    )
    with pytest.raises(ParalbenchError, match=output):
        locate(CARD, {"mine": tmp_path / "wrong"})
    (tmp_path / "file").touch()
    with pytest.raises(ParalbenchError, match="file does not look like"):
        locate(CARD, {"mine": tmp_path / "file"})
    with pytest.raises(ParalbenchError, match="nowhere for corpus 'mine' does not exist"):
        locate(CARD, {"mine": tmp_path / "nowhere"})


def test_nothing_found_says_where_it_looked_and_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARALBENCH_DATA", str(tmp_path / "store"))
    with pytest.raises(ParalbenchError, match=r"--data mine=DIR.*store.mine.*Ask Ann\.$"):
        locate(CARD, {})


def test_data_then_configuration_then_environment_then_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = _corpus(fetched("mine"))
    assert tmp_path in last.parents
    assert locate(CARD, {}) == last
    third = _corpus(tmp_path / "store" / "mine")
    monkeypatch.setenv("PARALBENCH_DATA", str(third.parent))
    assert locate(CARD, {}) == third
    second = _corpus(tmp_path / "told")
    (tmp_path / "config.toml").write_text(f'[data]\nmine = "{second}"\n', encoding="utf-8")
    assert locate(CARD, {}) == second
    first = _corpus(tmp_path / "given")
    assert locate(CARD, {"mine": first, "": last}) == first
    assert locate(CARD, {"other": first}) == second


@pytest.mark.parametrize("text", ["data = ", 'data = "/mine"', "[data]\nmine = 3", "\xff"])
def test_a_faulty_configuration_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(
        ParalbenchError,
        match=r"config\.toml: (is not valid TOML|cannot be read as UTF-8|under \[data\])",
    ):
        locate(CARD, {})


def test_the_configuration_lies_in_the_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert locating.configuration().parts[-2:] == ("paralbench", "config.toml")
    assert os.path.commonpath([locating.configuration(), Path.home()]) == str(Path.home())
