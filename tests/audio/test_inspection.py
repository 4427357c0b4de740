"""Files that are no complete audio are refused with the reason."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from paralbench.audio.decoding import blocks, header
from paralbench.audio.inspection import inspect
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

TONE = (0.3 * np.sin(np.arange(16000) / 20)).astype(np.float32)


def wav(path: Path, samples: NDArray[np.float32] = TONE, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, samples, 16000, subtype=subtype)
    return path


def hear(clip: Clip) -> None:
    for _ in blocks(clip, 16000, 30.0):
        pass


@pytest.mark.parametrize("name", ["a.wav", "a.ogg", "a.flac", "a.g722", "a.m4a"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git-LFS pointer"),
        (b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        ", "AppleDouble"),
        (b"<html>Please log in</html>", "text file"),
        ("größer\n".encode() * 100, "text file"),
    ],
)
def test_not_audio(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused, match=reason):
        header(tmp_path / name)


def test_noise_named_wav(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(bytes(range(256)) * 8)
    with pytest.raises(Refused, match="cannot be decoded"):
        header(tmp_path / "a.wav")


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not exist"):
        inspect(tmp_path / "none.wav")
    with pytest.raises(Refused, match="folder"):
        inspect(tmp_path)


@pytest.mark.parametrize("lost", [1, 2, 16000, 31000])
def test_truncated_wav(tmp_path: Path, lost: int) -> None:
    file = wav(tmp_path / "a.wav")
    file.write_bytes(file.read_bytes()[:-lost])
    with pytest.raises(Refused, match="truncated: its header declares 32000 bytes"):
        header(file)


def test_cut_inside_the_header(tmp_path: Path) -> None:
    file = wav(tmp_path / "a.wav")
    file.write_bytes(file.read_bytes()[:30])
    with pytest.raises(Refused, match="header ends before"):
        header(file)


def test_header_only(tmp_path: Path) -> None:
    file = wav(tmp_path / "a.wav", TONE[:0])
    with pytest.raises(Refused, match="no audio"):
        header(file)


def test_streamed_wav_of_unknown_length_is_heard(tmp_path: Path) -> None:
    file = wav(tmp_path / "a.wav")
    content = bytearray(file.read_bytes())
    content[40:44] = struct.pack("<I", 0xFFFFFFFF)
    file.write_bytes(content)
    inspect(file)
    assert sum(len(block) for block in blocks(Clip(file), 16000, 1.0)) == 16000


@pytest.mark.parametrize("planted", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity(tmp_path: Path, planted: float) -> None:
    samples = TONE.copy()
    samples[12345] = planted
    with pytest.raises(Refused, match="NaN or infinite"):
        hear(Clip(wav(tmp_path / "a.wav", samples, "FLOAT")))


@pytest.mark.parametrize(("start", "end"), [(0.5, 0.5), (0.5, 0.2), (-0.1, 0.5), (0.0, 0.0)])
def test_clip_of_no_length(tmp_path: Path, start: float, end: float) -> None:
    with pytest.raises(Refused, match="the clip is empty"):
        hear(Clip(wav(tmp_path / "a.wav"), start, end))


@pytest.mark.parametrize(("start", "end"), [(1.0, None), (2.0, 2.5), (0.0, 1.6)])
def test_clip_past_the_end(tmp_path: Path, start: float, end: float | None) -> None:
    with pytest.raises(Refused, match=r"the file ends at 1\.000 s|the clip is empty"):
        hear(Clip(wav(tmp_path / "a.wav"), start, end))


@pytest.mark.parametrize("channel", [1, 5, -1])
def test_channel_that_is_not_there(tmp_path: Path, channel: int) -> None:
    with pytest.raises(Refused, match=f"channel {channel} was asked for and it has 1"):
        hear(Clip(wav(tmp_path / "a.wav"), channel=channel))


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_flac(tmp_path: Path, share: float) -> None:
    file = tmp_path / "a.flac"
    noise = np.random.default_rng(0).normal(0, 0.1, 64000)
    soundfile.write(file, noise, 16000)
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(Refused, match=r"truncated|damaged"):
        hear(Clip(file))
