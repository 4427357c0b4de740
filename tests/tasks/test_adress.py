from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.example import Clip, Example

CATALOG = Catalog()
CORPUS = CATALOG.corpus("adress")
LABELLED = "ID   ; age; gender ; Label ; mmse\nS160 ; 68 ; female ; 1 ; 17\n"


def _root(root: Path, test: str = LABELLED, place: str = "test/meta_data_test.txt") -> Path:
    (root / "train").mkdir()
    (root / "test").mkdir()
    for name, row in (("cc", "S001 ; 74 ; male ; NA"), ("cd", "S079 ; 60 ; female ; 12")):
        output = f"ID   ; age; gender ; mmse\n{row}\n"
        (root / "train" / f"{name}_meta_data.txt").write_text(output, encoding="utf-8")
    (root / place).write_text(test, encoding="utf-8")
    return root


def _examples(root: Path) -> dict[str, Example]:
    return {example.id: example for example in read(CORPUS, root).examples}


@pytest.mark.parametrize("place", ["2020Labels.txt", "test/2020Labels.txt"])
def test_test_labels_are_also_called_2020labels(tmp_path: Path, place: str) -> None:
    (item,) = (
        item
        for item in _examples(_root(tmp_path, place=place)).values()
        if item.partition == "test"
    )
    assert (item.id, item.labels["diagnosis"]) == ("S160", "ProbableAD")


def test_cells_and_headers_are_padded_and_separated_by_semicolons(tmp_path: Path) -> None:
    examples = _examples(_root(tmp_path))["S079"]
    assert examples.labels == {"diagnosis": "ProbableAD", "mmse": "12"}
    assert (examples.attributes["sex"], examples.attributes["age"]) == ("female", "60")
    assert examples.groups == {"speaker": "S079"}


def test_na_is_missing(tmp_path: Path) -> None:
    assert _examples(_root(tmp_path))["S001"].labels == {"diagnosis": "Control"}


def test_the_whole_enhanced_recording_is_encoded(tmp_path: Path) -> None:
    examples = _examples(_root(tmp_path))
    audio = "Full_wave_enhanced_audio"
    assert examples["S001"].clips == (Clip(tmp_path / "train" / audio / "cc" / "S001.wav"),)
    assert examples["S160"].clips == (Clip(tmp_path / "test" / audio / "S160.wav"),)


@pytest.mark.parametrize("place", ["test/meta_data_test.txt", "meta_data_test.txt"])
def test_test_labels_are_0_and_1_and_lie_in_test_or_beside_it(tmp_path: Path, place: str) -> None:
    examples = _examples(_root(tmp_path, place=place))["S160"]
    assert (examples.labels, examples.partition) == (
        {"diagnosis": "ProbableAD", "mmse": "17"},
        "test",
    )


def test_without_test_labels_test_speakers_have_none(tmp_path: Path) -> None:
    unlabelled = "ID   ; age; gender \nS160 ; 68 ; female \n"
    examples = _examples(_root(tmp_path, unlabelled, "test/meta_data.txt"))["S160"]
    assert (examples.labels, examples.partition) == ({}, "test")


def test_a_label_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    reading = read(CORPUS, _root(tmp_path, LABELLED.replace("; 1 ;", "; AD ;")))
    assert [(refusal.subject, refusal.reason) for refusal in reading.refused] == [
        ("S160", "its Label is 'AD', expected 0 or 1")
    ]


@pytest.mark.slow
def test_a_synthetic_corpus_is_read_completely_and_its_folds_leak_nothing(
    made: Callable[[str], Path],
) -> None:
    reading = read(CORPUS, locate(CORPUS.card, {"": made(CORPUS.card.id).parent}))
    assert (len(reading.examples), reading.refused) == (40, ())
    assert all(item.clips[0].path.is_file() for item in reading.examples)
    for task, train in zip(CORPUS.tasks, (26, 24), strict=True):
        chosen = select(task, reading.examples)
        report = audit(chosen, splits(chosen, (0, 1)))
        assert (report.crossing, report.unknown) == ({}, [])
        assert all((item.train + item.develop, item.test) == (train, 14) for item in report.folds)
