"""A bundle as a batch needs it: its card here, the screener itself in each process that works."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from paralbench.catalog import from_environment
from paralbench.screener.bundle import Bundle
from paralbench.screening.assessor import Assessor
from paralbench.screening.batch import Screening


def opened(
    path: Path,
    sha256: str | None = None,
    weights: Path | None = None,
    catalogs: tuple[Path, ...] = (),
) -> Screening:
    """Open a bundle; the encoder is loaded by those who work, which take the same bundle only.

    Args:
        path: the bundle.
        sha256: what the bundle's must be; None to take what is found.
        weights: the encoder's, where they are neither inside nor installed.
        catalogs: folders with models of the user's own.

    Raises:
        BundleError: where it is no bundle, is damaged, or is not the one meant.
    """
    bundle = Bundle.open(path, sha256)
    opener = partial(_screener, path, bundle.sha256, weights, catalogs)
    return Screening(bundle.manifest, bundle.sha256, opener)


def _screener(
    path: Path, sha256: str, weights: Path | None, catalogs: tuple[Path, ...]
) -> Assessor:
    from paralbench.screener.screener import Screener

    return Screener.open(path, weights, catalog=from_environment(catalogs), sha256=sha256)
