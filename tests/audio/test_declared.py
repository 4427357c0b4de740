"""Truncated uncompressed files, written by libsndfile, are refused; intact ones pass."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.audio.decoding import blocks
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

FORMATS = ["AIFF", "AU", "W64", "RF64", "CAF", "NIST", "WAV", "WAVEX"]


def _write(file: Path, container: str, subtype: str = "PCM_16", endian: str = "FILE") -> bytes:
    samples = np.random.default_rng(1).normal(0, 0.1, 8000)
    soundfile.write(file, samples, 8000, subtype, endian, container)
    return file.read_bytes()


def _decoded(file: Path) -> int:
    return sum(len(block) for block in blocks(Clip(file), 8000, 10.0))


@pytest.mark.parametrize("container", FORMATS)
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "ULAW"])
def test_a_truncated_file_is_refused(tmp_path: Path, container: str, subtype: str) -> None:
    file = tmp_path / "clip"
    content = _write(file, container, subtype)
    assert _decoded(file) == 8000
    for length in (len(content) - 4, len(content) // 2):
        file.write_bytes(content[:length])
        with pytest.raises(Refused, match=r"truncated: its header declares \d+ bytes of audio"):
            _decoded(file)


@pytest.mark.parametrize("container", FORMATS)
def test_missing_bytes_are_noticed(tmp_path: Path, container: str) -> None:
    file = tmp_path / "clip"
    content = _write(file, container)
    file.write_bytes(content[:-900] + content[-800:])
    with pytest.raises(Refused, match="truncated"):
        _decoded(file)


@pytest.mark.parametrize("endian", ["LITTLE", "BIG"])
def test_both_byte_orders_of_au(tmp_path: Path, endian: str) -> None:
    file = tmp_path / "clip"
    content = _write(file, "AU", endian=endian)
    assert _decoded(file) == 8000
    file.write_bytes(content[:-100])
    with pytest.raises(Refused, match="the file holds 15900"):
        _decoded(file)


def test_a_length_that_a_recorder_left_open(tmp_path: Path) -> None:
    file = tmp_path / "clip"
    content = bytearray(_write(file, "AU"))
    content[8:12] = b"\xff\xff\xff\xff"
    file.write_bytes(content)
    assert _decoded(file) == 8000
