"""A bundle as a batch needs it: its card here, the screener itself in each process that works."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path

from paralbench.records.errors import BundleError
from paralbench.screening.assessor import Assessor
from paralbench.screening.batch import Screening
from paralbench.screening.bundle import Bundle


def opened(path: Path, sha256: str | None = None) -> Screening:
    """Open a bundle; the encoder is loaded by those who work, which take the same bundle only.

    Raises:
        BundleError: where it is no bundle, is damaged, or is not the one meant.
    """
    bundle = Bundle.open(path, sha256)
    return Screening(bundle.manifest, bundle.sha256, partial(_screener, path, bundle.sha256))


def _screener(path: Path, sha256: str) -> Assessor:
    screener: Assessor = import_module("paralbench.screening.screener").Screener.open(path)
    if screener.sha256 != sha256:
        raise BundleError(f"{path}: the bundle was changed while recordings were screened.")
    return screener
