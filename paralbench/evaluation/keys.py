"""The components on which an entry's scores depend, except those of the corpus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.key import feature_key, feature_sources
from paralbench.features.spec import FeatureSpec
from paralbench.heads import control_settings as find_control
from paralbench.heads import head as find_head
from paralbench.heads import sources as head_sources
from paralbench.metrics import CALIBRATION, metric
from paralbench.metrics import sources as metric_sources
from paralbench.records.task_card import ClassTarget, TaskCard
from paralbench.results.key import settings_digest
from paralbench.system import sources

NO_NUMBERS = "it names entries, it does not compute them"

DATA = ("data", "data.refused", "data.synthetic")
"""The components that need the corpus."""

_ENTRY = "paralbench.evaluation.entry"
_CUTTING = "paralbench.evaluation.cutting"
_ROOMS = tuple(f"paralbench.{room}" for room in ("encoders", "features", "heads", "metrics"))


def modules(
    task: TaskCard,
    encoders: Sequence[LoadableEncoder],
    head: str,
    settings: Any,
    spec: FeatureSpec,
) -> dict[str, frozenset[str]]:
    """The modules that determine an entry's scores, by component; arguments as in `components`."""
    evaluation = sources.reached(_ENTRY, without=(*_ROOMS, _CUTTING))
    intervals = {module for module in evaluation if module.startswith("paralbench.statistics.")}
    sources_of = {
        "evaluation.sources": evaluation - intervals,
        "intervals.sources": frozenset(intervals),
        "head.sources": head_sources(head),
    }
    if find_head(head).cutting(settings) is not None:
        sources_of["cutting.sources"] = (
            sources.reached(_CUTTING, without=(*_ROOMS, _ENTRY)) - evaluation
        )
    calibration = CALIBRATION if isinstance(task.target, ClassTarget) else ()
    for name in (*task.metrics.report, *calibration):
        sources_of[f"metric.{name}.sources"] = metric_sources(name)
    for encoder in encoders:
        for part, used in feature_sources(encoder, spec).items():
            sources_of[f"features.{encoder.card.id}.{part}"] = used
    return sources_of


def components(
    task: TaskCard,
    encoders: Sequence[LoadableEncoder],
    head: str,
    settings: Any,
    spec: FeatureSpec,
    seeds: Sequence[int],
) -> dict[str, str]:
    """All components except :data:`DATA`, by name: digests or short texts.

    ``encoders`` are in the order of the model's name; ``settings`` include the head's recipe.
    """
    result = {
        "task": settings_digest(task),
        "head": head,
        "head.settings": settings_digest(settings),
        "seeds": " ".join(map(str, seeds)),
        **{f"metric.{name}": f"version {metric(name).version}" for name in task.metrics.report},
    }
    control = find_control(head)
    if control is not None:
        result["head.control"] = control.model_dump_json()
    for encoder in encoders:
        key = {
            **feature_key(encoder, spec).components,
            "pinned": str(encoder.weights.pinned),
            "null": str(encoder.card.null),
        }
        if encoder.card.words is not None:
            key["words"] = encoder.card.words.model_dump_json()
        result |= {f"features.{encoder.card.id}.{part}": value for part, value in key.items()}
    reached = modules(task, encoders, head, settings, spec)
    return result | {name: sources.digest(used) for name, used in reached.items()}
