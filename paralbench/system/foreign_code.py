"""Running code of a catalogue's author: whatever it raises becomes a sentence that names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from paralbench.records.errors import ParalbenchError


@contextmanager
def foreign(what: str) -> Iterator[None]:
    """Turn an unforeseen exception of ``what`` into a ParalbenchError, so that the others go on.

    Our own errors pass, and so does a missing package, which the caller can name better.
    """
    try:
        yield
    except (ParalbenchError, ModuleNotFoundError):
        raise
    except Exception as error:  # anything may come out of code that is not ours
        raise ParalbenchError(
            f"{what} failed: {type(error).__name__}: {error}. --debug shows where."
        ) from error
