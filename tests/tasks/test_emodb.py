from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select


def _read(root: Path) -> Reading:
    return read(Catalog().corpus("emodb"), root)


def _files(root: Path, *names: str) -> Path:
    (root / "wav").mkdir()
    for name in names:
        (root / "wav" / name).touch()
    return root


@pytest.mark.parametrize(
    ("letter", "emotion"),
    [
        ("F", "happiness"),  # Freude, not fear
        ("W", "anger"),  # Wut, not worried
        ("A", "fear"),  # Angst
        ("L", "boredom"),
        ("T", "sadness"),
        ("E", "disgust"),
        ("N", "neutral"),
    ],
)
def test_the_letters_are_german(tmp_path: Path, letter: str, emotion: str) -> None:
    (item,) = _read(_files(tmp_path, f"03a01{letter}a.wav")).examples
    assert item.labels == {"emotion": emotion}


def test_speaker_text_and_who_it_is(tmp_path: Path) -> None:
    (item,) = _read(_files(tmp_path, "14b10Nc.wav")).examples
    assert item.groups == {"speaker": "14", "text": "b10"}
    assert (item.attributes["sex"], item.attributes["age"]) == ("female", "35")


def test_a_name_that_says_nothing_is_refused_and_hidden_files_are_not_seen(tmp_path: Path) -> None:
    reading = _read(_files(tmp_path, "03a01Fa.wav", "03a01Xa.wav", "._03a01Fa.wav"))
    assert [item.id for item in reading.examples] == ["03a01Fa"]
    assert [item.subject for item in reading.refused] == ["03a01Xa.wav"]


@pytest.mark.slow
def test_synth_is_read_completely_and_every_speaker_is_left_out_once(tmp_path: Path) -> None:
    Catalog().corpus("emodb").synthesize(tmp_path / "one", 3)
    reading = _read(tmp_path / "one")
    assert (len(reading.examples), reading.refused) == (140, ())
    chosen = select(Catalog().task("emodb-emotion"), reading.examples)
    folds = splits(chosen, seeds=(0,))
    audit(chosen, folds)
    assert [len(split.test) for split in folds] == [14] * 10


@pytest.mark.slow
def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Catalog().corpus("emodb").synthesize(tmp_path / name, 5)
    for file in sorted((tmp_path / "one").rglob("*.wav")):
        twin = tmp_path / "two" / file.relative_to(tmp_path / "one")
        assert file.read_bytes() == twin.read_bytes()
