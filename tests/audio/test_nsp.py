import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from paralbench.audio import decoding, nsp
from paralbench.records.errors import Refused
from paralbench.records.example import Clip


def _file(place: Path, *chunks: tuple[bytes, bytes], declared: int | None = None) -> Path:
    """An NSP file put together by hand; ``declared`` overrides the size of the last chunk."""
    body = b""
    for number, (name, content) in enumerate(chunks):
        size = len(content) if declared is None or number < len(chunks) - 1 else declared
        body += name + struct.pack("<I", size) + content + b"\0" * (len(content) % 2)
    file = place / "1-a_n.nsp"
    file.write_bytes(b"FORMDS16" + struct.pack("<I", len(body)) + body)
    return file


def _header(rate: int, name: bytes = b"HEDR") -> tuple[bytes, bytes]:
    return name, b"May 26 23:57:43 1995" + struct.pack("<IIHH", rate, 0, 0, 0)


def _decoded(file: Path, rate: int, **clip: float) -> NDArray[np.float32]:
    return np.concatenate(list(decoding.blocks(Clip(file, **clip), rate, 1.0)))  # type: ignore[arg-type]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays.arrays(np.int16, st.integers(1, 300)), st.sampled_from([8000, 16000, 50000]))
def test_what_is_written_is_read(tmp_path: Path, samples: NDArray[np.int16], rate: int) -> None:
    file = tmp_path / "x.nsp"
    nsp.write(file, samples, rate)
    assert decoding.header(file) == decoding.Header(rate, 1, len(samples) / rate)
    np.testing.assert_array_equal(_decoded(file, rate) * 32768, samples.astype(np.float32))


def test_notes_odd_sizes_and_hdr8_are_passed_over(tmp_path: Path) -> None:
    samples = np.arange(5, dtype="<i2")
    file = _file(tmp_path, _header(1000, b"HDR8"), (b"NOTE", b"odd"), (b"SDA_", samples.tobytes()))
    np.testing.assert_array_equal(_decoded(file, 1000) * 32768, samples)


def test_two_channels_interleaved_or_in_chunks_of_their_own(tmp_path: Path) -> None:
    left, right = np.array([1, 2, 3], "<i2"), np.array([10, 20, 30], "<i2")
    both = np.stack([left, right], axis=1)
    for chunks in (
        [(b"SDAB", both.tobytes())],
        [(b"SDA_", left.tobytes()), (b"SD_B", right.tobytes())],
    ):
        file = _file(tmp_path, _header(1000), *chunks)
        assert decoding.header(file).channels == 2
        np.testing.assert_array_equal(_decoded(file, 1000, channel=1) * 32768, right)


def test_a_clip_is_cut_at_the_sample(tmp_path: Path) -> None:
    samples = np.arange(1000, dtype=np.int16)
    nsp.write(tmp_path / "x.egg", samples, 1000)
    result = _decoded(tmp_path / "x.egg", 1000, start=0.1, end=0.35) * 32768
    np.testing.assert_array_equal(result, samples[100:350])


def test_a_recording_broken_off_runs_to_the_end_of_the_file(tmp_path: Path) -> None:
    samples = np.arange(7, dtype="<i2")
    file = _file(tmp_path, _header(1000), (b"SDA_", samples.tobytes()), declared=0)
    np.testing.assert_array_equal(_decoded(file, 1000) * 32768, samples)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"RIFF\x10\x00\x00\x00WAVEfmt \x80", "not an NSP file"),
        (b"FORMDS16\x00\x00\x00\x00", "without a sampling rate"),
        (b"FORMDS16\x28\0\0\0HEDR\x20\0\0\0" + b"x" * 20 + b"\x64\0\0\0" + b"\0" * 8, "no audio"),
    ],
)
def test_what_is_no_whole_recording_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "x.nsp"
    file.write_bytes(content)
    with pytest.raises(Refused, match=message):
        nsp.layout(file)


def test_fewer_samples_than_declared_is_truncated(tmp_path: Path) -> None:
    file = _file(tmp_path, _header(100), (b"SDA_", b"\0" * 10), declared=99)
    with pytest.raises(Refused, match="declares 99 bytes, the file holds 10"):
        decoding.header(file)
