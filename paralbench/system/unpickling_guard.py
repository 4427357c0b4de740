"""Refuses to load a pickle that names anything to import, because such a pickle can run code.

An audit hook catches ``pickle``'s look-up of classes and functions, in all threads and in every
library that uses it (pandas, NumPy, joblib, torch without ``weights_only``). The hook cannot be
removed; it does nothing outside the block.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from paralbench.records.errors import ParalbenchError

NO_NUMBERS = "it refuses or does nothing"


@contextmanager
def unpickling_refused(purpose: str) -> Iterator[None]:
    """Refuse within the block; ``purpose`` completes the message: "while a corpus is read".

    Raises:
        ParalbenchError: within the block, where a pickle asks for a class or function.
    """
    purposes = _purposes()
    purposes.append(purpose)
    try:
        yield
    finally:
        purposes.remove(purpose)


@cache
def _purposes() -> list[str]:
    active: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if active and event == "pickle.find_class":
            name = ascii(".".join(map(str, arguments)))[:80]
            raise ParalbenchError(
                f"a pickle that asks for {name} was refused {active[-1]}, because it can run code; "
                "keep the data as CSV, Parquet, JSON or NPY."
            )

    sys.addaudithook(hook)
    return active
