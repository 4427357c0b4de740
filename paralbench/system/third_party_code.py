"""Errors of third-party code, turned into one sentence that names the code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from paralbench.records.errors import ParalbenchError


def first_line(error: Exception) -> str:
    """The first line of an error's message; the name of its type where it has none.

    >>> first_line(ValueError("no such file: a.wav\\nsee the manual"))
    'no such file: a.wav'
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextmanager
def third_party(name: str) -> Iterator[None]:
    """Turn an unexpected exception within the block into a ParalbenchError that starts with ``name``.

    Our own errors pass, and so does a missing package, which the caller can name better.
    """
    try:
        yield
    except (ParalbenchError, ModuleNotFoundError):
        raise
    except Exception as error:
        raise ParalbenchError(
            f"{name} failed: {type(error).__name__}: {error}. --debug shows where."
        ) from error
