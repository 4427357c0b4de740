from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.synthetic.corpus import litter

CATALOG = Catalog()
CORPUS = CATALOG.corpus("adresso")
SEGMENTS = '"","speaker","begin","end"\n"1","INV",0,900\n"2","PAR",1000,2500\n"3","PAR",4000,9999\n'


def _speaker(root: Path, name: str, segments: str | None = SEGMENTS) -> Path:
    """A recording of five seconds, a thousand samples a second, and its segmentation."""
    part = root / "diagnosis" / ("train" if "/" in name else "test-dist")
    audio, table = part / "audio" / f"{name}.wav", part / "segmentation" / f"{name}.csv"
    for file in (audio, table):
        file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(audio, np.zeros(5000, np.float32), 1000, subtype="PCM_16")
    if segments is not None:
        table.write_text(segments, encoding="utf-8")
    return audio


def _read(root: Path, scores: str = "") -> Reading:
    table = root / "diagnosis" / "train" / "adresso-train-mmse-scores.csv"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(f'"","adressfname","mmse","dx"\n{scores}', encoding="utf-8")
    return read(CORPUS, root)


def test_segmentations_count_milliseconds_and_only_the_participant_is_encoded(
    tmp_path: Path,
) -> None:
    _speaker(tmp_path, "ad/adrso002")
    (item,) = _read(tmp_path).examples
    assert [(clip.start, clip.end) for clip in item.clips] == [(1.0, 2.5), (4.0, 5.0)]


def test_the_folder_is_the_diagnosis_and_scores_lie_behind_an_unnamed_column(
    tmp_path: Path,
) -> None:
    _speaker(tmp_path, "ad/adrso002")
    _speaker(tmp_path, "cn/adrso003")
    rows = '"1","adrso002",12,"ad"\n"2","adrso003",NA,"cn"\n'
    examples = _read(tmp_path, rows).examples
    assert [item.labels for item in examples] == [
        {"diagnosis": "ProbableAD", "mmse": "12"}, {"diagnosis": "Control"},
    ]  # fmt: skip
    assert [item.groups["speaker"] for item in examples] == ["adrso002", "adrso003"]


@pytest.mark.parametrize(
    "name", ["label_test_task{}.csv", "task{}.csv", "test_results_task{}_groundtruth.csv"]
)
@pytest.mark.parametrize("place", ["diagnosis/test-dist", "diagnosis", "."])
def test_test_labels_come_under_three_names(tmp_path: Path, name: str, place: str) -> None:
    _speaker(tmp_path, "adrsdt01")
    (tmp_path / place / name.format(1)).write_text("ID,Dx\nadrsdt01,ProbableAD\n")
    (tmp_path / place / name.format(2)).write_text("ID,MMSE\nadrsdt01,14\n")
    (item,) = _read(tmp_path).examples
    assert (item.labels, item.partition) == ({"diagnosis": "ProbableAD", "mmse": "14"}, "test")


def test_without_test_labels_test_speakers_have_none(tmp_path: Path) -> None:
    _speaker(tmp_path, "adrsdt01")
    (item,) = _read(tmp_path).examples
    assert (item.labels, item.partition) == ({}, "test")


@pytest.mark.parametrize("place", ["diagnosis/train", "diagnosis", "."])
def test_the_scores_lie_beside_the_recordings_or_above_them(tmp_path: Path, place: str) -> None:
    _speaker(tmp_path, "ad/adrso002")
    output = '"","adressfname","mmse","dx"\n"1","adrso002",12,"ad"\n'
    (tmp_path / place / "adresso-train-mmse-scores.csv").write_text(output)
    (item,) = read(CORPUS, tmp_path).examples
    assert item.labels == {"diagnosis": "ProbableAD", "mmse": "12"}


def test_progression_is_another_task(tmp_path: Path) -> None:
    _speaker(tmp_path, "ad/adrso002")
    other = tmp_path / "diagnosis" / "train" / "audio" / "decline" / "adrspt01.wav"
    other.parent.mkdir()
    other.touch()
    assert [example.id for example in _read(tmp_path).examples] == ["adrso002"]


def test_hidden_files_are_no_speakers(tmp_path: Path) -> None:
    litter(_speaker(tmp_path, "ad/adrso002"))
    reading = _read(tmp_path)
    assert ([example.id for example in reading.examples], reading.refused) == (["adrso002"], ())


def test_broken_speakers_are_refused_by_name_and_the_rest_goes_on(tmp_path: Path) -> None:
    _speaker(tmp_path, "ad/adrso002")
    _speaker(tmp_path, "ad/adrso003", None)
    _speaker(tmp_path, "ad/adrso004", '"","speaker","begin","end"\n"1","PAR",a,b\n')
    _speaker(tmp_path, "ad/adrso005", '"","speaker","begin","end"\n"1","INV",0,900\n')
    _speaker(tmp_path, "adrsdt01")
    (tmp_path / "diagnosis" / "task1.csv").write_text("ID,Dx\nadrsdt01,maybe\n")
    reading = _read(tmp_path)
    assert [item.id for item in reading.examples] == ["adrso002"]
    record = {item.subject: item.reason for item in reading.refused}
    assert "adrso003.csv is missing" in record["adrso003"]
    assert "expected begin and end in milliseconds" in record["adrso004"]
    assert "none of its turns" in record["adrso005"]
    assert record["adrsdt01"] == "its Dx is 'maybe', expected ProbableAD or Control"


@pytest.mark.slow
def test_a_synthetic_corpus_is_read_completely_and_its_folds_leak_nothing(
    made: Callable[[str], Path],
) -> None:
    reading = read(CORPUS, locate(CORPUS.card, {"": made(CORPUS.card.id).parent}))
    assert (len(reading.examples), reading.refused) == (40, ())
    assert all(len(item.clips) == 2 for item in reading.examples)
    for task in CORPUS.tasks:
        chosen = select(task, reading.examples)
        report = audit(chosen, splits(chosen, (0, 1)))
        assert (report.crossing, report.unknown) == ({}, [])
        assert all((item.train + item.develop, item.test) == (26, 14) for item in report.folds)
