import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import LeakError, ParalbenchError
from paralbench.records.example import Clip

audformat: Any = pytest.importorskip("audformat")


def _read(root: Path) -> Reading:
    return read(Catalog().corpus("audformat"), root)


def _database() -> Any:
    db = audformat.Database("made")
    for name in ("train", "dev", "test"):
        db.splits[name] = audformat.Split(name)
    db.schemes["emotion"] = audformat.Scheme(labels=["happy", "sad"])
    db.schemes["speaker"] = audformat.Scheme(
        labels={"s1": {"gender": "female"}, "s2": {"gender": "male"}}
    )
    db["files"] = audformat.Table(audformat.filewise_index(["a/1.wav", "a/2.wav"]))
    _fill(db, "files", "speaker", ["s1", "s2"], scheme="speaker")
    return db


def _fill(
    db: Any, table: str, column: str, values: list[object], scheme: str | None = None
) -> None:
    db[table][column] = audformat.Column(scheme_id=scheme)
    db[table][column].set(values)


def _segments(
    db: Any, name: str, rows: list[tuple[str, str, str | None]], split: str | None = None
) -> None:
    files, starts, ends = zip(*rows, strict=True)
    index = audformat.segmented_index(
        list(files), list(starts), [pd.NaT if end is None else end for end in ends]
    )
    db[name] = audformat.Table(index, split_id=split)


@pytest.mark.parametrize("storage", ["csv", "parquet"])
def test_segments_with_the_speaker_from_the_filewise_table(tmp_path: Path, storage: str) -> None:
    db = _database()
    _segments(db, "emotion", [("a/1.wav", "0.5s", "2s"), ("a/2.wav", "0s", None)], "test")
    _fill(db, "emotion", "emotion", ["happy", "sad"], scheme="emotion")
    db.save(str(tmp_path), storage_format=storage)
    first, second = _read(tmp_path).examples
    assert first.id == "a/1.wav[0.5-2]"
    assert first.clips == (Clip(tmp_path / "a/1.wav", 0.5, 2.0),)
    assert second.clips == (Clip(tmp_path / "a/2.wav"),)
    assert (first.labels["target"], second.labels["target"]) == ("happy", "sad")
    assert first.groups == {"speaker": "s1"}
    assert first.attributes["gender"] == "female"
    assert first.partition == "test"


def test_a_number_in_a_filewise_table_and_missing_values_are_no_label(tmp_path: Path) -> None:
    db = _database()
    _fill(db, "files", "arousal", [0.25, None])
    db.save(str(tmp_path))
    chosen = select(Catalog().task("audformat-number"), _read(tmp_path).examples)
    assert chosen.targets.tolist() == [0.25]


def test_whole_numbers_name_classes_as_they_are(tmp_path: Path) -> None:
    db = _database()
    db.schemes["stage"] = audformat.Scheme("int")
    _fill(db, "files", "stage", [0, 3], scheme="stage")
    db.save(str(tmp_path))
    chosen = select(Catalog().task("audformat"), _read(tmp_path).examples)
    assert chosen.classes == ("0", "3")


def test_which_column_must_be_told_where_there_are_several(tmp_path: Path) -> None:
    db = _database()
    _fill(db, "files", "emotion", ["happy", "sad"], scheme="emotion")
    _fill(db, "files", "arousal", [0.1, 0.9])
    db.save(str(tmp_path))
    with pytest.raises(ParalbenchError, match="which column is to be learnt"):
        _read(tmp_path)
    (tmp_path / "paralbench.toml").write_text('target = "emotion"\n')
    assert [example.labels["target"] for example in _read(tmp_path).examples] == ["happy", "sad"]
    (tmp_path / "paralbench.toml").write_text('target = "mood"\n')
    with pytest.raises(ParalbenchError, match="'mood', found: arousal, emotion, speaker"):
        _read(tmp_path)


def test_a_file_in_several_tables_counts_once_and_takes_its_split(tmp_path: Path) -> None:
    db = _database()
    _fill(db, "files", "emotion", ["happy", "sad"], scheme="emotion")
    db["emotion.test"] = audformat.Table(audformat.filewise_index(["a/2.wav"]), split_id="test")
    _fill(db, "emotion.test", "emotion", ["sad"], scheme="emotion")
    db.save(str(tmp_path))
    reading = _read(tmp_path)
    partitions = {example.id: example.partition for example in reading.examples}
    assert partitions == {"a/1.wav": None, "a/2.wav": "test"}
    assert reading.refused == ()


def test_what_is_said_of_speakers_may_stand_in_a_miscellaneous_table(tmp_path: Path) -> None:
    db = _database()
    db["speakers"] = audformat.MiscTable(pd.Index(["s1", "s2"], name="speaker", dtype="string"))
    _fill(db, "speakers", "age", [31, 42])
    db.schemes["who"] = audformat.Scheme("str", labels="speakers")
    _fill(db, "files", "who", ["s2", "s1"], scheme="who")
    _fill(db, "files", "emotion", ["happy", "sad"], scheme="emotion")
    db.save(str(tmp_path))
    (tmp_path / "paralbench.toml").write_text('target = "emotion"\nspeaker = "who"\n')
    first, second = _read(tmp_path).examples
    assert (first.groups["speaker"], second.groups["speaker"]) == ("s2", "s1")
    assert (first.attributes["age"], second.attributes["age"]) == ("42", "31")


def test_tables_that_disagree_refuse_the_file_unless_one_is_chosen(tmp_path: Path) -> None:
    db = _database()
    _fill(db, "files", "emotion", ["happy", "sad"], scheme="emotion")
    db["other"] = audformat.Table(audformat.filewise_index(["a/2.wav"]))
    _fill(db, "other", "emotion", ["happy"], scheme="emotion")
    db.save(str(tmp_path))
    (refusal,) = _read(tmp_path).refused
    assert refusal.subject == "a/2.wav"
    assert "says 'sad'" in refusal.reason
    (tmp_path / "paralbench.toml").write_text('tables = ["files"]\n')
    assert len(_read(tmp_path).examples) == 2


class _Trap:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_a_pickle_beside_a_table_is_not_opened_and_alone_it_is_refused(tmp_path: Path) -> None:
    db = _database()
    _fill(db, "files", "emotion", ["happy", "sad"], scheme="emotion")
    db.save(str(tmp_path), storage_format="csv", update_other_formats=False)
    (tmp_path / "db.files.pkl").write_bytes(pickle.dumps(_Trap(tmp_path / "ran")))
    assert len(_read(tmp_path).examples) == 2
    (tmp_path / "db.files.csv").unlink()
    with pytest.raises(ParalbenchError, match="can run code"):
        _read(tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["a/b", "a/../evil", "/tmp/x", "..", "a\\b"])
def test_a_table_id_that_is_a_path_is_refused_unread(tmp_path: Path, name: str) -> None:
    trap = tmp_path / "ran"
    (tmp_path / "db.a").mkdir()
    for place in (tmp_path / "db.a/b.pkl", tmp_path / "evil.pkl"):
        place.write_bytes(pickle.dumps(_Trap(trap)))
    (tmp_path / "db.yaml").write_text(
        "name: x\nsource: y\nusage: unrestricted\ntables:\n"
        f"  {name}:\n    type: filewise\n    columns:\n      emotion: {{}}\n"
    )
    with pytest.raises(ParalbenchError, match="is not plain"):
        _read(tmp_path)
    assert not trap.exists()


def test_a_header_that_would_run_code_is_not_loaded(tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    (tmp_path / "db.yaml").write_text(f"name: !!python/object/apply:os.mkdir ['{trap}']\n")
    with pytest.raises(ParalbenchError, match="python/object"):
        _read(tmp_path)
    assert not trap.exists()


def test_a_database_that_is_not_whole_is_reported_in_a_sentence(tmp_path: Path) -> None:
    _database().save(str(tmp_path / "one"), storage_format="csv")
    (tmp_path / "one/db.files.csv").unlink()
    with pytest.raises(ParalbenchError, match="expected the table 'files' as CSV or Parquet"):
        _read(tmp_path / "one")
    (tmp_path / "db.yaml").write_text("tables: [")
    with pytest.raises(ParalbenchError, match="cannot be read as an audformat header"):
        _read(tmp_path)


def test_synth_runs_under_folds_and_under_its_own_split(made: Callable[[str], Path]) -> None:
    reading = _read(made("audformat"))
    assert (len(reading.examples), reading.refused) == (60, ())
    for task in ("audformat", "audformat-split"):
        chosen = select(Catalog().task(task), reading.examples)
        report = audit(chosen, splits(chosen, seeds=(0,)))
        assert report.unknown == []
    assert chosen.class_counts() == {"anger": 20, "neutral": 20, "sadness": 20}


def test_a_split_of_the_database_that_cuts_a_speaker_is_refused(tmp_path: Path) -> None:
    Catalog().corpus("audformat").synthesize(tmp_path / "one", 0)
    files = tmp_path / "one/db.files.csv"
    files.write_text(files.read_text().replace(",s9", ",s0"))
    chosen = select(Catalog().task("audformat-split"), _read(tmp_path / "one").examples)
    with pytest.raises(LeakError, match="speaker 's0' is in train and test"):
        audit(chosen, splits(chosen, seeds=(0,)))
