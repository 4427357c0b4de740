"""Atomic files: complete or absent, and no scratch file is left."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from paralbench.system.atomic_file import atomic_path, scratch_path, write_atomically


@pytest.mark.parametrize("content", [b"\0\xff", "ä\n"])
def test_bytes_and_text_arrive_and_nothing_else(tmp_path: Path, content: bytes | str) -> None:
    file = tmp_path / "new" / "a.txt"
    write_atomically(file, content)
    write_atomically(file, content)
    expected = content.encode() if isinstance(content, str) else content
    assert file.read_bytes() == expected
    assert list(file.parent.iterdir()) == [file]


def test_a_failure_leaves_what_was_there_and_no_scratch_file(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("before")
    with pytest.raises(KeyboardInterrupt):
        _interrupted(file)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert file.read_text() == "before"


def _interrupted(file: Path) -> None:
    with atomic_path(file) as scratch:
        scratch.write_text("half")
        assert file.read_text() == "before"
        raise KeyboardInterrupt


def test_a_failed_rename_leaves_no_scratch_file(tmp_path: Path) -> None:
    (tmp_path / "a" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="a"):
        write_atomically(tmp_path / "a", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_it_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def syncing(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def replacing(path: Path, target: Path) -> Path:
        done.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(Path, "replace", replacing)
    write_atomically(tmp_path / "a", "x")
    assert done == ["file", "rename", "folder"][: 2 if sys.platform == "win32" else 3]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_private_file_is_never_readable_by_others(tmp_path: Path) -> None:
    file = tmp_path / "salt"
    with atomic_path(file, private=True) as scratch:
        assert stat.S_IMODE(scratch.stat().st_mode) == 0o600
        scratch.write_bytes(b"x")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_scratch_names_differ() -> None:
    assert len({scratch_path(Path("a")) for _ in range(100)}) == 100
