"""Strict parsing of untrusted JSON and TOML: ambiguous text is refused.

It belongs to the records, because cards are read with it.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
import unicodedata
from typing import Any, TypeAlias

LARGEST = 64 * 2**20
"""Bytes of a file."""
LONGEST = 2**20
"""Characters of one string."""
DEEPEST = 64
MOST = 2**20
"""Values of one file, counted by the commas between them."""
_INTEGER = 2**63
_DOTS = 200
"""Dots of a line of TOML on one side of '='."""


def parse_json(
    content: bytes,
    *,
    largest: int = LARGEST,
    deepest: int = DEEPEST,
    longest: int = LONGEST,
    any_form: bool = False,
) -> Any:
    """The values of UTF-8 JSON. Equal to :func:`json.loads` unless refused.

    Args:
        content: the file's bytes.
        largest: maximum number of bytes.
        deepest: maximum nesting of lists and objects.
        longest: maximum number of characters of a string.
        any_form: whether text may be in any Unicode normal form, as on a user's own disk.

    Raises:
        ValueError: with a message to follow "the file": for invalid JSON, a repeated key, NaN, infinity,
            an integer beyond 64 bits, a lone surrogate, and anything too large, deep or long.

    >>> parse_json(b'{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> parse_json(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: has the key 'a' twice
    """
    if len(content) > largest:
        raise ValueError(f"has more than {largest} bytes")
    if _depth(content) > deepest:
        raise ValueError(f"is nested more than {deepest} deep")
    if content.count(b",") > MOST:
        raise ValueError(f"has more than {MOST} values")
    try:
        values = json.loads(_text(content), object_pairs_hook=_unique)
    except _RefusedError:
        raise
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not valid JSON ({error})") from None
    _check(values, deepest, longest, any_form)
    return values


def parse_toml(
    content: bytes, *, largest: int = 2**20, deepest: int = DEEPEST, longest: int = LONGEST,
    any_form: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The values of UTF-8 TOML; arguments and errors as for :func:`parse_json`.

    >>> parse_toml(b"rate = 16000")
    {'rate': 16000}
    """
    if len(content) > largest:
        raise ValueError(f"has more than {largest} bytes")
    # tomllib takes time with the square of a key's parts.
    if any(part.count(b".") > _DOTS for part in re.split(rb"[=\n]", content)):
        raise ValueError(f"is nested more than {deepest} deep: a line has over {_DOTS} dots")
    try:
        values = tomllib.loads(_text(content))
    except _RefusedError:
        raise
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not valid TOML: {error}") from None
    _check(values, deepest, longest, any_form)
    return values


class _RefusedError(ValueError):
    """An error with its own message, unlike a parser's."""


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _RefusedError(f"cannot be read as UTF-8 text ({error})") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _RefusedError(f"has the key {ascii(key)[:80]} twice")
            seen.add(key)
    return values


def _depth(content: bytes) -> int:
    """The nesting of brackets outside strings; exact for valid JSON only."""
    unescaped = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    depth = deepest = 0
    for bracket in re.findall(rb"[][{}]", b"".join(unescaped.split(b'"')[::2])):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


_Path: TypeAlias = "tuple[_Path, str | int] | None"
"""Where a value is: its parent's path and its own key or number; None at the top."""


def _check(values: Any, deepest: int, longest: int, any_form: bool) -> None:
    """Refuse values out of bounds, level by level, so that nesting cannot exhaust the stack."""
    level: list[tuple[_Path, Any]] = [(None, values)]
    depth = 0
    while level:
        below: list[tuple[_Path, Any]] = []
        for path, value in level:
            fault = None
            if isinstance(value, str):
                fault = _text_fault(value, longest, any_form)
            elif isinstance(value, dict):
                below += ((path, name) for name in value)
                below += (((path, name), item) for name, item in value.items())
            elif isinstance(value, list):
                below += (((path, number), item) for number, item in enumerate(value))
            elif isinstance(value, float) and not math.isfinite(value):
                fault = f"holds {json.dumps(value)}, which is not a finite number"
            elif isinstance(value, int) and not -_INTEGER <= value < _INTEGER:
                fault = "holds an integer beyond 64 bits"
            if fault is not None:
                raise ValueError(f"{fault} (key {_dotted(path)})" if path else fault)
        level = below
        depth += bool(level)
        if depth > deepest:
            raise ValueError(f"is nested more than {deepest} deep")


def _dotted(path: _Path) -> str:
    names: list[str] = []
    while path is not None:
        path, name = path
        names.append(str(name))
    return ascii(".".join(reversed(names)))[:200]


def _text_fault(text: str, longest: int, any_form: bool) -> str | None:
    if len(text) > longest:
        return f"holds a text of {len(text)} characters, at most {longest} are allowed"
    if text.isascii():
        return None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return f"holds half a character, {ascii(text)[:80]}"
    if not any_form and not unicodedata.is_normalized("NFC", text):
        return f"holds text that is not in Unicode normal form C, {ascii(text)[:80]}"
    return None
