"""Compares the recorded key of a result with the current key of the same entry."""

from __future__ import annotations

from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.encoders.weights import NONE, WeightsFile
from paralbench.evaluation import keys
from paralbench.evaluation.benchmark import Benchmark, Failed, Request
from paralbench.evaluation.preparation import required_spec
from paralbench.evaluation.transfer import derived
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.records.errors import ParalbenchError
from paralbench.results.key import Change, changes

_OF_WEIGHTS = ("encoder.weights", "encoder.files", "pinned")
"""The components of an encoder that need its weights."""


def staleness(recorded: dict[str, str], request: Request, catalog: Catalog) -> list[Change]:
    """All components of a result's key, as recorded and as computed now.

    Components that need the corpus are unknown if the request has no data, and those that need the
    weights of an encoder if they are not on this machine.

    ``recorded`` is the key in the result, ``request`` of the result's entry only.

    Raises:
        UsageError: for a task, model or head that no longer exists.
        ParalbenchError: if the request has data and the entry cannot be prepared.
    """
    if request.data:
        (prepared,) = Benchmark(catalog, request, Path(), Path()).preparations()
        if isinstance(prepared, Failed):
            raise prepared.error
        return changes(recorded, prepared.components, {})
    (model,), (head,), (tested,) = request.models, request.heads, request.tasks
    task = catalog.task(tested)
    if request.across is not None:
        labels = catalog.label_set(request.across)
        task = derived(request.across, labels, catalog.task(request.trained or tested), task)
    if request.protocol is not None:
        task = request.protocol.applied(task, catalog.corpus(task.corpus).card)
    unknown = dict.fromkeys(keys.DATA, "needs the corpus (--data)")
    encoders = []
    for name in catalog.streams(model):
        entry = catalog.model(name)
        try:
            encoders.append(loadable(entry, request.weights, request.placement))
        except ParalbenchError:
            absent = WeightsFile(None, NONE, NONE, pinned=False)
            encoders.append(LoadableEncoder(entry.card, entry.folder, absent, request.placement))
            parts = [f"features.{name}.{part}" for part in _OF_WEIGHTS]
            unknown |= dict.fromkeys(parts, f"needs the weights (--weights {name}=DIR)")
    settings = find_settings(head, request.head_settings)
    spec = required_spec(task, model, head, settings)
    seeds = request.seeds[:1] if find_head(head).deterministic else request.seeds
    current = keys.components(task, encoders, head, settings, spec, seeds)
    return changes(recorded, current, unknown)
