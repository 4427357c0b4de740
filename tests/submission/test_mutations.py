"""Random mutations of a good submission are refused, or change no score."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paralbench.records.errors import ParalbenchError
from paralbench.submission.archive import unpack
from paralbench.submission.validation import validate
from tests.submission import spoiling

FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> spoiling.Good:
    return spoiling.good(tmp_path_factory.mktemp("good"))


def _numbers(told: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of every number below."""
    pairs = (
        told.items()
        if isinstance(told, dict)
        else enumerate(told)
        if isinstance(told, list)
        else []
    )
    for key, value in pairs:
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield (*path, key)
        else:
            yield from _numbers(value, (*path, key))


def _valid(good: spoiling.Good, files: spoiling.Files, folder: Path) -> bool:
    return not validate(spoiling.write(folder, files), good.catalog).problems


@FEW
@given(data=st.data())
def test_no_number_of_the_scores_can_be_another(
    data: st.DataObject, good: spoiling.Good, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = spoiling.copied(good.files)
    document = spoiling.json_of(files)
    looked = {key: document[key] for key in ("scores", "confusion", "folds", "seeds")}
    path = data.draw(st.sampled_from(sorted(_numbers(looked), key=str)))
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    was = place[path[-1]]
    value = data.draw(
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False), st.floats(0, 1), st.integers(-9, 99)
        )
    )
    if math.isclose(value, was, rel_tol=1e-8, abs_tol=1e-8):
        return
    place[path[-1]] = value
    spoiling.with_json(files, document)
    assert not _valid(good, files, tmp_path_factory.mktemp("changed"))


@FEW
@given(data=st.data())
def test_no_cell_of_the_predictions_can_change_a_score(
    data: st.DataObject, good: spoiling.Good, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The digests are brought up to date, so only the scores themselves can tell."""
    files = spoiling.copied(good.files)
    table = spoiling.table_of(files)
    name = data.draw(st.sampled_from(table.column_names))
    row = data.draw(st.integers(0, table.num_rows - 1))
    values = table[name].to_pylist()
    other = data.draw(st.sampled_from(values) if isinstance(values[0], str) else st.floats(0, 1, width=32)
                      if isinstance(values[0], float) else st.integers(0, 9))  # fmt: skip
    if values[row] == other:
        return
    values[row] = other
    kind = table.schema.field(name).type
    changed = table.set_column(table.column_names.index(name), name, pa.array(values, kind))
    spoiling.with_table(files, changed)
    if _valid(good, files, tmp_path_factory.mktemp("changed")):
        # A probability may move a little under the same answer: no score here is made of it.
        assert name.startswith("p:")
        assert abs(other - table[name][row].as_py()) <= 1e-3


@pytest.mark.slow
@settings(FEW, max_examples=150)
@given(data=st.data())
def test_no_byte_of_the_archive_can_change_a_score(
    data: st.DataObject, good: spoiling.Good, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(good.archive.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    folder = tmp_path_factory.mktemp("bytes")
    archive = folder / "x.zip"
    archive.write_bytes(content)
    try:
        valid = not validate(archive, good.catalog).problems
    except ParalbenchError:
        return
    if valid:
        assert not unpack(archive, folder)
        assert (folder / spoiling.RESULT).read_bytes() == good.files[spoiling.RESULT]
        assert (folder / spoiling.TABLE).read_bytes() == good.files[spoiling.TABLE]


@settings(FEW, max_examples=150)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_refused_in_a_sentence(
    content: bytes, good: spoiling.Good, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "x.zip").write_bytes(content)
    with pytest.raises(ParalbenchError, match="expected a submission's archive"):
        validate(folder / "x.zip", good.catalog)
    files = spoiling.copied(good.files)
    spoiling.with_bytes(files, content)
    assert validate(spoiling.write(folder / "t", files), good.catalog).problems
    files = spoiling.copied(good.files)
    files[spoiling.RESULT] = content
    assert validate(spoiling.write(folder / "j", files), good.catalog).problems


def test_an_archive_is_the_same_bytes_for_the_same_results(
    good: spoiling.Good, tmp_path: Path
) -> None:
    from paralbench.submission.packing import pack

    pack("bands", good.results, good.catalog, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == good.archive.read_bytes()
    with zipfile.ZipFile(io.BytesIO(good.archive.read_bytes())) as packed:
        assert packed.namelist()[0] == "manifest.json"
        listed = json.loads(packed.read("manifest.json"))["files"]
        assert sorted(listed) == sorted(packed.namelist()[1:])
