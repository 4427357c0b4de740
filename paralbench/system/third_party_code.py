"""Runs code of a catalogue's author: whatever it raises becomes a sentence that names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from paralbench.records.errors import ParalbenchError


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
