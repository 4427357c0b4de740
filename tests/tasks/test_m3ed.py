import json
from pathlib import Path
from typing import Any

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.reading import read
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example

CORPUS = Catalog().corpus("m3ed")


def _dialog(name: str, emotion: str = "Happy", people: dict[str, Any] | None = None) -> Any:
    text = {
        f"{name}_{number}": {"Speaker": role, "EmoAnnotation": {"final_main_emo": emotion}}
        for number, role in enumerate("AB")
    }
    return {"SpeakerInfo": people or {}, "Dialog": text}


def _write(root: Path, annotation: Any, train: bytes = "甲\n乙".encode()) -> Path:
    (root / "splitInfo").mkdir()
    (root / "annotation.json").write_text(json.dumps(annotation), encoding="utf-8-sig")
    for part, content in {"train": train, "val": b"", "test": "丙\r\n".encode()}.items():
        (root / "splitInfo" / f"movie_list_{part}.txt").write_bytes(content)
    return root


def _examples(root: Path) -> dict[str, Example]:
    return {example.id: example for example in read(CORPUS, root).examples}


def test_a_and_b_start_afresh_in_every_dialog(tmp_path: Path) -> None:
    examples = _examples(
        _write(tmp_path, {"甲": {"甲_1": _dialog("甲_1"), "甲_2": _dialog("甲_2")}})
    )
    speakers = [
        examples[name].groups["speaker"] for name in ("甲_1_0", "甲_1_1", "甲_2_0", "甲_2_1")
    ]
    assert len(set(speakers)) == 4
    assert {value.groups["drama"] for value in examples.values()} == {"甲"}


def test_a_named_character_is_one_speaker_in_all_dialogs_of_a_drama(tmp_path: Path) -> None:
    first = _dialog("甲_1", people={"A": {"Name": "小红", "Gender": "female", "Age": "young"}})
    second = _dialog("甲_2", people={"B": {"Name": " 小红 "}, "A": {"Name": ""}})
    other = _dialog("丙_1", people={"A": {"Name": "小红"}})
    examples = _examples(
        _write(tmp_path, {"甲": {"甲_1": first, "甲_2": second}, "丙": {"丙_1": other}})
    )
    assert examples["甲_1_0"].groups["speaker"] == examples["甲_2_1"].groups["speaker"] == "甲/小红"
    assert examples["丙_1_0"].groups["speaker"] == "丙/小红"
    assert examples["甲_1_0"].attributes == {"sex": "female", "age": "young"}
    assert examples["甲_1_0"].clips[0].path == tmp_path / "modality_speech" / "A_甲_1_0.wav"


def test_the_last_drama_of_a_list_needs_no_newline(tmp_path: Path) -> None:
    names = {"甲": "train", "乙": "train", "丙": "test"}
    root = _write(tmp_path, {name: {f"{name}_1": _dialog(f"{name}_1")} for name in names})
    assert {value.groups["drama"]: value.partition for value in _examples(root).values()} == names


def test_what_cannot_be_used_is_refused_by_name_and_the_rest_goes_on(tmp_path: Path) -> None:
    broken = _dialog("甲_3")
    del broken["Dialog"]["甲_3_1"]["EmoAnnotation"]
    root = _write(
        tmp_path,
        {"甲": {"甲_2": _dialog("甲_2", "Bored"), "甲_3": broken}, "丁": {"丁_1": _dialog("丁_1")}},
    )
    reading = read(CORPUS, root)
    refused = {item.subject: item.reason for item in reading.refused}
    assert set(refused) == {"甲_2_0", "甲_2_1", "甲_3_1", "丁_1_0", "丁_1_1"}
    assert "its emotion is 'bored'" in refused["甲_2_0"]
    assert "EmoAnnotation" in refused["甲_3_1"]
    assert "in no list of splitInfo" in refused["丁_1_0"]
    assert [item.id for item in reading.examples] == ["甲_3_0"]


def test_annotations_that_are_no_json_say_so(tmp_path: Path) -> None:
    (tmp_path / "annotation.json").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ParalbenchError, match=r"annotation\.json: expected M3ED's annotations"):
        list(CORPUS.read(tmp_path))


@pytest.mark.parametrize(("count", "erratum"), [(12, "empty-files"), (13, "")])
def test_twelve_empty_files_are_an_erratum_and_more_are_not(
    tmp_path: Path, count: int, erratum: str
) -> None:
    text = _dialog("甲_1")
    text["Dialog"] = {f"甲_1_{n}": text["Dialog"]["甲_1_0"] for n in range(20)}
    root = _write(tmp_path, {"甲": {"甲_1": text}})
    (root / "modality_speech").mkdir()
    for number in range(20):
        size = (44 if number % 2 else 0) if number < count else 46
        (root / "modality_speech" / f"A_甲_1_{number}.wav").write_bytes(b"\0" * size)
    reading = read(CORPUS, root)
    expected = {f"甲_1_{n}" for n in range(20) if n < count}
    assert {refusal.subject for refusal in reading.refused} == expected
    assert {refusal.erratum for refusal in reading.refused} == {erratum}
    assert len(reading.examples) == 20 - len(expected)
