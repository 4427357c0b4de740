"""Decoding against soxr's one-shot resampler and against what was written."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from paralbench.audio.decoding import blocks, header, length
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

RNG = np.random.default_rng(7)


def whole(clip: Clip, rate: int = 16000, seconds: float = 1000.0) -> NDArray[np.float32]:
    return np.concatenate(list(blocks(clip, rate, seconds)))


def encoded(path: Path, codec: str, container: str, seconds: float = 4.0) -> NDArray[np.float32]:
    """Write a rising tone (200 Hz to 2 kHz) at 16 kHz mono with FFmpeg, and return it."""
    time = np.arange(round(16000 * seconds)) / 16000
    tone = (0.4 * np.sin(2 * np.pi * (200 + 900 * time / seconds) * time)).astype(np.float32)
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=16000)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=16000)
        pcm = np.round(tone * 32767).astype(np.int16)[None]
        for begin in range(0, pcm.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(pcm[:, begin : begin + 1024]), format="s16", layout="mono"
            )
            frame.rate, frame.pts = 16000, begin
            for piece in resampler.resample(frame):
                file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return tone


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_resampling_equals_one_shot(tmp_path: Path, rate: int) -> None:
    samples = RNG.normal(0, 0.1, round(23.7 * rate)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, rate, subtype="FLOAT")
    recorded = whole(Clip(tmp_path / "a.wav"))
    expected = samples if rate == 16000 else soxr.resample(samples, rate, 16000, quality="HQ")
    assert recorded.shape == expected.shape
    assert np.abs(recorded - expected).max() < 1e-5


@pytest.mark.parametrize("seconds", [0.37, 1.0, 7.0, 11.0])
@pytest.mark.parametrize("rate", [16000, 44100])
def test_blocks_join_to_the_whole(tmp_path: Path, seconds: float, rate: int) -> None:
    soundfile.write(tmp_path / "a.wav", RNG.normal(0, 0.1, 12 * rate), rate)
    result = list(blocks(Clip(tmp_path / "a.wav"), 16000, seconds))
    assert {len(block) for block in result[:-1]} <= {round(seconds * 16000)}
    assert 0 < len(result[-1]) <= round(seconds * 16000)
    assert np.array_equal(np.concatenate(result), whole(Clip(tmp_path / "a.wav")))


def test_stereo_mean_and_channel(tmp_path: Path) -> None:
    stereo = RNG.normal(0, 0.1, (16000, 2)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", stereo, 16000, subtype="FLOAT")
    assert np.allclose(whole(Clip(tmp_path / "a.wav")), stereo.mean(1), atol=1e-7)
    for channel in (0, 1):
        recorded = whole(Clip(tmp_path / "a.wav", channel=channel))
        assert np.array_equal(recorded, stereo[:, channel])


def test_cut_is_the_stretch_named(tmp_path: Path) -> None:
    samples = RNG.normal(0, 0.1, 32000).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 16000, subtype="FLOAT")
    clip = Clip(tmp_path / "a.wav", 0.25, 1.5)
    assert length(clip) == 1.25
    assert np.array_equal(whole(clip), samples[4000:24000])


def test_clip_may_end_a_little_after_the_file(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", RNG.normal(0, 0.1, 16000), 16000)
    assert len(whole(Clip(tmp_path / "a.wav", 0.5, 1.3))) == 8000


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [("a.g722", "g722", "g722"), ("a.m4a", "aac", "ipod"), ("a.aac", "aac", "adts")],
)
def test_ffmpeg_formats_are_encoded(tmp_path: Path, name: str, codec: str, container: str) -> None:
    tone = encoded(tmp_path / name, codec, container)
    result = header(tmp_path / name)
    assert (result.rate, result.channels) == (16000, 1)
    assert result.seconds == pytest.approx(4.0, abs=0.2)
    recorded = whole(Clip(tmp_path / name))
    assert len(recorded) == pytest.approx(len(tone), abs=3200)
    # Codecs delay by a few milliseconds: compare where the two fit best.
    middle = tone[16000:48000]
    lags = np.correlate(
        recorded[: 16000 + 32000 + 4000].astype(float), middle.astype(float), "valid"
    )
    at = int(np.argmax(lags))
    piece = recorded[at : at + len(middle)]
    assert abs(at - 16000) < 2500
    assert np.corrcoef(piece, middle)[0, 1] > 0.98


def test_cut_of_g722_equals_cut_of_the_whole(tmp_path: Path) -> None:
    encoded(tmp_path / "a.g722", "g722", "g722")
    complete = whole(Clip(tmp_path / "a.g722"))
    assert np.array_equal(whole(Clip(tmp_path / "a.g722", 1.0, 2.5)), complete[16000:40000])


def test_truncated_m4a(tmp_path: Path) -> None:
    encoded(tmp_path / "a.m4a", "aac", "ipod")
    content = (tmp_path / "a.m4a").read_bytes()
    (tmp_path / "a.m4a").write_bytes(content[: len(content) // 2])
    with pytest.raises(Refused, match=r"decoded|damaged|truncated"):
        whole(Clip(tmp_path / "a.m4a"))


def test_video_without_sound(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as file:
        stream = file.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        for _ in range(3):
            image = np.zeros((32, 32, 3), np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        file.mux(stream.encode(None))
    with pytest.raises(Refused, match="no audio stream"):
        header(tmp_path / "a.mp4")


def test_long_file_is_decoded_in_small_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((100 * 8000, 2), np.int16), 8000)
    asked: list[int] = []
    plain = soundfile.SoundFile.read

    def read(self: soundfile.SoundFile, frames: int, **how: object) -> object:
        asked.append(frames)
        return plain(self, frames, **how)

    monkeypatch.setattr(soundfile.SoundFile, "read", read)
    sizes = [len(block) for block in blocks(Clip(tmp_path / "a.wav"), 16000, 30.0)]
    assert sizes == [480000, 480000, 480000, 160000]
    assert len(asked) == 10
    assert max(asked) == 80000


def test_a_title_in_another_encoding_does_not_hinder(tmp_path: Path) -> None:
    """Old recorders write titles in Latin-1, which no decoder needs to understand."""
    file = tmp_path / "a.mka"
    with av.open(str(file), "w", format="matroska") as container:
        container.metadata["title"] = "MARKER"
        stream = container.add_stream("flac", rate=16000)
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.int16), "s16", "mono")
        frame.rate, frame.pts = 16000, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])
    content = file.read_bytes()
    assert content.count(b"MARKER") == 1
    odd = tmp_path / "a.mkv"
    odd.write_bytes(content.replace(b"MARKER", b"M\xfcller"))
    assert len(whole(Clip(odd))) == 16000


def test_a_coding_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    encoded(tmp_path / "a.mkv", "flac", "matroska")
    content = (tmp_path / "a.mkv").read_bytes()
    assert content.count(b"A_FLAC") == 1
    (tmp_path / "a.mkv").write_bytes(content.replace(b"A_FLAC", b"A_NONE"))
    with pytest.raises(Refused, match="its audio codec is not supported"):
        whole(Clip(tmp_path / "a.mkv"))


def test_channels_that_change_on_the_way_are_refused(tmp_path: Path) -> None:
    parts = []
    for channels in (1, 2):
        file = tmp_path / f"{channels}.aac"
        with av.open(str(file), "w", format="adts") as container:
            stream = container.add_stream("aac", rate=16000)
            assert isinstance(stream, av.AudioStream)
            stream.layout = layout = ("mono", "stereo")[channels - 1]
            for begin in range(0, 32 * 1024, 1024):
                tone = RNG.normal(0, 0.1, (channels, 1024)).astype(np.float32)
                frame = av.AudioFrame.from_ndarray(tone, "fltp", layout)
                frame.rate, frame.pts = 16000, begin
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        parts.append(file.read_bytes())
    (tmp_path / "a.aac").write_bytes(b"".join(parts))
    with pytest.raises(Refused, match="rate or channels change midway"):
        whole(Clip(tmp_path / "a.aac"))


def test_more_channels_than_pyav_can_read_are_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=16000)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "hexadecagonal"
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 16 * 16000), np.int16), "s16", "hexadecagonal"
        )
        frame.rate, frame.pts = 16000, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])
    with pytest.raises(Refused, match="it has 16 channels; convert it to WAV"):
        whole(Clip(tmp_path / "a.mkv"))
