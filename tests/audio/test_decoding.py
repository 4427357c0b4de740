"""From clips to waveforms: against signals that are known, and one-shot soxr as the oracle."""

from __future__ import annotations

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

RATE = 16000


def _voice(seconds: float, rate: int = RATE, seed: int = 0) -> NDArray[np.float32]:
    """Noise below 3 kHz: band-limited, and different at every time."""
    noise = np.random.default_rng(seed).standard_normal(round(seconds * rate))
    spectrum = np.fft.rfft(noise)
    spectrum[np.fft.rfftfreq(len(noise), 1 / rate) > 3000] = 0
    signal = np.fft.irfft(spectrum, len(noise))
    return (0.3 * signal / np.abs(signal).max()).astype(np.float32)


def _wav(
    folder: Path, signal: NDArray[np.float32], rate: int = RATE, name: str = "clip.wav"
) -> Path:
    subtype = "FLOAT" if name.endswith(".wav") else None
    soundfile.write(folder / name, signal, rate, subtype=subtype)
    return folder / name


def _heard(clip: Clip, rate: int = RATE, seconds: float = 30.0) -> NDArray[np.float32]:
    return np.concatenate(list(blocks(clip, rate, seconds)))


def _encode(file: Path, codec: str, format: str, signal: NDArray[np.float32]) -> Path:  # noqa: A002
    with av.open(str(file), "w", format=format) as container:
        stream = container.add_stream(codec, rate=RATE, layout="mono")
        assert isinstance(stream, av.AudioStream)
        shape = av.AudioResampler(format=stream.format, layout="mono", rate=RATE)
        frame = av.AudioFrame.from_ndarray(signal[None], format="fltp", layout="mono")
        frame.sample_rate = RATE
        for piece in shape.resample(frame):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return file


def test_a_whole_file_is_heard_as_it_is(tmp_path: Path) -> None:
    signal = _voice(1.0)
    file = _wav(tmp_path, signal)
    assert np.array_equal(_heard(Clip(file)), signal)
    found = header(file)
    assert (found.rate, found.channels, found.seconds) == (RATE, 1, 1.0)


def test_a_clip_is_cut_at_its_times(tmp_path: Path) -> None:
    signal = _voice(2.0)
    file = _wav(tmp_path, signal)
    assert np.array_equal(_heard(Clip(file, 0.5, 1.25)), signal[8000:20000])
    assert np.array_equal(_heard(Clip(file, 1.5)), signal[24000:])
    assert length(Clip(file, 0.5, 1.25)) == 0.75
    # A label file may round the end up; what is there is heard.
    assert np.array_equal(_heard(Clip(file, 1.5, 2.4)), signal[24000:])
    assert length(Clip(file, 1.5, 2.4)) == pytest.approx(0.5)


def test_channels_are_averaged_or_chosen(tmp_path: Path) -> None:
    left, right = _voice(0.5, seed=1), _voice(0.5, seed=2)
    file = _wav(tmp_path, np.stack([left, right], axis=1))
    assert np.allclose(_heard(Clip(file)), (left + right) / 2, atol=1e-7)
    assert np.array_equal(_heard(Clip(file, channel=0)), left)
    assert np.array_equal(_heard(Clip(file, channel=1)), right)


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_resampling_agrees_with_soxr_in_one_shot(tmp_path: Path, rate: int) -> None:
    signal = _voice(25.0, rate)  # more than two blocks of the decoder
    expected = soxr.resample(signal, rate, RATE, quality="HQ")
    found = _heard(Clip(_wav(tmp_path, signal, rate)))
    assert len(found) == len(expected)
    assert np.abs(found - expected).max() < 1e-5


@pytest.mark.parametrize("seconds", [0.05, 0.333, 1.0, 10.0])
@pytest.mark.parametrize("rate", [RATE, 8000])
def test_blocks_are_the_whole_in_pieces(tmp_path: Path, seconds: float, rate: int) -> None:
    clip = Clip(_wav(tmp_path, _voice(2.0, rate), rate))
    pieces = list(blocks(clip, RATE, seconds))
    assert {len(piece) for piece in pieces[:-1]} <= {round(seconds * RATE)}
    assert 0 < len(pieces[-1]) <= round(seconds * RATE)
    assert np.array_equal(np.concatenate(pieces), _heard(clip))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_is_refused(tmp_path: Path, bad: float) -> None:
    signal = _voice(1.0)
    signal[9000] = bad
    file = _wav(tmp_path, signal)
    with pytest.raises(Refused, match="NaN or infinite"):
        _heard(Clip(file))
    assert np.isfinite(_heard(Clip(file, 0, 0.5))).all(), "the first half is sound"


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        (0.5, 0.5, "the clip is empty: it runs from 0.5 s to 0.5 s"),
        (0.7, 0.5, "the clip is empty"),
        (-0.1, 0.5, "the clip is empty"),
        (float("nan"), None, "the clip is empty"),
        (0.0, float("nan"), "the clip is empty"),
        (0.5, 0.50001, "shorter than one sample"),
        (0.99999, None, "shorter than one sample"),
        (0.0, 1.6, r"runs from 0 s to 1\.6 s, the file ends at 1\.000 s"),
        (1.0, 1.4, r"the file ends at 1\.000 s"),
        (0.0, float("inf"), "the file ends"),
    ],
)
def test_a_clip_that_is_not_there_is_refused(
    tmp_path: Path, start: float, end: float | None, why: str
) -> None:
    file = _wav(tmp_path, _voice(1.0))
    with pytest.raises(Refused, match=why):
        _heard(Clip(file, start, end))


@pytest.mark.parametrize("channel", [1, -1])
def test_a_channel_that_is_not_there_is_refused(tmp_path: Path, channel: int) -> None:
    file = _wav(tmp_path, _voice(0.1))
    with pytest.raises(Refused, match=rf"channel {channel} .*it has 1"):
        _heard(Clip(file, channel=channel))


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".m4a", ".webm", ".amr"])
def test_bytes_of_no_format_are_refused(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"clip{suffix}"
    file.write_bytes(bytes(4000))
    with pytest.raises(Refused, match=r"cannot be decoded|no audio stream"):
        _heard(Clip(file))
    file.write_bytes(b"")
    with pytest.raises(Refused, match="empty"):
        header(file)


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
def test_a_truncated_flac_is_refused(tmp_path: Path, kept: float) -> None:
    file = _wav(tmp_path, _voice(3.0), name="clip.flac")
    whole = file.read_bytes()
    file.write_bytes(whole[: round(kept * len(whole))])
    with pytest.raises(Refused, match=r"truncated|damaged"):
        _heard(Clip(file))


def test_a_lossless_flac_is_heard_as_it_was_written(tmp_path: Path) -> None:
    signal = _voice(1.0)
    found = _heard(Clip(_wav(tmp_path, signal, name="clip.flac"), 0.25, 0.75))
    assert np.abs(found - signal[4000:12000]).max() <= 2**-15


@pytest.mark.parametrize(
    ("name", "codec", "format"),
    [("clip.g722", "g722", "g722"), ("clip.m4a", "aac", "mp4"), ("clip.webm", "libopus", "webm")],
)
def test_what_libsndfile_lacks_is_heard_through_ffmpeg(
    tmp_path: Path,
    name: str,
    codec: str,
    format: str,  # noqa: A002
) -> None:
    signal = _voice(2.0)
    clip = Clip(_encode(tmp_path / name, codec, format, signal))
    assert header(clip.path).seconds == pytest.approx(2.0, abs=0.1)
    whole = _heard(clip)
    assert len(whole) == pytest.approx(len(signal), abs=0.1 * RATE)
    assert _likeness(whole, signal) > 0.95
    part = _heard(Clip(clip.path, 0.5, 1.5))
    assert len(part) == 16000
    inner = slice(
        200, -200
    )  # WebM's Opus is at 48 kHz: the resampler hears no further than the cut
    assert np.abs(part[inner] - whole[8000:24000][inner]).max() < 1e-5


def _likeness(found: NDArray[np.float32], signal: NDArray[np.float32]) -> float:
    """The correlation where it is highest; a codec may delay by some milliseconds."""
    size = len(signal) - 2000
    return max(
        float(np.corrcoef(found[delay : delay + size], signal[:size])[0, 1])
        for delay in range(1500)
        if delay + size <= len(found)
    )


def test_a_truncated_m4a_is_refused(tmp_path: Path) -> None:
    file = _encode(tmp_path / "clip.m4a", "aac", "mp4", _voice(2.0))
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused, match=r"cannot be decoded|truncated|damaged"):
        _heard(Clip(file))


def test_a_playlist_named_m4a_is_never_followed(tmp_path: Path) -> None:
    secret = _encode(tmp_path / "secret.m4a", "aac", "mp4", _voice(0.5))
    file = tmp_path / "clip.m4a"
    file.write_bytes(b"\xff\x00#EXTM3U\n#EXTINF:1,\n" + str(secret).encode() + b"\n")
    with pytest.raises(Refused):
        _heard(Clip(file))
    file.write_bytes(b"ffconcat version 1.0\nfile " + str(secret).encode() + b"\n")
    with pytest.raises(Refused, match="text file"):
        _heard(Clip(file))
