"""Named, versioned metrics, one a file, found by their name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from paralbench.metrics.metric import Metric
from paralbench.records.errors import UsageError
from paralbench.system.sources import reached

NO_NUMBERS = "it finds metrics by name"


def names() -> list[str]:
    """All metrics there are."""
    here = Path(__file__).parent
    return sorted(
        file.stem.replace("_", "-")
        for file in here.glob("*.py")
        if file.stem not in {"__init__", "metric", "curve"}
    )


def sources(name: str) -> frozenset[str]:
    """The modules that decide a metric's numbers."""
    return reached(f"{__name__}.{name.replace('-', '_')}")


def metric(name: str) -> Metric:
    """The metric called ``name``; raises :class:`UsageError` where there is none."""
    if name not in names():
        raise UsageError(f"there is no metric '{name}'; there are: {', '.join(names())}.")
    found = import_module(f"paralbench.metrics.{name.replace('-', '_')}").METRIC
    assert isinstance(found, Metric)
    return found
