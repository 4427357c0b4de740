"""Layer by layer: the same head on every hidden state alone. Features are read, never made anew."""

from __future__ import annotations

from collections.abc import Callable
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
    on: Callable[[int], Preparation],
    cache: Path,
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda words: None,
) -> LayerAnalysis:
    """Score a head on all layers together and on each alone.

    Args:
        prepared: the entry whose head learns the weights of the layers.
        on: the same entry on one layer, by its number from 0.
        cache: root of the feature store.
        engine: what extracts.
        quiet: no progress.
        say: where remarks go.

    Raises:
        UsageError: for a head that cannot be told its layers, or an entry of several encoders.
        ParalbenchError: where the entry cannot be run.
    """
    entry = prepared.entry
    if _SETTING not in type(prepared.settings).model_fields:
        raise UsageError(
            f"head '{entry.head}' has no setting '{_SETTING}'; linear-probe is made for this."
        )
    if len(entry.encoders) > 1:
        raise UsageError(f"'{entry.model}' is several encoders; layers are looked at one by one.")

    def result(of: Preparation) -> Result:
        return run(of, cache, engine=engine, quiet=quiet, say=say).result

    whole = result(prepared)
    layers = entry.encoders[0].card.layers
    single = [result(on(layer)) for layer in range(layers)]
    return LayerAnalysis(
        schema_version=1,
        task=whole.task,
        task_version=whole.task_version,
        model=whole.model.id,
        encoder=whole.model.encoder,
        head=whole.head,
        seeds=whole.seeds,
        fingerprint=whole.data.fingerprint,
        engine=whole.provenance.engine,
        synthetic=whole.data.synthetic,
        standing=whole.standing,
        learned=whole.score(whole.ranking),
        weights=whole.layer_weights or [1.0],
        single=[one.score(one.ranking) for one in single],
    )
