"""Names in archives that could mean another file than they say."""

from __future__ import annotations

import pytest

from paralbench.system.member_names import name_fault, name_faults


@pytest.mark.parametrize("name", ["a.json", "results/a+b/t/h.json", "_x/y-z.toml"])
def test_plain_names_pass(name: str) -> None:
    assert name_fault(name) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/etc/passwd", "absolute"), ("\\\\host\\x", "absolute"), ("C:/x", "absolute"),
        ("a/../b", "leads out"), ("a\\..\\b", "leads out"), ("a\\b", "backslash"),
        (".hidden", "not plain"), ("a//b", "not plain"), ("a/", "not plain"), ("a\0", "not plain"),
        ("é", "not plain"), ("a\n", "not plain"), ("a" * 201, "not plain"), ("", "not plain"),
        ("./a", "not plain"),
    ],
)  # fmt: skip
def test_others_are_named(name: str, words: str) -> None:
    fault = name_fault(name)
    assert fault is not None
    assert words in fault


def test_repeated_names_are_named_once_each() -> None:
    faults = name_faults(["a", "b", "a", "A", "B", ".."])
    assert faults[:2] == [None, None]
    assert faults[2] == "is listed twice"
    assert faults[3] == "differs from 'a' only in case"
    assert faults[4] == "differs from 'b' only in case"
    assert faults[5] is not None
