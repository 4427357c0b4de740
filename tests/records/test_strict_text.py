"""Strict JSON and TOML: as the standard library reads it, or refused in words."""

from __future__ import annotations

import json
import math
import tomllib
import unicodedata
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.records.strict_text import parse_json, parse_toml

_texts = st.text(st.characters(exclude_categories=["Cs"])).map(
    lambda text: unicodedata.normalize("NFC", text)
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _texts
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(_values, st.booleans(), st.sampled_from([None, 1]))
def test_valid_json_is_read_as_the_standard_library_reads_it(
    value: Any, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert parse_json(text.encode()) == json.loads(text)


@given(
    st.binary(max_size=200) | st.text('{}[]",:\\u0123456789eE+-.dnulltrfasNaIiy ').map(str.encode)
)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for parse in (parse_json, parse_toml):
        with suppress(ValueError):
            parse(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a": {"b": 1, "b": 1}}', "has the key 'b' twice"),
        (b"[NaN]", "holds NaN, which is not a finite number"),
        (b"[-Infinity]", "holds -Infinity"),
        (b"[1e999]", "holds Infinity"),
        (b"[9223372036854775808]", "beyond 64 bits"),
        (b"[-9223372036854775809]", "beyond 64 bits"),
        (b"1" * 5000, "is not valid JSON"),
        (rb'["\ud800"]', "half a character"),
        (rb'{"\udfff": 1}', "half a character"),
        ("e\u0301".join('""').encode(), "normal form C"),
        (b"\xff", "UTF-8"),
        (b"\xef\xbb\xbf{}", "is not valid JSON"),
        (b"[" * 65 + b"]" * 65, "nested more than 64 deep"),
        (b"[" * 1_000_000, "nested more than 64 deep"),
        (b'{"a":' * 1_000_000, "nested more than 64 deep"),
        (b'"' + b"a" * (2**20 + 1) + b'"', "at most 1048576"),
        (b" " * (64 * 2**20 + 1), "more than"),
        (b"", "is not valid JSON"),
    ],
)
def test_what_is_ambiguous_or_too_large_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_json(content)


def test_the_bounds_themselves_are_allowed() -> None:
    assert parse_json(b"[" * 64 + b"]" * 64)
    assert parse_json(b"[-9223372036854775808, 9223372036854775807]")
    assert parse_json(rb'"\ud83d\ude00"') == "\N{GRINNING FACE}"
    assert parse_json(b'"[[[[[\\"{{{{"', deepest=1)


def test_text_of_a_users_own_disk_may_have_any_form() -> None:
    assert parse_json("e\u0301".join('""').encode(), any_form=True) == "e\u0301"


class _Counted(str):
    """A key that counts how often keys are compared."""

    __slots__ = ()
    comparisons = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        _Counted.comparisons += 1
        return str.__eq__(self, other)


def test_many_repeated_keys_are_refused_in_linear_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """400 KB of them took a minute when each key was counted among all."""
    content = "{" + ", ".join(f'"{number}": 0' for number in [*range(20_000), *range(20_000)]) + "}"
    assert len(content) > 400_000
    with pytest.raises(ValueError, match="has the key '0' twice"):
        parse_json(content.encode())
    from paralbench.records import strict_text

    with pytest.raises(ValueError, match="twice"):
        strict_text._unique([(_Counted(n), 0) for n in [*range(5000), *range(5000)]])
    assert _Counted.comparisons < 5 * 10_000


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.integers(-99, 99)))
def test_valid_toml_is_read_as_the_standard_library_reads_it(values: dict[str, int]) -> None:
    text = "".join(f"{key} = {value}\n" for key, value in values.items())
    assert parse_toml(text.encode()) == tomllib.loads(text) == values


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = ", "is not valid TOML"),
        (b"a = 1\na = 2", "is not valid TOML"),
        (b"a = nan", "not a finite number"),
        (b"a = inf", "not a finite number"),
        (b"a = 9223372036854775808", "beyond 64 bits"),
        (b"a = " + b"[" * 65 + b"]" * 65, "nested more than 64 deep"),
        (b"a = " + b"[" * 100_000, "is not valid TOML"),
        (b"a." * 70 + b"a = 1", "nested more than 64 deep"),
        (b"a." * 400_000 + b"a = 1", "over 200 dots"),
        (b"a = {" + b"a." * 400_000 + b"a = 1}", "over 200 dots"),
        (b"#" * (2**20 + 1), "more than"),
        ("a = 'e\u0301'".encode(), "normal form C"),
        (b"\xff", "UTF-8"),
    ],
)
def test_toml_that_is_ambiguous_or_too_large_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_toml(content)


def test_floats_are_not_rounded() -> None:
    assert math.isclose(parse_json(b"0.1"), 0.1, rel_tol=0)
