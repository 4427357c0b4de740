"""The manifest as labs write it: every dialect of CSV, and every slip named with its line."""

import csv
import io
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.corpora.manifest import read_manifest
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Refusal


def table(folder: Path, content: str | bytes) -> list[Example | Refusal]:
    file = folder / "manifest.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_manifest(folder))


def examples(found: list[Example | Refusal]) -> list[Example]:
    stored = [item for item in found if isinstance(item, Example)]
    assert len(stored) == len(found), found
    return stored


def refusal(found: list[Example | Refusal]) -> Refusal:
    (item,) = (item for item in found if isinstance(item, Refusal))
    return item


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_dialects(tmp_path: Path, end: str, delimiter: str, mark: bytes) -> None:
    rows = [
        ["path", "target ", " speaker", "site"],
        ["a.wav", " ill", "s1 ", "Köln"],
        ["b.wav", "well", "s2", ""],
    ]
    text = end.join(delimiter.join(row) for row in rows) + end
    first, second = examples(table(tmp_path, mark + text.encode()))
    assert (first.id, first.labels, first.groups) == ("a.wav", {"target": "ill"}, {"speaker": "s1"})
    assert first.attributes == {"site": "Köln"}
    assert second.attributes == {}
    assert first.clips == (Clip(tmp_path / "a.wav"),)
    assert first.source.endswith("manifest.csv:2")


def test_every_column(tmp_path: Path) -> None:
    (result,) = examples(table(tmp_path, "id,path,target,start,end,channel,session,text,partition,age\n"
                                        "-x7,d/a.wav,3.5,1.25,2,1,m1,north,train,61\n"))  # fmt: skip
    assert result == Example(
        id="-x7",
        clips=(Clip(tmp_path / "d" / "a.wav", 1.25, 2.0, 1),),
        labels={"target": "3.5"},
        groups={"session": "m1", "text": "north"},
        attributes={"age": "61"},
        partition="train",
        source=f"{tmp_path / 'manifest.csv'}:2",
    )


def test_one_file_cut_many_times(tmp_path: Path) -> None:
    cuts = ("0,1,", "1,2,", "1234.5671,,", "1234.5674,,", ",,0", ",,1")
    rows = "".join(f"a.wav,x,{cut}\n" for cut in cuts)
    result = examples(table(tmp_path, f"path,target,start,end,channel\n{rows}"))
    assert len({item.id for item in result}) == 6
    assert result[0].id == "a.wav[0-1]"


def test_blank_lines_keep_the_line_numbers(tmp_path: Path) -> None:
    rows = table(tmp_path, "path,target\n\na.wav,x\n,\n  \nb.wav,\n")
    assert [item.id for item in rows if isinstance(item, Example)] == ["a.wav"]
    assert str(refusal(rows)) == f"b.wav: its target is empty ({tmp_path / 'manifest.csv'}:6)"


@pytest.mark.parametrize("missing", ["path", "target"])
def test_missing_column(tmp_path: Path, missing: str) -> None:
    header = {"path": "file,target", "target": "path,label"}[missing]
    expected = f"expected a column '{missing}', found: {header.replace(',', ', ')}"
    with pytest.raises(ParalbenchError, match=expected):
        table(tmp_path, f"{header}\na,b\n")


def test_empty_file(tmp_path: Path) -> None:
    with pytest.raises(ParalbenchError, match="expected a column 'path', found: nothing"):
        table(tmp_path, "")


def test_column_twice(tmp_path: Path) -> None:
    with pytest.raises(ParalbenchError, match="'target' appears twice"):
        table(tmp_path, "path,target,target\na.wav,x,y\n")


def test_other_encoding(tmp_path: Path) -> None:
    with pytest.raises(ParalbenchError, match="expected UTF-8 text; byte 14"):
        table(tmp_path, b"path,target\na,\xe4\n")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("1s,,", "its start is '1s', not a number"),
        ("nan,,", "its start is nan, expected 0 or more"),
        ("-1,,", "its start is -1, expected 0 or more"),
        ("0,inf,", "its end is inf"),
        (",,-1", "its channel is -1"),
        (",,0.5", "its channel is 0.5, not a whole number"),
    ],
)
def test_bad_number(tmp_path: Path, cells: str, reason: str) -> None:
    rows = table(tmp_path, f"path,target,start,end,channel\na.wav,x,{cells}\nb.wav,x,,,\n")
    assert reason in refusal(rows).reason
    assert len(rows) == 2


def test_delimiter_inside_a_cell_is_refused_not_shifted(tmp_path: Path) -> None:
    rows = table(tmp_path, 'path,target,site\na, b.wav,x,here\n"c, d.wav",x,there\n')
    assert "it has more cells than the header" in refusal(rows).reason
    assert [item.id for item in rows if isinstance(item, Example)] == ["c, d.wav"]


def test_folders(tmp_path: Path) -> None:
    for name in ("ill/s1/a.wav", "ill/-b.WAV", "well/s2/x/c.flac", "well/notes.txt", "loose.wav",
                 "ill/._a.wav", "__MACOSX/ill/a.wav", ".cache/ill/a.wav"):  # fmt: skip
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    by_name = {
        example.id: (example.labels["target"], example.groups)
        for example in examples(list(read_manifest(tmp_path)))
    }
    assert by_name == {
        "ill/s1/a.wav": ("ill", {"speaker": "s1"}),
        "ill/-b.WAV": ("ill", {}),
        "well/s2/x/c.flac": ("well", {"speaker": "s2"}),
    }


CELLS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\x0b\x85\u2028")
    | st.sampled_from(string.punctuation),
    min_size=1,
    max_size=12,
).filter(lambda cell: cell == cell.strip())


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8, unique_by=lambda row: row[0]),
       st.sampled_from(",;\t"))  # fmt: skip
def test_any_table_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], delimiter: str
) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows(
        [
            ("id", "path", "target", "speaker"),
            *((name, "a.wav", target, who) for name, target, who in rows),
        ]
    )
    result = examples(table(tmp_path_factory.mktemp("any"), written.getvalue()))
    assert [(item.id, item.labels["target"], item.groups["speaker"]) for item in result] == rows


def test_a_path_with_a_nul_is_refused_by_line(tmp_path: Path) -> None:
    file = tmp_path / "clips.csv"
    file.write_bytes(b"path,target\na\0b.wav,low\n")
    (result,) = read_manifest(file)
    assert isinstance(result, Refusal)
    assert result.reason == "its path holds a NUL character"
    assert result.where == f"{file}:2"


def test_what_rows_have_in_common_is_kept_once(tmp_path: Path) -> None:
    """A list of a million rows has few files, speakers and classes."""
    lines = "".join(f"a.wav,x,anna,{n},f\n" for n in range(3))
    first, *others = examples(table(tmp_path, "path,target,speaker,start,sex\n" + lines))
    assert (first.groups, first.attributes) == ({"speaker": "anna"}, {"sex": "f"})
    for other in others:
        assert other.groups is first.groups
        assert other.labels is first.labels
        assert other.attributes is first.attributes
        assert other.clips[0].path is first.clips[0].path


def test_a_row_that_cannot_be_used_is_still_listed(tmp_path: Path) -> None:
    rows = table(tmp_path, "path,target,speaker,start\na.wav,x,anna,-1\nb.wav,y,bert,0\n")
    listed = refusal(rows).listed
    assert listed is not None
    assert (listed.id, listed.labels, listed.groups) == (
        "a.wav",
        {"target": "x"},
        {"speaker": "anna"},
    )


def test_a_path_with_a_line_break_is_not_quoted_whole(tmp_path: Path) -> None:
    cell = "a.wav\n" + "patient,x\n" * 100
    rows = table(tmp_path, f'path,target\n"{cell}",x\nb.wav,y\n')
    assert refusal(rows).reason == "its path holds a line break"
    assert len(refusal(rows).subject) < 120
