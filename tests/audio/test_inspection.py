"""Files that are no audio, each refused with its own reason before a decoder guesses."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.audio.inspection import inspect
from paralbench.records.errors import Refused

TONE = np.sin(2 * np.pi * 220 * np.arange(8000) / 8000).astype(np.float32) / 2
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def _wav(file: Path) -> bytes:
    soundfile.write(file, TONE, 8000)
    return file.read_bytes()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (POINTER, "Git-LFS pointer.*git lfs pull"),
        (b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X", "AppleDouble"),
        (b"Dear all,\r\nthe audio follows.\n", "text file, not audio$"),
        (b"<!DOCTYPE html><html>404</html>", "it is a web page, not audio$"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), r"it is a PNG picture named \.wav$"),
        (b"%PDF-1.7 \xe2\xe3", r"it is a PDF document named \.wav$"),
        (b"PK\x03\x04" + bytes(99), r"it is a ZIP archive or office document named \.wav$"),
        ("ä".encode() * 400, "text file"),  # 512 bytes end within a character
        (b"\n\n", "text file"),
    ],
)
def test_what_is_no_audio_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "clip.wav"
    file.write_bytes(content)
    with pytest.raises(Refused, match=why):
        inspect(file)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not exist"):
        inspect(tmp_path / "none.wav")
    with pytest.raises(Refused, match="a folder, not a file"):
        inspect(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot be opened"):
        inspect(tmp_path / "file" / "clip.wav")


def test_a_truncated_wav_says_how_much_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "clip.wav"
    complete = _wav(file)
    file.write_bytes(complete[:-1000])
    with pytest.raises(Refused, match="declares 16000 bytes of audio, the file holds 15000"):
        inspect(file)
    file.write_bytes(complete[:44])
    with pytest.raises(Refused, match="declares 16000 bytes of audio, the file holds 0"):
        inspect(file)
    file.write_bytes(complete[:30])
    with pytest.raises(Refused, match="header ends before any audio"):
        inspect(file)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_a_header_without_audio_is_refused(tmp_path: Path, length: int) -> None:
    file = tmp_path / "clip.wav"
    file.write_bytes(_wav(file)[:40] + struct.pack("<I", length))
    with pytest.raises(Refused, match="a header and no audio"):
        inspect(file)


def test_a_wav_of_unknown_length_or_with_chunks_before_its_audio_is_encoded(tmp_path: Path) -> None:
    file = tmp_path / "clip.wav"
    complete = _wav(file)
    file.write_bytes(complete[:40] + struct.pack("<I", 0xFFFFFFFF) + complete[44:])
    inspect(file)
    odd = b"note" + struct.pack("<I", 3) + b"abc\x00"  # an odd chunk is padded to an even one
    file.write_bytes(complete[:36] + odd + complete[36:])
    inspect(file)


@pytest.mark.parametrize(
    "format", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "AU", "NIST", "CAF", "W64"]
)
def test_true_audio_of_any_kind_passes(tmp_path: Path, format: str) -> None:  # noqa: A002
    file = tmp_path / f"clip.{format.lower()}"
    soundfile.write(file, TONE, 8000, format=format)
    inspect(file)
