from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip

CATALOG = Catalog()
CORPUS = CATALOG.corpus("simusoe")


def _read(root: Path, *rows: str, header: str = "path,subject,label,ahi,sex,age") -> Reading:
    (root / "manifest.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    return read(CORPUS, root)


def test_a_subjects_snores_are_one_example(tmp_path: Path) -> None:
    rows = ["a.wav,P1,mild,7,male,40", "b.wav,P2,severe,44,female,50", "c.wav,P1,mild,7,male,40"]
    item, other = _read(tmp_path, *rows).examples
    assert item.clips == (Clip(tmp_path / "a.wav"), Clip(tmp_path / "c.wav"))
    assert item.labels == {"label": "mild", "ahi": "7"}
    assert item.groups == {"speaker": "P1"}
    assert other.attributes == {"sex": "female", "age": "50"}


@pytest.mark.parametrize(
    ("ahi", "severity", "screened"),
    [
        ("4.9", "normal", "normal"), ("5", "mild", "apnoea"), ("14.9", "mild", "apnoea"),
        ("15", "moderate", "apnoea"), ("29.9", "moderate", "apnoea"), ("30", "severe", "apnoea"),
    ],
)  # fmt: skip
def test_classes_are_cut_from_the_index(
    tmp_path: Path, ahi: str, severity: str, screened: str
) -> None:
    rows = [f"a.wav,P1,,{ahi},,", "b.wav,P2,,0,,", "c.wav,P3,,99,,"]
    examples = _read(tmp_path, *rows).examples
    for task, expected in (("simusoe-severity", severity), ("simusoe-screening", screened)):
        chosen = select(CATALOG.task(task), examples)
        assert chosen.classes[int(chosen.targets[0])] == expected


def test_a_subject_whose_rows_disagree_is_refused_with_both_lines(tmp_path: Path) -> None:
    reading = _read(tmp_path, "a.wav,P1,,7,,", "b.wav,P1,,8,,", "c.wav,P2,,9,,")
    assert [example.id for example in reading.examples] == ["P2"]
    (refused,) = reading.refused
    assert refused.subject == "P1"
    assert refused.reason == f"its ahi is '7' at {tmp_path / 'manifest.csv'}:2 and '8' here"
    assert refused.where.endswith("manifest.csv:3")


def test_rows_without_path_or_subject_are_refused(tmp_path: Path) -> None:
    reading = _read(tmp_path, ",P1,,7,,", "b.wav,,,8,,", "c.wav,P2,,9,,")
    assert [(refusal.subject, refusal.reason) for refusal in reading.refused] == [
        ("P1", "its path is not told"), ("b.wav", "its subject is not told"),
    ]  # fmt: skip


def test_an_index_that_is_no_number_is_refused_by_the_task(tmp_path: Path) -> None:
    rows = ["a.wav,P1,,7,,", "b.wav,P2,,high,,", "c.wav,P3,,1,,"]
    chosen = select(CATALOG.task("simusoe-ahi"), _read(tmp_path, *rows).examples)
    assert [refusal.subject for refusal in chosen.refused] == ["P2"]


def test_folders_of_classes_are_read_where_there_is_no_manifest(tmp_path: Path) -> None:
    for name in ("mild/P1/a.wav", "mild/P1/b.WAV", "severe/P2/a.flac", "severe/alone.wav",
                 "severe/P2/._a.flac", "severe/P2/notes.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    reading = read(CORPUS, tmp_path)
    assert [(item.id, item.labels, len(item.clips)) for item in reading.examples] == [
        ("P1", {"label": "mild"}, 2), ("P2", {"label": "severe"}, 1),
    ]  # fmt: skip
    assert [item.subject for item in reading.refused] == ["severe/alone.wav"]
    assert select(CATALOG.task("simusoe-class"), reading.examples).classes == ("mild", "severe")
    with pytest.raises(ParalbenchError, match="no example has a usable label 'ahi'"):
        select(CATALOG.task("simusoe-ahi"), reading.examples)


def test_that_the_layout_is_unknown_is_said_everywhere() -> None:
    output = [CORPUS.card.title, *(task.about for task in CORPUS.tasks)]
    output.append((CORPUS.folder / "README.md").read_text(encoding="utf-8"))
    assert all("layout unknown" in text.lower() for text in output)


@pytest.mark.slow
def test_a_synthetic_corpus_is_read_completely_and_its_folds_leak_nothing(
    made: Callable[[str], Path],
) -> None:
    reading = read(CORPUS, locate(CORPUS.card, {"simusoe": made("simusoe")}))
    assert (len(reading.examples), reading.refused) == (40, ())
    assert all(len(item.clips) == 3 for item in reading.examples)
    assert all(clip.path.is_file() for item in reading.examples for clip in item.clips)
    for task in CORPUS.tasks:
        chosen = select(task, reading.examples)
        report = audit(chosen, splits(chosen, (0, 1)))
        assert (report.crossing, report.unknown) == ({}, [])
        assert sum(item.test for item in report.folds if item.seed == 0) == 40
