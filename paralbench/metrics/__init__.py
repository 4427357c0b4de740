"""Named, versioned metrics, one for each file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from paralbench.metrics.metric import Metric
from paralbench.records.errors import UsageError
from paralbench.system.sources import reached

NO_NUMBERS = "it finds metrics by name"


def names() -> list[str]:
    """Names of all metrics."""
    return sorted(
        file.stem.replace("_", "-")
        for file in Path(__file__).parent.glob("*.py")
        if file.stem not in {"__init__", "metric", "curve"}
    )


def sources(name: str) -> frozenset[str]:
    """The modules that affect a metric's score."""
    return reached(f"{__name__}.{name.replace('-', '_')}")


def metric(name: str) -> Metric:
    """The metric called ``name``; raises :class:`UsageError` if unknown.

    >>> metric("uar").name
    'uar'
    """
    if name not in names():
        raise UsageError(f"there is no metric '{name}'; there are: {', '.join(names())}.")
    known = import_module(f"paralbench.metrics.{name.replace('-', '_')}").METRIC
    assert isinstance(known, Metric)
    return known
