"""Bytes of an archive that belong to no member are refused."""

import struct
import zipfile
from pathlib import Path

import pytest

from paralbench.submission.archive import unpack

NAME = "models/bands/x.md"


def _archive(folder: Path) -> bytes:
    with zipfile.ZipFile(folder / "good.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("manifest.json", "{}" * 50)
        packed.writestr(NAME, "words " * 50)
    return (folder / "good.zip").read_bytes()


def _unpacked(content: bytes, folder: Path) -> list[str]:
    (folder / "x.zip").write_bytes(content)
    (folder / "to").mkdir()
    problems = list(map(str, unpack(folder / "x.zip", folder / "to")))
    assert not problems or not list((folder / "to").iterdir())
    return problems


def _between(content: bytes) -> bytes:
    """Seven bytes between the members and their list, whose place is brought up to date."""
    *front, start, comment = struct.unpack("<4s4H2LH", content[-22:])
    end = struct.pack("<4s4H2LH", *front, start + 7, comment)
    return content[:start] + b"between" + content[start:-22] + end


def test_an_archive_of_members_side_by_side_is_unpacked(tmp_path: Path) -> None:
    assert _unpacked(_archive(tmp_path), tmp_path) == []
    assert (tmp_path / "to" / NAME).read_text() == "words " * 50


def test_members_written_to_a_stream_are_unpacked(tmp_path: Path) -> None:
    """Such as those of ``zip -``: sizes and checksum follow each member."""

    class Stream:
        def __init__(self) -> None:
            self.content = b""

        def write(self, content: bytes) -> int:
            self.content += bytes(content)
            return len(content)

        def flush(self) -> None:
            pass

    stream = Stream()
    with zipfile.ZipFile(stream, "w") as packed:  # type: ignore[call-overload]
        packed.writestr("manifest.json", "{}")
        packed.writestr(NAME, "words")
    assert _unpacked(stream.content, tmp_path) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: b"before" + content, "bytes stand before, between or after"),
        (lambda content: content + b"after", "bytes stand before, between or after"),
        (_between, "7 bytes before the list of members belong to no file"),
    ],
)
def test_bytes_outside_the_members_are_refused(tmp_path: Path, change, words: str) -> None:  # type: ignore[no-untyped-def]
    (problem,) = _unpacked(change(_archive(tmp_path)), tmp_path)
    assert words in problem
