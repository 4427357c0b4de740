"""Numbers, bytes and seconds as people read them."""

from __future__ import annotations

import pytest

from paralbench.system import quantity


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0, "0"), (999, "999"), (8.19e6, "8.19 M"), (2e12, "2 T")]
)
def test_prefixes(value: float | None, text: str) -> None:
    assert quantity.prefixed(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(999.0, "999 B"), (2048, "2 KiB"), (1023 << 20, "1023 MiB"), (3 << 30, "3 GiB")],
)
def test_bytes(value: float, text: str) -> None:
    assert quantity.binary(value) == text


@pytest.mark.parametrize(("value", "text"), [(2.0, "2 s"), (0.0125, "12.5 ms"), (5e-6, "5 µs")])
def test_seconds(value: float, text: str) -> None:
    assert quantity.seconds(value) == text
