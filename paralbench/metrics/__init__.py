"""Named, versioned metrics, one for each file, and those of plug-ins."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from paralbench.metrics.metric import Metric
from paralbench.records.errors import UsageError
from paralbench.system.plug_ins import PlugIn, plug_ins
from paralbench.system.sources import reached

NO_NUMBERS = "it finds metrics by name"

CALIBRATION = ("brier", "ece")
"""Those that measure calibration, beside the log-loss."""


def names() -> list[str]:
    """Names of all metrics."""
    return sorted({*own_names(), *_plug_ins()})


def origins() -> dict[str, PlugIn | None]:
    """Every metric's plug-in by name, None for a metric of this package; nothing is imported."""
    return {**dict.fromkeys(own_names()), **_plug_ins()}


@cache
def own_names() -> tuple[str, ...]:
    """Names of the metrics of this package."""
    return tuple(
        sorted(
            file.stem.replace("_", "-")
            for file in Path(__file__).parent.glob("*.py")
            if file.stem not in {"__init__", "metric", "curve", "distribution"}
        )
    )


def sources(name: str) -> frozenset[str]:
    """The modules that affect a metric's score."""
    if plug_in := _plug_ins().get(name):
        return reached(plug_in.module)
    return reached(f"{__name__}.{name.replace('-', '_')}")


def metric(name: str) -> Metric:
    """The metric called ``name``; raises :class:`UsageError` if unknown.

    >>> metric("uar").name
    'uar'
    """
    if name in own_names():
        known = import_module(f"paralbench.metrics.{name.replace('-', '_')}").METRIC
    elif plug_in := _plug_ins().get(name):
        known = plug_in.load()
    else:
        raise UsageError(f"there is no metric '{name}'; there are: {', '.join(names())}.")
    assert isinstance(known, Metric), f"metric '{name}' is a {type(known).__name__}"
    return known


def _plug_ins() -> dict[str, PlugIn]:
    return plug_ins("metrics", own_names())
