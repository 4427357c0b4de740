"""Random changes of a file: bits, bytes, spans, numbers and words that readers stumble over."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

TOKENS = (
    b"0", b"-1", b"1e999", b"NaN", b"Infinity", b"9" * 400, b"9" * 5000, str(2**63).encode(),
    b'"\\ud800"', b'""', b"null", b"true", b"[]", b"{}", b"[" * 200, b'{"a":' * 200, b"a." * 200,
    "e\u0301".encode(), "\u202e".encode(), b"\x00", b"\xff\xff\xff\xff", b"\xff" * 8,
    b"\x00" * 8, b"../../x", b"PK\x05\x06", b"PK\x03\x04", b"PAR1", b"\x80\x04", b'"', b"\\", b"\n",
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def mutated(content: bytes, number: int) -> bytes:
    """``content`` with one to four random changes, the same for the same ``number``."""
    rng = random.Random(number)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        content = rng.choice(_CHANGES)(content, rng)
    return content


def _bit(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content) or 1)
    changed = bytes([content[place] ^ 1 << rng.randrange(8)]) if content else b""
    return content[:place] + changed + content[place + 1 :]


def _at_the_end(content: bytes, rng: random.Random) -> bytes:
    """Formats keep their lists and lengths in the last bytes."""
    cut = max(0, len(content) - 2000)
    return content[:cut] + _bit(content[cut:], rng)


def _removed(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    return content[:start] + content[start + rng.choice((1, 2, 8, 100, 10**6)) :]


def _doubled(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    end = start + rng.choice((1, 8, 100, 10_000))
    return content[:end] + content[start:end] * rng.choice((1, 2, 50)) + content[end:]


def _token(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    return content[:start] + rng.choice(TOKENS) + content[start + rng.choice((0, 0, 1, 8)) :]


def _number(content: bytes, rng: random.Random) -> bytes:
    numbers = list(_NUMBER.finditer(content))
    if not numbers:
        return _token(content, rng)
    chosen = rng.choice(numbers)
    return content[: chosen.start()] + rng.choice(TOKENS) + content[chosen.end() :]


_CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _bit, _at_the_end, _removed, _doubled, _token, _number,
)  # fmt: skip
