from pathlib import Path

import pytest

from paralbench.corpora.embedded import cached_file


def test_the_same_bytes_are_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path))
    first = cached_file(b"sound", ".wav")
    before = first.stat().st_mtime_ns
    assert cached_file(b"sound", ".wav") == first
    assert (first.read_bytes(), first.suffix, first.stat().st_mtime_ns) == (
        b"sound",
        ".wav",
        before,
    )
    assert cached_file(b"other", ".wav") != first
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 2


def test_a_file_cut_short_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path))
    cached_file(b"sound").write_bytes(b"so")
    assert cached_file(b"sound").read_bytes() == b"sound"
