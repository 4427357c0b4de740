"""Every class of damage to an Ogg file is refused; pages are written by libogg, an independent CRC."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.audio.decoding import blocks, header
from paralbench.records.errors import Refused
from paralbench.records.example import Clip

Damage = Callable[[bytes, random.Random], bytes]


def _write(file: Path, subtype: str, seconds: float = 4.0) -> bytes:
    rate = 48000 if subtype == "OPUS" else 22050
    noise = np.random.default_rng(1).normal(0, 0.1, round(seconds * rate))
    with soundfile.SoundFile(file, "w", rate, 1, subtype, format="OGG") as sound:
        for block in np.array_split(noise, 8):  # libsndfile crashes on long Vorbis writes
            sound.write(block)
    return file.read_bytes()


def _starts(content: bytes) -> list[int]:
    starts, position = [], 0
    while position < len(content):
        starts.append(position)
        segments = content[position + 26]
        lacing = content[position + 27 : position + 27 + segments]
        position += 27 + segments + sum(lacing)
    return starts


def _halved(content: bytes, rng: random.Random) -> bytes:
    return content[: len(content) // 2]


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(300, len(content))]


def _cut_between_pages(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.choice(_starts(content)[3:])]


def _flipped(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :]


def _zeroed(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content) - 512)
    return content[:place] + bytes(512) + content[place + 512 :]


def _dropped(content: bytes, rng: random.Random) -> bytes:
    length = rng.choice([1, 64, 1024])
    place = rng.randrange(len(content) - length)
    return content[:place] + content[place + length :]


def _without_a_page(content: bytes, rng: random.Random) -> bytes:
    starts = _starts(content)
    page = rng.randrange(2, len(starts) - 1)
    return content[: starts[page]] + content[starts[page + 1] :]


def _decoded(file: Path) -> int:
    return sum(len(block) for block in blocks(Clip(file), 16000, 10.0))


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize(
    "damage",
    [_halved, _cut, _cut_between_pages, _flipped, _zeroed, _dropped, _without_a_page],
)
def test_damage_is_refused(tmp_path: Path, subtype: str, damage: Damage) -> None:
    intact = _write(tmp_path / "intact.ogg", subtype)
    rng = random.Random(3)
    for number in range(12):
        content = damage(intact, rng)
        assert content != intact
        file = tmp_path / f"{number}.ogg"
        file.write_bytes(content)
        with pytest.raises(Refused, match=r"damaged|truncated|decoded|text file"):
            _decoded(file)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("seconds", [0.05, 1.0, 30.0])
def test_intact_files_pass(tmp_path: Path, subtype: str, seconds: float) -> None:
    _write(tmp_path / "a.ogg", subtype, seconds)
    assert _decoded(tmp_path / "a.ogg") == pytest.approx(seconds * 16000, abs=2)


def test_tags_after_the_last_page_pass(tmp_path: Path) -> None:
    content = _write(tmp_path / "a.ogg", "VORBIS")
    (tmp_path / "a.ogg").write_bytes(content + b"TAG" + bytes(125))
    assert _decoded(tmp_path / "a.ogg") == 64000


def test_streams_in_succession_are_refused(tmp_path: Path) -> None:
    """libsndfile reads only the first of them; the other would be lost in silence."""
    content = _write(tmp_path / "a.ogg", "VORBIS")
    (tmp_path / "a.ogg").write_bytes(content + content)
    with pytest.raises(Refused, match="several Ogg streams one after another"):
        _decoded(tmp_path / "a.ogg")


def test_a_file_is_checked_again_when_it_changes(tmp_path: Path) -> None:
    content = _write(tmp_path / "a.ogg", "VORBIS")
    header(tmp_path / "a.ogg")
    (tmp_path / "a.ogg").write_bytes(content[: len(content) // 2])
    with pytest.raises(Refused, match="truncated"):
        header(tmp_path / "a.ogg")
