"""Result files: written whole or not at all, read strictly, and old ones for ever."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paralbench.records.errors import CardError
from paralbench.records.result import Result
from paralbench.results import files

FIXTURE = Path(__file__).parent / "fixtures" / "result-v1.json"


@pytest.fixture
def told() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(FIXTURE.read_text(encoding="utf-8"))
    return values


def test_a_result_of_version_1_always_loads() -> None:
    """Generated from tones once, and never again."""
    result = files.read(FIXTURE)
    assert result.schema_version == 1
    assert (result.task, result.model.id, result.head) == ("toy-tone", "bands", "linear-probe")
    assert result.score("uar").interval.clusters == 8
    assert files.has_predictions(FIXTURE, result)
    assert pq.read_table(FIXTURE.with_suffix(".parquet")).num_rows == 64


def test_a_result_of_version_2_always_loads() -> None:
    """From tones too, with all that version 2 added; never made again."""
    file = FIXTURE.with_name("result-v2.json")
    result = files.read(file)
    assert result.schema_version == 2
    assert result.cards is not None
    assert result.cards.models[0].id == "bands"
    assert result.profile is not None
    assert result.profile.parts["entry"].at(10.0) is not None
    assert result.forms is not None
    assert {cell.value for subgroup in result.subgroups for cell in subgroup.cells} == {
        "female",
        "male",
    }
    assert files.has_predictions(file, result)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    result, content = files.read(FIXTURE), FIXTURE.with_suffix(".parquet").read_bytes()
    file = files.write(tmp_path, result, content)
    assert file == tmp_path / "bands" / "toy-tone" / "linear-probe.json"
    assert files.read(file) == result
    assert files.has_predictions(file, result)
    assert list(files.find(tmp_path)) == [file]
    assert sorted(path.name for path in file.parent.iterdir()) == [
        "linear-probe.json",
        "linear-probe.parquet",
    ]
    again = files.write(tmp_path / "again", files.read(file), content)
    assert again.read_bytes() == file.read_bytes()


def test_a_crash_while_writing_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = files.read(FIXTURE)
    file = files.write(tmp_path, result, b"first")
    before = file.read_bytes()

    def no_room(self: Path, target: Path) -> None:
        raise OSError("no space left on device")

    other = result.model_copy(update={"entry": "other"})
    monkeypatch.setattr(Path, "replace", no_room)
    with pytest.raises(OSError, match="no space"):
        files.write(tmp_path, other, b"second")
    assert file.read_bytes() == before
    assert file.with_suffix(".parquet").read_bytes() == b"first"
    assert list(files.find(tmp_path)) == [file]


def test_predictions_come_before_the_result_that_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two, the old result no longer fits and is made anew."""
    result = files.read(FIXTURE)
    file = files.write(tmp_path, result, FIXTURE.with_suffix(".parquet").read_bytes())
    replaced: list[str] = []
    real = Path.replace

    def watch(self: Path, target: Path) -> Path:
        replaced.append(Path(target).suffix)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", watch)
    files.write(tmp_path, result, b"other predictions")
    assert replaced == [".parquet", ".json"]
    assert not files.has_predictions(file, result)


def test_a_result_without_its_predictions_is_not_whole(tmp_path: Path) -> None:
    shutil.copy(FIXTURE, tmp_path)
    assert not files.has_predictions(tmp_path / FIXTURE.name, files.read(FIXTURE))


def test_the_digest_is_of_the_bytes() -> None:
    content, digest = files.parquet(pa.table({"a": [1, 2]}))
    assert files.parquet(pa.table({"a": [1, 2]})) == (content, digest)
    assert files.parquet(pa.table({"a": [1, 3]}))[1] != digest


def _spoil(told: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split("/")
    place: Any = told
    for key in parents:
        place = place[int(key) if isinstance(place, list) else key]
    place[int(last) if isinstance(place, list) else last] = value


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("scores/0/value", float("nan"), "scores.0.value"),
        ("scores/0/interval/low", float("-inf"), "scores.0.interval.low"),
        ("audio/fraction", float("nan"), "audio.fraction"),
        ("surprise", 1, "unknown key 'surprise'"),
        ("data/surprise", 1, "unknown key 'data.surprise'"),
        ("standing", "best", "standing"),
        ("schema_version", 99, "schema_version"),
        ("scores", [], "scores"),
        ("ranking", "ccc", "which is not among its scores"),
        ("confusion", [[1.0, 2.0, 3.0]] * 3, "a row and a column for each of 'classes'"),
        ("model/id", "<b>bold</b>", "model.id"),
        ("task", "../../etc", "task"),
        ("head", "a b", "head"),
    ],
)
def test_what_a_result_may_not_say_is_refused_by_key(
    told: dict[str, Any], tmp_path: Path, path: str, value: Any, words: str
) -> None:
    _spoil(told, path, value)
    file = tmp_path / "spoilt.json"
    file.write_text(json.dumps(told))
    with pytest.raises(CardError) as error:
        files.read(file)
    assert words in str(error.value)
    assert "spoilt.json" in str(error.value)


def test_a_missing_key_is_named(told: dict[str, Any], tmp_path: Path) -> None:
    del told["audit"]
    file = tmp_path / "short.json"
    file.write_text(json.dumps(told))
    with pytest.raises(CardError, match="the key 'audit' is missing"):
        files.read(file)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100000])
def test_what_is_no_json_is_refused_by_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(content)
    with pytest.raises(CardError, match=r"broken\.json"):
        files.read(file)


def test_nan_is_never_written(told: dict[str, Any], tmp_path: Path) -> None:
    told["training"]["chosen"][0]["development_loss"] = float("nan")
    result = Result.model_validate(told)
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write(tmp_path, result, b"")
    assert not list(tmp_path.rglob("*.*"))
