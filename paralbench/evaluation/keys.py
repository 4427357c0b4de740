"""What an entry's scores depend on, component by component; what the corpus adds is added later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.key import feature_key
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
_ROOMS = tuple(
    f"paralbench.{room}" for room in ("audio", "encoders", "features", "heads", "metrics")
)


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
    evaluation = sources.reached(_ENTRY, without=(*_ROOMS, _CUTTING))
    intervals = {module for module in evaluation if module.startswith("paralbench.statistics.")}
    found = {
        "task": settings_digest(task),
        "head": head,
        "head.settings": settings_digest(settings),
        "head.sources": sources.digest(head_sources(head)),
        "seeds": " ".join(map(str, seeds)),
        "evaluation.sources": sources.digest(evaluation - intervals),
        "intervals.sources": sources.digest(frozenset(intervals)),
    }
    if find_head(head).cutting(settings) is not None:
        cutting = sources.reached(_CUTTING, without=(*_ROOMS[1:], _ENTRY))
        found["cutting.sources"] = sources.digest(cutting - evaluation)
    for name in task.metrics.report:
        version = metric(name).version
        found[f"metric.{name}"] = f"{version} {sources.digest(metric_sources(name))}"
    for encoder in encoders:
        card = encoder.card
        key = {**feature_key(encoder, spec).components, "pinned": str(encoder.weights.pinned)}
        if card.words is not None:
            key["words"] = card.words.model_dump_json()
        found |= {f"features.{card.id}.{part}": value for part, value in key.items()}
    return found
