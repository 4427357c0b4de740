"""What is screened: folders, files and lists; every recording has one row with an id of its own."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.records.example import Clip, Refusal
from paralbench.screener.recordings import Recording, Recordings


def _listed(*inputs: Path, truth: str | None = None) -> list[Recording]:
    result = list(Recordings(inputs, truth))
    assert all(isinstance(item, Recording) for item in result), result
    return [item for item in result if isinstance(item, Recording)]


def _ids(rows: Sequence[Recording | Refusal]) -> list[str]:
    return [row.id if isinstance(row, Recording) else row.subject for row in rows]


def _touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_folder_is_walked_in_order_and_what_is_no_audio_is_counted(tmp_path: Path) -> None:
    folder = _touch(
        tmp_path / "visits",
        "b.wav", "a/2.WAV", "a/10.flac", "c.txt", "a/notes.pdf", "more.txt", "._b.wav", ".x/1.wav",
        "__MACOSX/b.wav", "plain",
    )  # fmt: skip
    listing = Recordings([folder])
    assert _ids(list(listing)) == ["visits/b.wav", "visits/a/10.flac", "visits/a/2.WAV"]
    assert listing.passed_over == {".txt": 2, ".pdf": 1, "hidden": 3, "": 1}
    assert _ids(list(listing)) == ["visits/b.wav", "visits/a/10.flac", "visits/a/2.WAV"]
    assert listing.passed_over[".txt"] == 2


def test_names_of_any_kind_have_their_row(tmp_path: Path) -> None:
    names = [b"visit\n2.wav", "😀.wav".encode(), b"caf\xe9.wav", b'a,b".wav']
    folder = tmp_path / "in"
    folder.mkdir()
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).touch()
    rows = _listed(folder)
    assert _ids(rows) == ['in/a,b".wav', "in/caf\\xe9.wav", "in/visit\n2.wav", "in/😀.wav"]
    assert all(row.clip.path.is_file() for row in rows)
    "".join(_ids(rows)).encode("utf-8")


def test_a_file_named_on_its_own_is_a_row_whatever_its_suffix(tmp_path: Path) -> None:
    _touch(tmp_path, "a.bin", "b.wav")
    rows = _listed(tmp_path / "b.wav", tmp_path / "a.bin")
    assert _ids(rows) == ["b.wav", "a.bin"]
    assert rows[0].clip == Clip(tmp_path / "b.wav")


def test_one_name_in_two_folders_is_two_rows(tmp_path: Path) -> None:
    for place in ("x/in", "y/in"):
        _touch(tmp_path / place, "1.wav")
    rows = _listed(tmp_path / "x/in", tmp_path / "y/in")
    assert _ids(rows) == ["in/1.wav", "in/1.wav (2)"]
    assert [row.clip.path.parent.parent.name for row in rows] == ["x", "y"]


def test_links_are_followed_and_circles_end(tmp_path: Path) -> None:
    folder = _touch(tmp_path / "in", "a/1.wav")
    (folder / "a" / "round").symlink_to(folder)
    (folder / "elsewhere").symlink_to(_touch(tmp_path / "other", "2.wav"))
    (folder / "gone.wav").symlink_to(tmp_path / "nothing")
    (folder / "self.wav").symlink_to(folder / "self.wav")
    expected = ["in/gone.wav", "in/self.wav", "in/a/1.wav", "in/elsewhere/2.wav"]
    assert _ids(_listed(folder)) == expected


@pytest.mark.slow
def test_folders_as_deep_as_the_system_allows(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    places = [folder / "/".join(["d"] * depth) for depth in range(1500)]
    for place in places:
        place.mkdir()
    (places[-1] / "1.wav").touch()
    assert len(_listed(folder)) == 1
    (places[-1] / "1.wav").unlink()
    for place in reversed(places):  # shutil.rmtree gives up on so many
        place.rmdir()


def test_a_folder_that_cannot_be_opened_is_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _touch(tmp_path / "in", "a/1.wav", "b/2.wav")
    true = os.scandir

    def locked(place: Path) -> object:
        if place.name == "a":
            raise PermissionError(13, "Permission denied")
        return true(place)

    monkeypatch.setattr(os, "scandir", locked)
    refusal, row = list(Recordings([folder]))
    assert isinstance(refusal, Refusal)
    assert (refusal.subject, refusal.reason) == (
        "in/a", "the folder cannot be opened (Permission denied)",
    )  # fmt: skip
    assert isinstance(row, Recording)


def test_ten_thousand_files_are_walked_lazily(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for number in range(100):
        (folder / f"{number:03}").mkdir(parents=True)
        (folder / f"{number:03}" / "1.wav").touch()
    seen: list[str] = []
    true = os.scandir
    listing = Recordings([folder])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", lambda place: seen.append(place.name) or true(place))  # type: ignore[func-returns-value]
        next(iter(listing))
    assert seen == ["in", "000"]


def test_what_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.wav: expected a recording, a folder or a CSV"):
        Recordings([tmp_path / "none.wav"])


LIST = """path;id;start;end;channel;diagnosis;sex;age
a.wav;p1;0;2.5;1;yes;f;71
/data/b.wav;p2;;;;;m;
sub/c.wav;;1;;;no;;
"""


def test_a_list_gives_clips_ids_truth_and_attributes(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(LIST, encoding="utf-8-sig")
    item, two, three = _listed(file, truth="diagnosis")
    assert item == Recording(
        "p1", Clip(tmp_path / "a.wav", 0, 2.5, 1), "yes", {"sex": "f", "age": "71"}, f"{file}:2"
    )
    assert two == Recording("p2", Clip(Path("/data/b.wav")), None, {"sex": "m"}, f"{file}:3")
    assert (three.id, three.truth) == ("sub/c.wav[1-]", "no")
    assert _listed(file)[0].truth is None
    assert _listed(file)[0].attributes["diagnosis"] == "yes"


def test_lines_that_cannot_be_used_are_rows(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "path,id,start\na.wav,p1,0\nb.wav,p1,0\n,p3,0\nd.wav,p4,soon\ne.wav,,-1\n,,3\na.wav,p1,0\n"
    )
    rows = list(Recordings([file, file]))
    assert len(rows) == 14
    assert len(set(_ids(rows))) == 14
    output = [str(row) for row in rows if isinstance(row, Refusal)]
    assert "p1 (2): its id is already used at" in output[0]
    assert f"({file}:3)" in output[0]
    assert f"p3: its path is empty ({file}:4)" in output
    assert f"p4: its start is 'soon', not a number ({file}:5)" in output
    assert f"e.wav: its start is -1, expected 0 or more ({file}:6)" in output
    assert len(output) == 13  # of the same list given again, every row is a double


def test_a_list_without_what_is_asked_of_it_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("file,id\na.wav,1\n")
    with pytest.raises(ParalbenchError, match="expected a column 'path'"):
        Recordings([file])
    file.write_text("path,id\na.wav,1\n")
    with pytest.raises(ParalbenchError, match="expected a column 'truth'"):
        Recordings([file], "truth")
    with pytest.raises(UsageError, match="needs a CSV"):
        Recordings([tmp_path], "truth")
    file.write_bytes(b"path,id\nm\xfcller.wav,1\n")
    with pytest.raises(ParalbenchError, match="expected UTF-8 text"):
        Recordings([file])


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(
    st.lists(
        st.tuples(
            NAMES.filter(lambda name: name == name.strip() and not name.startswith("version ")),
            st.floats(0, 1e6),
            st.none() | st.floats(0, 1e6),
        ),
        min_size=1,
        unique_by=lambda row: row[0],
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_was_written_into_a_list_is_read_from_it(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[tuple[str, float, float | None]],
    delimiter: str,
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "path", "start", "end"])
    for name, start, end in lines:
        writer.writerow([name, "a.wav", repr(start), "" if end is None else repr(end)])
    file = tmp_path_factory.getbasetemp() / "written.csv"
    file.write_text(text.getvalue(), encoding="utf-8", newline="")
    read = [(row.id, row.clip.start, row.clip.end) for row in _listed(file)]
    assert read == lines


@given(st.binary(max_size=200))
def test_any_list_is_read_or_refused_and_no_two_rows_share_an_id(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(b"path,id,start,end,channel\n" + content)
    try:
        rows = list(Recordings([file]))
    except ParalbenchError:
        return
    ids = _ids(rows)
    assert len(set(ids)) == len(ids)
    "".join(ids).encode("utf-8")
