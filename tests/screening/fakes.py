"""A screener for tests of what is around it: quick, and its answer depends on the audio alone."""

from __future__ import annotations

import os
import signal
import socket
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from paralbench.audio.decoding import as_stored
from paralbench.records.assessment import Assessment, Stretch
from paralbench.records.bundle import Manifest
from paralbench.records.errors import BundleError, ParalbenchError
from paralbench.records.quality import Quality
from paralbench.screener.recordings import Recording
from paralbench.screening.screener_source import ScreenerSource
from tests.screener.bundles import manifest

SHA256 = "5c" * 32


@dataclass(frozen=True)
class Fake:
    """Scores by loudness; a file named crash.wav ends the process, one named wrong.wav raises."""

    wait: float = 0.0
    computed: str = "torch-fp32"
    manifest: Manifest = field(default_factory=manifest)
    sha256: str = SHA256

    def assess(self, recording: Recording) -> Assessment:
        """See :class:`paralbench.screening.screener_source.Assessor`."""
        time.sleep(self.wait)
        name = recording.clip.path.name
        if name == "crash.wav":
            os.kill(os.getpid(), signal.SIGSEGV)
        if name == "wrong.wav":
            raise ZeroDivisionError("in the screener")
        try:
            with as_stored(recording.clip) as (header, blocks):
                audio = np.concatenate(list(blocks))
        except ParalbenchError as error:
            return Assessment("not scored", f"The file is not usable: {error}.", "unreadable")
        level = float(20 * np.log10(np.sqrt((audio**2).mean()) + 1e-9))
        quality = Quality(
            seconds=len(audio) / header.rate, rate=header.rate, channels=header.channels,
            dead_channels=(), not_finite=0, peak=-1.0, level=level, speech_level=level,
            clipped=0.0, silent=0.0, offset=0.0, bandwidth=8000.0, speech=len(audio) / header.rate,
            noise_ratio=20.0, noise_method="pauses", speaker_contrast=1.0,
        )  # fmt: skip
        probability = float(1 / (1 + np.exp(-(level + 20) / 5))) if name != "nan.wav" else np.nan
        distance = 0.5
        if 0.45 < probability < 0.55:
            return Assessment(
                "abstained", "Between the thresholds.", "between", quality=quality,
                probability=probability, distance=distance,
            )  # fmt: skip
        return Assessment(
            "scored", warnings=("Rather faint.",) if level < -30 else (), quality=quality,
            probability=probability, prediction="low" if probability > 0.5 else "high",
            classes=("low",) if probability > 0.5 else ("high",), distance=distance,
            stretches=(Stretch(0.0, 1.0, 0.6), Stretch(1.0, 2.0, -0.4)),
        )  # fmt: skip


def opened(threads: int = 1, wait: float = 0.0) -> Fake:
    """Open the fake."""
    return Fake(wait)


@dataclass(frozen=True)
class _WholeNumbers:
    """Gives integers where an assessment has numbers."""

    computed: str = "torch-fp32"

    def assess(self, recording: Recording) -> Assessment:
        """The same whatever it is given."""
        return Assessment("scored", probability=1, distance=0)


def whole_numbers(threads: int = 1) -> _WholeNumbers:
    """A screener whose numbers are integers."""
    return _WholeNumbers()


@dataclass(frozen=True)
class _Online:
    """Tries to reach the network by the means that the recording's name says."""

    computed: str = "torch-fp32"

    def assess(self, recording: Recording) -> Assessment:
        """See :class:`paralbench.screening.screener_source.Assessor`."""
        means = recording.clip.path.stem
        if means == "gethostbyname":
            socket.gethostbyname("localhost")
        elif means == "getaddrinfo":
            socket.getaddrinfo("localhost", 80)
        else:
            kind = socket.SOCK_DGRAM if means.startswith("send") else socket.SOCK_STREAM
            with socket.socket(socket.AF_INET, kind) as opened:
                address = ("127.0.0.1", 9)
                if means == "sendto":
                    opened.sendto(b"x", address)
                elif means == "sendmsg":
                    opened.sendmsg([b"x"], [], 0, address)
                else:
                    opened.connect(address)
        return Assessment("scored", probability=0.5)


def online(threads: int = 1) -> _Online:
    """A screener that tries to send recordings away."""
    return _Online()


def refusing(threads: int = 1) -> Fake:
    """A bundle that cannot be opened."""
    raise BundleError("screener.plb: its encoder is not installed here.")


def screening(wait: float = 0.0, sha256: str = SHA256) -> ScreenerSource:
    """The fake as a batch needs it."""
    return ScreenerSource(manifest(), sha256, partial(opened, wait=wait))


def tones(folder: Path, count: int, seconds: float = 0.5) -> None:
    """So many short recordings, each as loud as its number tells."""
    from tests.screener.bad_recordings import RATE, wav

    folder.mkdir(parents=True, exist_ok=True)
    time_ = np.arange(int(seconds * RATE)) / RATE
    for number in range(count):
        loud = 0.01 + 0.5 * (number % 20) / 20
        tone = loud * np.sin(2 * np.pi * (100 + number) * time_)
        wav(folder / f"r{number:04}.wav", tone.astype(np.float32))
