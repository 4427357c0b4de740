"""The same bytes are decoded in the same way under any name."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from paralbench.audio.decoding import blocks
from paralbench.audio.recognition import LENGTH, recognised
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

NAMES = ["a.wav", "a.m4a", "a.g722", "a.egg", "a.mp3", "a.txt", "a"]


def _sound(file: Path, container: str, subtype: str | None = None) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 32000)
    soundfile.write(file, samples, 16000, subtype, format=container)


def _encoded(file: Path, codec: str, container: str) -> None:
    with av.open(str(file), "w", format=container) as output:
        stream = output.add_stream(codec, rate=16000)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=16000)
        noise = np.random.default_rng(0).normal(0, 3000, (1, 32000)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
        frame.rate, frame.pts = 16000, 0
        for number, piece in enumerate([*resampler.resample(frame), *resampler.resample(None)]):
            piece.pts = number * 1024
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))


def _decoded(file: Path) -> list[float]:
    samples: list[float] = np.concatenate(list(blocks(Clip(file), 16000, 10.0))).tolist()
    return samples


@pytest.mark.parametrize(
    ("container", "subtype"),
    [("WAV", "PCM_16"), ("FLAC", None), ("OGG", "VORBIS"), ("AIFF", None), ("AU", None), ("CAF", None),
     ("W64", None), ("RF64", None), ("NIST", None), ("MP3", "MPEG_LAYER_III")],
)  # fmt: skip
def test_what_libsndfile_reads_under_any_name(
    tmp_path: Path, container: str, subtype: str | None
) -> None:
    _sound(tmp_path / "original", container, subtype)
    content = (tmp_path / "original").read_bytes()
    assert recognised(tmp_path / "x.g722", content[:LENGTH]) == "sndfile"
    expected = _decoded(tmp_path / "original")
    for name in NAMES:
        (tmp_path / name).write_bytes(content)
        assert _decoded(tmp_path / name) == expected


@pytest.mark.parametrize(
    ("codec", "container", "name"),
    [("aac", "ipod", "mov"), ("aac", "adts", "aac"), ("flac", "matroska", "matroska"),
     ("pcm_s16le", "asf", "asf"), ("pcm_s16le", "avi", "avi"), ("aac", "mov", "mov")],
)  # fmt: skip
def test_what_ffmpeg_reads_under_any_name(
    tmp_path: Path, codec: str, container: str, name: str
) -> None:
    _encoded(tmp_path / "original", codec, container)
    content = (tmp_path / "original").read_bytes()
    assert recognised(tmp_path / "x", content[:LENGTH]) == name
    expected = _decoded(tmp_path / "original")
    assert len(expected) > 30000
    for other in NAMES:
        (tmp_path / other).write_bytes(content)
        assert _decoded(tmp_path / other) == expected


def test_only_its_name_says_that_content_is_g722(tmp_path: Path) -> None:
    _encoded(tmp_path / "a.g722", "g722", "g722")
    assert len(_decoded(tmp_path / "a.g722")) == 32000
    (tmp_path / "a.wav").write_bytes((tmp_path / "a.g722").read_bytes())
    with pytest.raises(Refused, match="cannot be decoded"):
        _decoded(tmp_path / "a.wav")


@pytest.mark.parametrize("rate", [1, 999, 800_000])
def test_a_rate_that_no_recording_has_is_refused(tmp_path: Path, rate: int) -> None:
    """A 1 Hz header would make a thousand seconds of a thousand samples."""
    soundfile.write(tmp_path / "a.wav", np.zeros(1000), rate)
    with pytest.raises(Refused, match=f"sampling rate of {rate} Hz"):
        _decoded(tmp_path / "a.wav")
