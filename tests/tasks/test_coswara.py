from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.audio.decoding import header
from paralbench.catalog import Catalog
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import Refused

_HEAD = "id,a,covid_status,record_date,g,l_c,rU"


def _read(root: Path) -> Reading:
    return read(Catalog().corpus("coswara"), root)


def _corpus(root: Path, rows: list[str], folders: list[str]) -> Path:
    table = "\r\n".join([_HEAD, *rows, ""])
    (root / "combined_data.csv").write_bytes(b"\xef\xbb\xbf" + table.encode())
    for folder in folders:
        (root / folder).mkdir(parents=True)
        (root / folder / "cough-heavy.wav").touch()
    return root


def _task(root: Path) -> list[str]:
    return [
        example.id
        for example in select(Catalog().task("coswara-covid"), _read(root).examples).examples
    ]


def test_one_example_a_person_and_sound(tmp_path: Path) -> None:
    root = _corpus(tmp_path, ["ab1,30,healthy,2020-04-13,male,India,n"], ["20200413/ab1"])
    by_name = {item.id: item for item in _read(root).examples}
    assert len(by_name) == 9
    item = by_name["ab1/cough-heavy"]
    assert item.labels == {"covid": "healthy"}
    assert item.groups == {"speaker": "ab1"}
    assert item.clips[0].path == root / "20200413/ab1/cough-heavy.wav"


@pytest.mark.parametrize(
    "folder", ["20200413/ab1", "Extracted_data/20200413/ab1", "20200413/20200413/ab1"]
)
def test_archives_may_unpack_at_any_depth(tmp_path: Path, folder: str) -> None:
    root = _corpus(tmp_path, ["ab1,30,healthy,2020-04-13,male,India,n"], [folder])
    assert len(_read(root).examples) == 9


def test_the_positive_are_one_class_and_the_others_none(tmp_path: Path) -> None:
    statuses = ["healthy", "positive_mild", "positive_moderate", "positive_asymp",
                "recovered_full", "resp_illness_not_identified", "no_resp_illness_exposed",
                "under_validation"]  # fmt: skip
    rows = [f"p{n},30,{status},2020-04-13,male,India,n" for n, status in enumerate(statuses)]
    root = _corpus(tmp_path, rows, [f"20200413/p{n}" for n in range(len(statuses))])
    chosen = select(Catalog().task("coswara-covid"), _read(root).examples)
    assert chosen.class_counts() == {"healthy": 1, "positive": 3}


def test_returning_users_are_left_out_and_those_who_were_not_asked_are_not(tmp_path: Path) -> None:
    rows = [
        "a,30,healthy,2020-04-13,male,India,n",
        "b,30,healthy,2020-04-13,male,India,y",
        "c,30,positive_mild,2020-04-13,male,India,",
    ]
    root = _corpus(tmp_path, rows, [f"20200413/{name}" for name in "abc"])
    assert _task(root) == ["a/cough-heavy", "c/cough-heavy"]


def test_an_id_that_comes_again_is_the_same_person(tmp_path: Path) -> None:
    rows = ["a,30,healthy,2020-04-13,male,India,n", "a,30,positive_mild,2020-05-01,male,India,n"]
    root = _corpus(tmp_path, rows, ["20200413/a", "20200501/a"])
    first, second = select(Catalog().task("coswara-covid"), _read(root).examples).examples
    assert (first.id, second.id) == ("a/cough-heavy", "a@2/cough-heavy")
    assert first.groups == second.groups == {"speaker": "a"}
    assert second.clips[0].path.parent.parent.name == "20200501"


def test_a_person_without_recordings_is_refused(tmp_path: Path) -> None:
    rows = ["a,30,healthy,2020-04-13,male,India,n", "gone,30,healthy,2020-04-13,male,India,n"]
    (refusal,) = _read(_corpus(tmp_path, rows, ["20200413/a"])).refused
    assert refusal.subject == "gone"
    assert refusal.where.endswith("combined_data.csv:3")


def test_sounds_graded_as_bad_are_left_out(tmp_path: Path) -> None:
    rows = [f"{name},30,healthy,2020-04-13,male,India,n" for name in "ab"]
    rows += [f"{name},30,positive_mild,2020-04-13,male,India,n" for name in "cd"]
    root = _corpus(tmp_path, rows, [f"20200413/{name}" for name in "abcd"])
    (root / "annotations").mkdir()
    (root / "annotations" / "cough-heavy_labels.csv").write_text(
        "FILENAME, QUALITY\na_cough-heavy,0\nb_cough-heavy,1\nc_cough-heavy, 2\n"
    )
    assert _task(root) == ["b/cough-heavy", "c/cough-heavy", "d/cough-heavy"]
    quality = {item.id: item.attributes["quality"] for item in _read(root).examples}
    assert quality["a/cough-heavy"] == "bad"
    assert quality["a/vowel-a"] == quality["d/cough-heavy"] == "unknown"


@pytest.mark.slow
def test_synth_is_read_and_its_empty_file_is_no_audio(made: Callable[[str], Path]) -> None:
    reading = _read(made("coswara"))
    assert [item.subject for item in reading.refused] == ["nofolder"]
    chosen = select(Catalog().task("coswara-covid"), reading.examples, reading.refused)
    audit(chosen, splits(chosen, seeds=(0,)))
    broken = []
    for item in chosen.examples:
        try:
            assert header(item.clips[0].path).rate == 44100
        except Refused as reason:
            broken.append(str(reason))
    assert broken == [], "the empty file is graded as bad"
