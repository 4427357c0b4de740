"""The gate on files that are bad in every way the issue names, and its words on made-up measures."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from paralbench.records.example import Clip
from paralbench.records.quality import Quality
from paralbench.records.quality_limits import AtLeast, AtMost, QualityLimits
from paralbench.screener.gate import Gate, judged
from tests.screener.bad_recordings import KINDS, POINTER, Bad, good, wav, write

LIMITS = QualityLimits()
FINE = Quality(
    seconds=60, rate=16000, channels=1, dead_channels=(), not_finite=0, peak=-3, level=-25,
    speech_level=-24, clipped=0, silent=0, offset=0, bandwidth=8000, speech=40, noise_ratio=30,
    noise_method="pauses", speaker_contrast=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate(LIMITS)


@pytest.mark.parametrize("bad", KINDS, ids=lambda bad: bad.kind)
def test_every_kind_of_bad_file_has_its_own_reason(tmp_path: Path, gate: Gate, bad: Bad) -> None:
    file = write(tmp_path, bad)
    if bad.mode == 0 and os.access(file, os.R_OK):
        pytest.skip("the tests run as a user who may read everything")
    output = gate.check(Clip(file))
    assert output.cause == bad.cause
    if bad.cause:
        assert output.status == "not scored"

        assert re.search(bad.said, output.reason), output.reason
        assert output.reason.endswith(".")
        assert not output.warnings
    else:
        assert (output.status, output.reason) == ("pass", "")


def test_a_refusal_by_the_system_is_reported(
    tmp_path: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What permissions do, for those who run tests as root: the system refuses to open it."""
    wav(tmp_path / "locked.wav", good(0))

    def locked(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", locked)
    output = gate.check(Clip(tmp_path / "locked.wav"))
    assert output.reason == (
        "The file is not a usable recording: it cannot be opened (Permission denied)."
    )


@pytest.mark.parametrize("seed", range(6))
def test_good_recordings_pass_without_a_warning(tmp_path: Path, gate: Gate, seed: int) -> None:
    wav(tmp_path / "a.wav", good(seed, 8))
    output = gate.check(Clip(tmp_path / "a.wav"))
    assert (output.status, output.warnings) == ("pass", ())


def test_one_channel_of_two_is_judged_alone(tmp_path: Path, gate: Gate) -> None:
    voice = good(0)
    wav(tmp_path / "a.wav", np.stack([voice, np.zeros_like(voice)], axis=1))
    assert gate.check(Clip(tmp_path / "a.wav", channel=0)).status == "pass"
    assert gate.check(Clip(tmp_path / "a.wav", channel=1)).cause == "silent"
    assert (
        "expected channel 2, the file has" in gate.check(Clip(tmp_path / "a.wav", channel=2)).reason
    )


@pytest.mark.parametrize(
    "clip",
    [Clip(Path("nowhere.wav")), Clip(Path("a\0b.wav")), Clip(Path("/dev/zero")), Clip(Path())],
)
def test_what_is_no_file_at_all_is_reported(gate: Gate, clip: Clip) -> None:
    assert gate.check(clip).cause == "unreadable"


def test_a_clip_beyond_the_end_is_reported(tmp_path: Path, gate: Gate) -> None:
    wav(tmp_path / "a.wav", good(0))
    assert "the file ends at 6" in gate.check(Clip(tmp_path / "a.wav", 5.0, 9.0)).reason


@pytest.mark.slow
@given(
    st.binary(max_size=300), st.sampled_from(["wav", "flac", "mp3", "m4a", "g722", "nsp", "amr"])
)
def test_no_file_makes_the_gate_fail(
    gate: Gate, tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    file = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    for start in (b"", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"fLaC", b"ID3", b"FORMDS16\0\0\0\0"):
        file.write_bytes(start + content)
        assert gate.check(Clip(file)).status == "not scored"


@pytest.mark.parametrize("position", range(12, 44))
def test_a_damaged_wav_header_never_makes_the_gate_fail(
    tmp_path: Path, gate: Gate, position: int
) -> None:
    file = tmp_path / "a.wav"
    wav(file, good(0, 1.5))
    complete = bytearray(file.read_bytes())
    for value in (0x00, 0x7F, 0xFF):
        complete[position] = value
        file.write_bytes(complete)
        assert gate.check(Clip(file)).status in ("pass", "not scored")


@pytest.mark.parametrize(
    ("change", "cause", "message"),
    [
        ({"seconds": 0.9996}, "seconds", "is 0.9996 s long; at least 1 s is needed"),
        ({"seconds": 5 * 3600.0}, "longest", "is 5 h long; at most 4 h is allowed"),
        ({"rate": 11025}, "rate", "rate of 11 kHz; at least 16 kHz"),
        ({"bandwidth": 3600.0}, "bandwidth", "no sound above 3.6 kHz.* at least 4.5 kHz"),
        ({"clipped": 0.034}, "clipped", "3.4 % of the recording is cut off .* at most 1 %"),
        ({"offset": 0.2}, "offset", "20 % of full scale .* at most 10 %"),
        ({"speech_level": -60.2}, "level", r"-60 dBFS .* at least -55 dBFS"),
        ({"speech": 0.0, "speech_level": None}, "speech", "is 0 s of speech .* at least 1 s"),
        ({"noise_ratio": 1.5}, "noise-ratio", "only 1.5 dB above .* at least 3 dB"),
        ({"silent": 0.7}, "silent", "70 % .* at most 50 %"),
        ({"dead_channels": (0, 2), "channels": 4}, "dead-channel", "Channels 1 and 3 of 4 carry"),
        ({"not_finite": 3, "silent": 1.0}, "not-finite", "3 of its samples"),
        ({"level": None, "speech_level": None}, "level", "There is no sound"),
    ],
)
def test_reasons_name_the_value_and_the_limit(
    change: dict[str, object], cause: str, message: str
) -> None:

    output = judged(replace(FINE, **change), LIMITS)  # type: ignore[arg-type]
    assert output.cause == cause
    assert re.search(message.replace(" .* ", ".*"), output.reason), output.reason


def test_warnings_do_not_hinder_a_score_and_all_are_reported() -> None:
    output = judged(replace(FINE, clipped=0.005, noise_ratio=8, speaker_contrast=7), LIMITS)
    assert output.status == "pass"
    assert [warning.split(";")[0][:30] for warning in output.warnings] == [
        "0.5 % of the recording is cut ",
        "Speech is only 8 dB above the ",
        "More than one person may be sp",
    ]
    assert judged(FINE, LIMITS).warnings == ()


def test_limits_that_are_not_set_are_not_asked() -> None:
    none = QualityLimits(
        speech=AtLeast(), silent=AtMost(), dead_channel="ignore", level=AtLeast(), rate=AtLeast(),
        bandwidth=AtLeast(),
    )  # fmt: skip
    poor = replace(
        FINE, speech=0, silent=0.9, dead_channels=(1,), level=None, speech_level=None, rate=8000,
        bandwidth=None, noise_ratio=None,
    )  # fmt: skip
    assert judged(poor, none).status == "pass"
    warned = judged(poor, none.model_copy(update={"dead_channel": "warn"}))
    assert [warning[:9] for warning in warned.warnings] == ["Channel 2"]


def test_limits_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValidationError, match="'warn' must not be below 'refuse'"):
        AtLeast(refuse=3, warn=1)
    with pytest.raises(ValidationError, match="'warn' must not be above 'refuse'"):
        AtMost(refuse=3, warn=5)
    with pytest.raises(ValidationError, match="can only 'warn'"):
        QualityLimits(speaker_contrast=AtMost(refuse=5))


def test_missing_detector_is_reported_before_the_first_recording(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import importlib.util

    from paralbench.records.errors import ParalbenchError

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ParalbenchError, match="silero-vad"):
        Gate(LIMITS)


def test_the_pointer_is_what_git_lfs_writes() -> None:
    assert POINTER.startswith(b"version https://git-lfs.github.com/spec/v1\n")
