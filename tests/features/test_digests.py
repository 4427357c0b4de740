"""Digests by content; raw content is keyed together with what its name says about it."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import numpy as np
import soundfile

from paralbench.features.digests import UNRECOGNISED, digests


def test_equal_audio_has_one_digest_under_any_name(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 8000)
    content = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "b.g722").write_bytes(content)
    assert set(digests(tmp_path.iterdir()).values()) == {sha256(content).hexdigest()}


def test_raw_content_under_two_names_has_two_digests(tmp_path: Path) -> None:
    """One of them is decoded as G.722, the other refused: neither may answer for the other."""
    for name in ("a.g722", "a.wav"):
        (tmp_path / name).write_bytes(bytes(range(100, 200)))
    digest = sha256(bytes(range(100, 200))).hexdigest()
    assert digests([tmp_path / "a.g722"]) == {tmp_path / "a.g722": digest}
    assert digests([tmp_path / "a.wav"]) == {tmp_path / "a.wav": UNRECOGNISED + digest}


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    files = [tmp_path / "pipe.wav", tmp_path / "missing.wav", tmp_path, Path("/dev/zero")]
    assert digests(files) == dict.fromkeys(files)
