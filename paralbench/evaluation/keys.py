"""What an entry's scores depend on, component by component; what the corpus adds is added later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.key import feature_key, feature_sources
from paralbench.features.spec import FeatureSpec
from paralbench.heads import head as find_head
from paralbench.heads import sources as head_sources
from paralbench.metrics import metric
from paralbench.metrics import sources as metric_sources
from paralbench.records.task_card import TaskCard
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
    """The modules that decide an entry's scores, by component; arguments as in `components`."""
    evaluation = sources.reached(_ENTRY, without=(*_ROOMS, _CUTTING))
    intervals = {module for module in evaluation if module.startswith("paralbench.statistics.")}
    found = {
        "evaluation.sources": evaluation - intervals,
        "intervals.sources": frozenset(intervals),
        "head.sources": head_sources(head),
    }
    if find_head(head).cutting(settings) is not None:
        found["cutting.sources"] = sources.reached(_CUTTING, without=(*_ROOMS, _ENTRY)) - evaluation
    for name in task.metrics.report:
        found[f"metric.{name}.sources"] = metric_sources(name)
    for encoder in encoders:
        for part, made in feature_sources(encoder, spec).items():
            found[f"features.{encoder.card.id}.{part}"] = made
    return found


def components(
    task: TaskCard,
    encoders: Sequence[LoadableEncoder],
    head: str,
    settings: Any,
    spec: FeatureSpec,
    seeds: Sequence[int],
) -> dict[str, str]:
    """Everything but :data:`DATA`, by name: digests, or words where they are short.

    Args:
        task: its card.
        encoders: in the order of the model's name.
        head: its name.
        settings: the head's, its recipe included.
        spec: what is kept of each clip.
        seeds: of the fits.
    """
    found = {
        "task": settings_digest(task),
        "head": head,
        "head.settings": settings_digest(settings),
        "seeds": " ".join(map(str, seeds)),
        **{f"metric.{name}": f"version {metric(name).version}" for name in task.metrics.report},
    }
    for encoder in encoders:
        key = {
            **feature_key(encoder, spec).components,
            "pinned": str(encoder.weights.pinned),
            "null": str(encoder.card.null),
        }
        if encoder.card.words is not None:
            key["words"] = encoder.card.words.model_dump_json()
        found |= {f"features.{encoder.card.id}.{part}": value for part, value in key.items()}
    digests = modules(task, encoders, head, settings, spec)
    return found | {name: sources.digest(made) for name, made in digests.items()}
