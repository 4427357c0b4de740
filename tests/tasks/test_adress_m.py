from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example

CATALOG = Catalog()
CORPUS = CATALOG.corpus("adress-m")
TRAIN = '"adressfname","age","gender","educ","dx","mmse"\n"adrso002",70,"female",12,"Control",29\n'
SAMPLE = (
    '"addressfname","age","gender","educ","dx","mmse"\n"madrs002",70,"Female",12,"ProbableAD",20\n'
)
TEST = "addressfname,age,gender,educ,dx,mmse\r\nmadrs010,66,Male,9,Control,28\r\n"
TRUTH = "ADReSS-M-test-gr/test-gr/test-gr-groundtruth.csv"


def _root(root: Path, train: str = TRAIN, **files: str) -> Path:
    """A corpus of tables; further files by path, with __ for a slash."""
    record = {
        "ADReSS-M-train/training-groundtruth.csv": train,
        "ADReSS-M-sample-gr/sample-gr-groundtruth.csv": SAMPLE,
        **(files or {TRUTH: TEST}),
    }
    for name, text in record.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    for folder in ("ADReSS-M-train/train", "ADReSS-M-test-gr/test-gr"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    return root


def _examples(root: Path) -> dict[str, Example]:
    return {example.id: example for example in read(CORPUS, root).examples}


def test_both_spellings_of_the_file_column_are_read(tmp_path: Path) -> None:
    assert list(_examples(_root(tmp_path))) == ["adrso002", "madrs002", "madrs010"]


def test_a_table_without_file_names_is_reported_by_its_line(tmp_path: Path) -> None:
    root = _root(tmp_path, "file,dx\nadrso002,Control\n")
    with pytest.raises(ParalbenchError, match=r"training-groundtruth.csv:2: expected a name under"):
        read(CORPUS, root)


def test_a_bom_and_crlf_are_no_part_of_a_cell(tmp_path: Path) -> None:
    examples = _examples(_root(tmp_path, **{TRUTH: "\ufeff" + TEST}))["madrs010"]
    assert examples.labels == {"diagnosis": "Control", "mmse": "28"}


def test_na_is_missing(tmp_path: Path) -> None:
    rows = '"adrso003",70,"male",NA,"ProbableAD",NA\n'
    examples = _examples(_root(tmp_path, TRAIN + rows))["adrso003"]
    assert examples.labels == {"diagnosis": "ProbableAD"}
    assert examples.attributes["education"] == "unknown"


def test_sex_is_in_lower_case_everywhere(tmp_path: Path) -> None:
    result = _examples(_root(tmp_path)).values()
    assert [item.attributes["sex"] for item in result] == ["female", "female", "male"]


@pytest.mark.parametrize("suffix", [".mp3", ".wav"])
def test_audio_may_be_mp3_or_wav(tmp_path: Path, suffix: str) -> None:
    audio = _root(tmp_path) / "ADReSS-M-train" / "train" / f"adrso002{suffix}"
    audio.touch()
    assert _examples(tmp_path)["adrso002"].clips[0].path == audio


@pytest.mark.parametrize("place", [TRUTH, "ADReSS-M-test-gr/test-gr-groundtruth.csv"])
def test_test_labels_lie_inside_or_beside_their_folder(tmp_path: Path, place: str) -> None:
    examples = _examples(_root(tmp_path, **{place: TEST}))["madrs010"]
    assert (examples.labels["diagnosis"], examples.partition) == ("Control", "test")


def test_without_test_labels_test_speakers_have_none(tmp_path: Path) -> None:
    meta = "addressfname,age,gender,educ\r\nmadrs010,66,Male,9\r\n"
    reading = read(CORPUS, _root(tmp_path, **{"ADReSS-M-meta.csv": meta}))
    by_name = {example.id: example for example in reading.examples}["madrs010"]
    assert (by_name.labels, by_name.partition, by_name.attributes["sex"]) == ({}, "test", "male")
    with pytest.raises(ParalbenchError, match="no example with a label is in the partition test"):
        splits(select(CATALOG.task("adress-m-diagnosis"), reading.examples), (0,))


def test_spanish_samples_are_passed_over(tmp_path: Path) -> None:
    spanish = _root(tmp_path) / "ADReSS-M-train" / "sample" / "madrs-smpl01.mp3"
    spanish.parent.mkdir()
    spanish.touch()
    assert all("smpl" not in str(value.clips[0].path) for value in _examples(tmp_path).values())


def test_the_languages_are_distinguished(tmp_path: Path) -> None:
    result = _examples(_root(tmp_path)).values()
    assert [item.attributes["language"] for item in result] == ["en", "el", "el"]


def test_dementia_is_the_positive_class() -> None:
    target = CATALOG.task("adress-m-diagnosis").target
    assert target.kind == "class"
    assert target.classes[-1] == "ProbableAD"


@pytest.mark.parametrize("corpus", ["adress-m", "adress", "adresso"])
def test_the_shared_people_are_reported_in_cards_and_readmes(corpus: str) -> None:
    result = CATALOG.corpus(corpus)
    output = [task.about for task in result.tasks]
    output.append((result.folder / "README.md").read_text(encoding="utf-8"))
    others = {"ADReSS-M", "ADReSSo", "ADReSS"} - {result.card.title.split(":")[0].split(" ")[0]}
    assert all(other in text for text in output for other in others)


@pytest.mark.slow
def test_a_synthetic_corpus_is_read_completely_and_its_folds_leak_nothing(
    made: Callable[[str], Path],
) -> None:
    reading = read(CORPUS, locate(CORPUS.card, {"": made(CORPUS.card.id).parent}))
    assert (len(reading.examples), reading.refused) == (52, ())
    assert {item.clips[0].path.suffix for item in reading.examples} == {".mp3", ".wav"}
    assert all(item.clips[0].path.is_file() for item in reading.examples)
    for task, train in zip(CORPUS.tasks, (36, 35), strict=True):
        chosen = select(task, reading.examples)
        report = audit(chosen, splits(chosen, (0, 1)))
        assert (report.crossing, report.unknown) == ({}, [])
        assert all((item.train + item.develop, item.test) == (train, 16) for item in report.folds)


@pytest.mark.parametrize("table", ["", "train/"])
def test_folders_and_tables_may_lie_directly_at_the_root(tmp_path: Path, table: str) -> None:
    """As unpacked for public solutions of the challenge: train, sample-gr and test-gr at one root."""
    files = {
        f"{table}training-groundtruth.csv": TRAIN, "sample-gr-groundtruth.csv": SAMPLE,
        "ADReSS-M-meta.csv": "addressfname,age,gender,educ\r\nmadrs010,66,Male,9\r\n",
        "train/adrso002.mp3": "", "sample-gr/madrs002.wav": "", "test-gr/madrs010.wav": "",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    assert locate(CORPUS.card, {"adress-m": tmp_path}) == tmp_path
    examples = _examples(tmp_path)
    assert {name: item.clips[0].path.parent.name for name, item in examples.items()} == {
        "adrso002": "train", "madrs002": "sample-gr", "madrs010": "test-gr",
    }  # fmt: skip
    assert examples["madrs010"].labels == {}
    (tmp_path / "test-gr" / "test-gr-groundtruth.csv").write_bytes(TEST.encode())
    assert _examples(tmp_path)["madrs010"].labels["diagnosis"] == "Control"
