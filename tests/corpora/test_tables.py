import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.corpora.tables import SURPLUS, lines, rows
from paralbench.records.errors import ParalbenchError


def _write(folder: Path, content: bytes) -> Path:
    file = folder / "labels.csv"
    file.write_bytes(content)
    return file


def test_bom_crlf_padded_cells_and_trailing_blank_lines_do_not_matter(tmp_path: Path) -> None:
    file = _write(tmp_path, b"\xef\xbb\xbf id , label \r\n 010 , a\r\n\r\n -x,b \r\n\r\n")
    assert list(rows(file, ["id", "label"])) == [
        ({"id": "010", "label": "a"}, f"{file}:2"),
        ({"id": "-x", "label": "b"}, f"{file}:4"),
    ]


@pytest.mark.parametrize("sign", [b",", b";", b"\t"])
def test_the_delimiter_is_seen_from_the_first_line(tmp_path: Path, sign: bytes) -> None:
    file = _write(tmp_path, b"id" + sign + b"label\n1" + sign + b"a\n")
    assert [cells for cells, _ in rows(file)] == [{"id": "1", "label": "a"}]


def test_latin_1_with_a_bom_of_its_own(tmp_path: Path) -> None:
    file = _write(tmp_path, b"\xef\xbb\xbfid,text\n1,caf\xe9\n")
    assert [cells for cells, _ in rows(file, ["id"], encoding="latin-1")] == [
        {"id": "1", "text": "café"}
    ]


def test_quoted_cells_may_hold_delimiters_and_lines(tmp_path: Path) -> None:
    file = _write(tmp_path, b'id,text\n1,"a, b\nc"\n2,d\n')
    assert [(cells["text"], where) for cells, where in rows(file)] == [
        ("a, b\nc", f"{file}:3"),
        ("d", f"{file}:4"),
    ]


def test_a_table_without_a_header_and_short_rows(tmp_path: Path) -> None:
    file = _write(tmp_path, b"a,1,extra\nb\n")
    assert [cells for cells, _ in rows(file, names=["name", "count"], delimiter=",")] == [
        {"name": "a", "count": "1", SURPLUS: "extra"},
        {"name": "b", "count": ""},
    ]


def test_what_is_wrong_is_said_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(ParalbenchError, match=r"none.csv is missing"):
        list(rows(tmp_path / "none.csv"))
    with pytest.raises(ParalbenchError, match=r"expected a column 'label', found: id, lable"):
        list(rows(_write(tmp_path, b"id,lable\n1,a\n"), ["id", "label"]))
    with pytest.raises(ParalbenchError, match=r"expected UTF-8 text"):
        list(rows(_write(tmp_path, b"id,text\n1,caf\xe9\n")))
    with pytest.raises(ParalbenchError, match=r"labels.csv is a Git-LFS pointer"):
        list(lines(_write(tmp_path, b"version https://git-lfs.github.com/spec/v1\noid 1\n")))
    with pytest.raises(ParalbenchError, match=r"found: nothing"):
        list(rows(_write(tmp_path, b""), ["id"]))


def test_lines_of_a_list_need_no_last_newline(tmp_path: Path) -> None:
    file = _write(tmp_path, b"\xef\xbb\xbfone\r\n\r\n two ")
    assert list(lines(file)) == [("one", f"{file}:1"), ("two", f"{file}:3")]


_CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)


@pytest.mark.slow
@given(st.lists(st.tuples(_CELL, _CELL), max_size=8))
def test_what_python_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str]]
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("one", "two"), *table])
    file = tmp_path_factory.mktemp("table") / "table.csv"
    file.write_bytes(text.getvalue().encode("utf-8-sig"))
    result = [(cells["one"], cells["two"]) for cells, _ in rows(file)]
    assert result == [(a.strip(), b.strip()) for a, b in table if a.strip() or b.strip()]


@pytest.mark.parametrize("name", ["speaker", "sex"])
def test_a_column_that_appears_twice_is_refused(tmp_path: Path, name: str) -> None:
    """The last one would win in silence, and with it another speaker."""
    file = tmp_path / "t.csv"
    file.write_text(f"path,{name},{name}\na.wav,anna,bert\n")
    with pytest.raises(ParalbenchError, match=f"column '{name}' appears twice"):
        list(rows(file, ("path",)))


def test_columns_without_a_name_may_repeat(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,,\na.wav,,\n")
    assert [cells["path"] for cells, _ in rows(tmp_path / "t.csv", ("path",))] == ["a.wav"]


@pytest.mark.parametrize("last", ["", "\n"])
def test_a_quote_that_is_never_closed_is_named_with_its_line(tmp_path: Path, last: str) -> None:
    """csv reads on to the end of the file, and a message would quote the rest of the list."""
    file = tmp_path / "t.csv"
    file.write_text('path,target\na.wav,"x"\n"b.wav,y\n' + "c.wav,x\n" * 50 + "d.wav,x" + last)
    with pytest.raises(
        ParalbenchError, match=r"t\.csv: a quote is opened at line 3 and never"
    ) as e:
        list(rows(file, ("path",)))
    assert "c.wav" not in str(e.value)


def test_quotes_that_are_closed_pass(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('path,target\n"a ""1"".wav","x\ny"\n"b.wav","z"')
    cells = [row for row, _ in rows(file, ("path",))]
    assert cells == [{"path": 'a "1".wav', "target": "x\ny"}, {"path": "b.wav", "target": "z"}]
