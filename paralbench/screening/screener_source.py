"""Where a batch gets its screener: the bundle's manifest now, the loaded screener in each worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from paralbench.catalog import from_environment
from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Manifest
from paralbench.screener.bundle import Bundle
from paralbench.screener.recordings import Recording


class Assessor(Protocol):
    """What a batch needs of a screener; ``computed`` names how its encoder is computed."""

    @property
    def computed(self) -> str: ...

    def assess(self, recording: Recording) -> Assessment:
        """Assess one recording in constant memory; problems are reported, never raised."""


@dataclass(frozen=True, slots=True)
class ScreenerSource:
    """A verified bundle that has not been loaded yet.

    Args:
        manifest: the bundle's.
        sha256: the bundle's.
        load: loads encoder and heads for a number of threads; a module-level function or a partial
            of one, so that it can be sent to a worker process.
    """

    manifest: Manifest
    sha256: str
    load: Callable[[int], Assessor]


def open_bundle(
    path: Path,
    sha256: str | None = None,
    weights: Path | None = None,
    catalogs: tuple[Path, ...] = (),
    exact: bool = False,
) -> ScreenerSource:
    """Verify a bundle; workers later load exactly this bundle and no other.

    Args:
        path: the bundle.
        sha256: the bundle's expected hash; None accepts any.
        weights: folder of the encoder's weights, where they are neither inside nor installed.
        catalogs: folders with the user's own models.
        exact: compute the encoder as it was validated, where the bundle also has a faster way.

    Raises:
        BundleError: where the file is no bundle, is damaged, or has another hash.
    """
    bundle = Bundle.open(path, sha256)
    load = partial(_load, path, bundle.sha256, weights, catalogs, exact)
    return ScreenerSource(bundle.manifest, bundle.sha256, load)


def _load(
    path: Path,
    sha256: str,
    weights: Path | None,
    catalogs: tuple[Path, ...],
    exact: bool,
    threads: int,
) -> Assessor:
    from paralbench.screener.screener import Screener

    catalog = from_environment(catalogs)
    return Screener.open(
        path, weights, catalog=catalog, sha256=sha256, threads=threads, exact=exact
    )
