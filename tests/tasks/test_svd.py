from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paralbench.audio.decoding import blocks
from paralbench.audio.nsp import layout, write
from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip

_HEAD = (
    "AufnahmeID,AufnahmeTyp,AufnahmeDatum,Diagnose,SprecherID,Geburtsdatum,Geschlecht,Pathologien"
)


def _read(root: Path) -> Reading:
    return read(Catalog().corpus("svd"), root)


def _corpus(root: Path, rows: list[str], files: list[str], encoding: str = "utf-8") -> Path:
    (root / "overview.csv").write_text("\n".join([_HEAD, *rows]) + "\n", encoding=encoding)
    for file in files:
        (root / "data" / file).parent.mkdir(parents=True, exist_ok=True)
        (root / "data" / file).touch()
    return root


def _row(session: int, kind: str = "n", speaker: int | None = None) -> str:
    return f"{session},{kind},2000-03-01,,{speaker or session},1960-03-02,w,"


@pytest.mark.parametrize("folder", ["sentnces", "sentences"])
def test_the_folder_of_sentences_may_be_misspelt(tmp_path: Path, folder: str) -> None:
    root = _corpus(
        tmp_path, [_row(1)], [f"1/{folder}/1-phrase.nsp", f"1/{folder}/1-phrase-egg.egg"]
    )
    (item,) = _read(root).examples
    assert item.id == "1-phrase"
    assert item.clips == (Clip(root / f"data/1/{folder}/1-phrase.nsp"),)
    assert (item.attributes["sex"], item.attributes["age"]) == ("female", "39")


def test_the_classic_export_is_read_and_nsp_is_preferred(tmp_path: Path) -> None:
    files = [
        "1/vowels/1-a_n.wav",
        "1/vowels/1-a_n-egg.wav",
        "2/vowels/2-a_n.wav",
        "2/vowels/2-a_n.nsp",
    ]
    reading = _read(_corpus(tmp_path, [_row(1), _row(2, "p")], files))
    assert [example.clips[0].path.name for example in reading.examples] == [
        "1-a_n.wav",
        "2-a_n.nsp",
    ]
    assert [example.labels["health"] for example in reading.examples] == ["healthy", "pathological"]


def test_the_exports_of_the_web_site_lie_flat_beside_their_index(tmp_path: Path) -> None:
    for name in ("1-phrase.wav", "1-a_n.wav", "1-a_n-egg.wav", "2-phrase.wav"):
        (tmp_path / name).touch()
    (tmp_path / "data").mkdir()
    table = "\r\n".join([_HEAD, _row(1), _row(2, "p"), ""])
    (tmp_path / "data" / "voice_data.csv").write_text(table, encoding="utf-8")
    root = locate(Catalog().corpus("svd").card, {"svd": tmp_path})
    assert root == tmp_path
    assert [item.id for item in _read(root).examples] == ["1-phrase", "1-a_n", "2-phrase"]


def test_several_sessions_of_one_person_stay_together(tmp_path: Path) -> None:
    rows = [_row(1, "n", 7), _row(2, "p", 7), _row(3, "p"), _row(4)]
    root = _corpus(tmp_path, rows, [f"{n}/sentnces/{n}-phrase.nsp" for n in (1, 2, 3, 4)])
    reading = _read(root)
    assert [example.groups["speaker"] for example in reading.examples] == ["7", "7", "3", "4"]
    assert len({example.groups["session"] for example in reading.examples}) == 4


@pytest.mark.parametrize(
    ("session", "sound", "recorded"),
    [
        (139, "a_n", "139-a_n-egg.egg"),
        (141, "phrase", "141-phrase-egg.egg"),
        (1697, "u_lhl", "1697-u_lhl-egg.egg"),
        (980, "phrase", "980-phrase-egg.egg"),
        (980, "a_n", "980-a_n.nsp"),
        (980, "i_h", "980-i_h.nsp"),
        (980, "i_l", "980-i_l-egg.egg"),
        (138, "a_n", "138-a_n.nsp"),
    ],
)
def test_swapped_channels_are_read_from_where_the_voice_is(
    tmp_path: Path, session: int, sound: str, recorded: str
) -> None:
    stem = f"{session}/vowels/{session}-{sound}"
    (item,) = _read(_corpus(tmp_path, [_row(session)], [f"{stem}.nsp", f"{stem}-egg.egg"])).examples
    assert [clip.path.name for clip in item.clips] == [recorded]
    assert item.errata == (("swapped-channels",) if "egg" in recorded else ())


def test_session_980_changes_files_midway(tmp_path: Path) -> None:
    place = tmp_path / "data/980/vowels"
    marks = np.arange(583414 + 100) < 583414
    write(place / "980-iau.nsp", np.where(marks, 100, -1).astype(np.int16), 50000)
    write(place / "980-iau-egg.egg", np.where(marks, -1, 200).astype(np.int16), 50000)
    (item,) = _read(_corpus(tmp_path, [_row(980)], [])).examples
    assert item.errata == ("swapped-midway",)
    recorded = [np.concatenate(list(blocks(clip, 50000, 5.0))) * 32768 for clip in item.clips]
    assert (len(recorded[0]), set(recorded[0])) == (583414, {100.0})
    assert (len(recorded[1]), set(recorded[1])) == (100, {200.0})


@pytest.mark.slow
def test_session_713_is_read_to_the_end_of_its_files(made: Callable[[str], Path]) -> None:
    by_name = {item.id: item for item in _read(made("svd")).examples}
    item = by_name["713-a_n"]
    assert item.errata == ("unfinished-files",)
    assert layout(item.clips[0].path).frames == 40000


def test_sessions_that_were_never_released_are_passed_over_and_missing_ones_refused(
    tmp_path: Path,
) -> None:
    root = _corpus(tmp_path, [_row(1), _row(5), _row(2618)], ["1/sentnces/1-phrase.nsp"])
    assert [refusal.subject for refusal in _read(root).refused] == ["5"]


def test_the_index_may_be_latin_1(tmp_path: Path) -> None:
    row = "1,p,2000-03-01,,1,1960-01-01,m,Kehlkopfentzündung"
    root = _corpus(tmp_path, [row], ["1/sentnces/1-phrase.nsp"], encoding="latin-1")
    (item,) = _read(root).examples
    assert item.labels["pathologies"] == "Kehlkopfentzündung"


def test_another_type_is_refused_and_another_table_is_no_index(tmp_path: Path) -> None:
    files = ["1/sentnces/1-phrase.nsp", "2/sentnces/2-phrase.nsp"]
    root = _corpus(tmp_path, [_row(1, "x"), _row(2)], files)
    assert [refusal.subject for refusal in _read(root).refused] == ["1"]
    (root / "overview.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ParalbenchError, match="AufnahmeID"):
        _read(root)


def test_the_data_folder_itself_is_put_right(tmp_path: Path) -> None:
    root = _corpus(tmp_path, [_row(1)], ["1/sentnces/1-phrase.nsp"])
    assert locate(Catalog().corpus("svd").card, {"svd": root / "data"}) == root


@pytest.mark.slow
@pytest.mark.parametrize("task", ["svd-pathology", "svd-pathology-vowel"])
def test_synth_is_read_completely(made: Callable[[str], Path], task: str) -> None:
    reading = _read(made("svd"))
    chosen = select(Catalog().task(task), reading.examples, reading.refused)
    assert (len(chosen.examples), chosen.refused) == (60, ())
    audit(chosen, splits(chosen, seeds=(0,)))
