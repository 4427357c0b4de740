from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.example import Clip

CATALOG = Catalog()
CORPUS = CATALOG.corpus("e-daic")
HEADER = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity"


def _read(root: Path, train: str, dev: str = "", test: str = "") -> Reading:
    (root / "labels").mkdir()
    for partition, output in (("train", train), ("dev", dev), ("test", test)):
        (root / "labels" / f"{partition}_split.csv").write_text(f"{HEADER}\n{output}\n")
    return read(CORPUS, root)


def test_the_whole_recording_is_encoded_for_the_transcript_names_no_speaker(tmp_path: Path) -> None:
    (tmp_path / "302_P").mkdir()
    (tmp_path / "302_P" / "302_Transcript.csv").write_text(
        "Start_Time,End_Time,Text,Confidence\n1.0,2.0,hi i'm ellie,0.9\n"
    )
    (item,) = _read(tmp_path, "302,male,0,4,28.0,0").examples
    assert item.clips == (Clip(tmp_path / "302_P" / "302_AUDIO.wav"),)


def test_labels_are_read_by_the_names_of_this_corpus(tmp_path: Path) -> None:
    (item,) = _read(tmp_path, "302, Female ,1, 15 ,28.0,0").examples
    assert item.labels == {"phq8": "15", "depression": "depressed"}
    assert (item.attributes["sex"], item.partition) == ("female", "train")


def test_who_led_the_interview_is_reported(tmp_path: Path) -> None:
    reading = _read(tmp_path, "302,male,0,4,28.0,0", test="600,male,0,4,28.0,0")
    assert [example.attributes["interviewer"] for example in reading.examples] == [
        "wizard",
        "automatic",
    ]


@pytest.mark.parametrize("folder", ["", "302_P", "302_P/302_P", "data/302_P"])
def test_a_session_may_lie_flat_or_nested_in_itself(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    audio = tmp_path / folder / "302_AUDIO.wav"
    audio.touch()
    (item,) = _read(tmp_path, "302,male,0,4,28.0,0").examples
    assert item.clips[0].path == audio


def test_a_label_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    reading = _read(tmp_path, "302,male,0,4,28.0,0\n303,male,yes,4,28.0,0")
    assert [example.id for example in reading.examples] == ["302"]
    assert reading.refused[0].reason == "its PHQ_Binary is 'yes', expected 0 or 1"


@pytest.mark.parametrize("name", [task.id for task in CORPUS.tasks])
def test_cards_warn_of_the_people_shared_with_daic_woz(name: str) -> None:
    assert "never pool the two" in CATALOG.task(name).about


@pytest.mark.slow
def test_a_synthetic_corpus_is_read_completely_and_its_folds_leak_nothing(
    made: Callable[[str], Path],
) -> None:
    reading = read(CORPUS, locate(CORPUS.card, {"": made(CORPUS.card.id).parent}))
    assert (len(reading.examples), reading.refused) == (40, ())
    assert all(item.clips[0].path.is_file() for item in reading.examples)
    for task in CORPUS.tasks:
        chosen = select(task, reading.examples)
        report = audit(chosen, splits(chosen, (0, 1)))
        assert (report.crossing, report.unknown) == ({}, [])
        assert [(item.train, item.develop, item.test) for item in report.folds] == [(20, 8, 12)] * 2
