"""Modules as runtimes that trace want them: quiet, any length, hidden states stacked."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def tracing() -> Iterator[None]:
    """No gradients, and none of the warnings a tracer has for code that is not ours."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
