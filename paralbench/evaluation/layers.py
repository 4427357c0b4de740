"""Scores of the same head on each hidden state alone, from the stored features."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from paralbench.evaluation.entry import run
from paralbench.evaluation.preparation import Preparation
from paralbench.features.engine import LOCAL, Engine
from paralbench.records.errors import UsageError
from paralbench.records.layer_analysis import LayerAnalysis
from paralbench.records.result import Result

_SETTING = "layers"


def analyse(
    prepared: Preparation,
    alone: Iterable[Preparation],
    cache: Path,
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda message: None,
) -> LayerAnalysis:
    """Score a head on all layers together and on each alone.

    Args:
        prepared: the entry whose head learns the weights of the layers.
        alone: the same entry on each layer, from layer 0.
        cache: root of the feature store.

    Raises:
        UsageError: for a head without the setting 'layers', or an entry of several encoders.
        ParalbenchError: if the entry cannot be run.
    """
    entry = prepared.entry
    if _SETTING not in type(prepared.settings).model_fields:
        raise UsageError(f"head '{entry.head}' has no setting '{_SETTING}'; linear-probe has.")
    if len(entry.encoders) > 1:
        raise UsageError(f"'{entry.model}' has several encoders; layers are analysed for one.")

    def score(preparation: Preparation) -> Result:
        return run(preparation, cache, engine=engine, quiet=quiet, say=say).result

    result = score(prepared)
    single = [score(preparation) for preparation in alone]
    return LayerAnalysis(
        schema_version=1,
        task=result.task,
        task_version=result.task_version,
        model=result.model.id,
        encoder=result.model.encoder,
        head=result.head,
        seeds=result.seeds,
        fingerprint=result.data.fingerprint,
        engine=result.provenance.engine,
        synthetic=result.data.synthetic,
        standing=result.standing,
        learned=result.score(result.ranking),
        weights=result.layer_weights or [1.0],
        single=[layer.score(layer.ranking) for layer in single],
    )
