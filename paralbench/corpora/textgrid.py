"""Praat's TextGrid, in its long and its short text form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paralbench.records.errors import Refused

# Like Praat, read only free-standing quoted texts, numbers and flags: the long form is the short one
# with words in between.
_TOKEN = re.compile(
    r'"(?:[^"]|"")*"|(?<!\S)<\w+>(?!\S)|(?<!\S)-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\S)'
)


@dataclass(frozen=True, slots=True)
class Interval:
    """A labelled interval: start and end in seconds, and the text as in the file."""

    start: float
    end: float
    text: str


def read_intervals(file: Path) -> dict[str, list[Interval]]:
    """The interval tiers of a TextGrid by name; point tiers are skipped.

    Raises:
        Refused: for a file that is not a TextGrid or ends too early.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Refused(f"the TextGrid cannot be read ({error.strerror})") from None
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    tokens = iter(_TOKEN.findall(text))
    if [next(tokens, ""), next(tokens, "")] != ['"ooTextFile"', '"TextGrid"']:
        raise Refused("it is not a TextGrid in text form")
    try:
        return dict(_tiers(tokens))
    except (StopIteration, ValueError):
        raise Refused("its TextGrid is damaged or ends too early") from None


def _tiers(tokens: Iterator[str]) -> list[tuple[str, list[Interval]]]:
    _number(tokens), _number(tokens)
    if next(tokens) != "<exists>":
        return []
    tiers = []
    for _ in range(int(_number(tokens))):
        kind, name = _text(tokens), _text(tokens)
        _number(tokens), _number(tokens)
        intervals = []
        for _ in range(int(_number(tokens))):
            start = _number(tokens)
            if kind == "IntervalTier":
                intervals.append(Interval(start, _number(tokens), _text(tokens)))
            else:
                _text(tokens)
        if kind == "IntervalTier":
            tiers.append((name, intervals))
    return tiers


def _number(tokens: Iterator[str]) -> float:
    return float(next(tokens))


def _text(tokens: Iterator[str]) -> str:
    token = next(tokens)
    if not token.startswith('"'):
        raise ValueError(token)
    return token[1:-1].replace('""', '"')
