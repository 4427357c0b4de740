"""Makes a bundle of a result: heads refitted, calibrated on out-of-fold predictions, and described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from safetensors.numpy import save

from paralbench.bundling.manifest import Parts, described
from paralbench.bundling.null_comparison import compared
from paralbench.bundling.operating_point import Goal
from paralbench.bundling.quality_statistics import QualityStatistics
from paralbench.bundling.refitting import refit
from paralbench.bundling.validation import mean_of_seeds, validated
from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Failed, Request
from paralbench.evaluation.preparation import Preparation
from paralbench.heads.deployable import Layout
from paralbench.records.bundle import Manifest
from paralbench.records.errors import ParalbenchError
from paralbench.records.intended_use import IntendedUse
from paralbench.records.result import Result
from paralbench.results import files
from paralbench.results.predictions import Predictions
from paralbench.screener import compiled, self_check
from paralbench.screener.encoder import CARD, card_member, embedded, forbids_a_copy
from paralbench.screener.novelty import Novelty, distances, limit
from paralbench.screener.windows import WindowReader

RANGE = "range.safetensors"


@dataclass(frozen=True)
class BundleSettings:
    """What a bundle is made for.

    Args:
        use: what its makers say of it.
        level: of conformal sets and intervals.
        goal: of the operating point.
        members: number of heads whose mean output counts, one per seed; by default all seeds where
            the head takes pooled records, which costs nothing, and one where it takes frames.
        embed: whether the encoder's weights are inside; None where licence and size permit.
    """

    use: IntendedUse = field(default_factory=IntendedUse)
    level: float = 0.9
    goal: Goal = field(default_factory=Goal)
    members: int | None = None
    embed: bool | None = None


def make(
    file: Path,
    catalog: Catalog,
    request: Callable[[Result], Request],
    cache: Path,
    settings: BundleSettings | None = None,
    say: Callable[[str], None] = lambda words: None,
    quiet: bool = False,
    adapt: Callable[[Preparation], Preparation] = lambda prepared: prepared,
) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest and members of a bundle.

    Args:
        file: the result, its predictions beside it.
        catalog: tasks and models.
        request: the request that runs the result's entry on this machine.
        cache: root of the feature store.
        settings: what the bundle is made for.
        say: called with remarks for the user.
        quiet: show no progress.
        adapt: changes the prepared entry, such as to a head that was trained elsewhere.

    Raises:
        ParalbenchError: where no bundle can be made of the result, with the reason.
    """
    settings = settings or BundleSettings()
    result = files.read(file)
    cards = result.cards
    if not files.has_predictions(file, result):
        raise ParalbenchError(
            f"{file.with_suffix('.parquet')}: expected the predictions of this result, from which the "
            "screener is calibrated; they are missing or belong to another result."
        )
    if cards is None:
        raise ParalbenchError(f"{file}: it holds no cards; run its entry again.")
    reason = _obstacle(result)
    if reason:
        raise ParalbenchError(f"{file}: {reason}.")
    predictions, _ = Predictions.restored(
        pq.read_table(file.with_suffix(".parquet")), result.classes
    )
    prepared = next(iter(Benchmark(catalog, request(result), cache, cache).preparations()))
    if isinstance(prepared, Failed):
        raise prepared.error
    prepared = adapt(prepared)
    (encoder,) = prepared.entry.encoders
    count = settings.members or (len(result.seeds) if prepared.spec.kind == "pooled" else 1)
    if count > len(result.seeds):
        raise ParalbenchError(
            f"{file}: expected at most {len(result.seeds)} members, one for each seed, got {count}."
        )
    validation = validated(
        mean_of_seeds(predictions, count), cards.task, settings.level, settings.goal
    )
    refitted = refit(prepared, result, count, cache, say, quiet)
    states = [
        {name: np.ascontiguousarray(values) for name, values in state.items()}
        for state in refitted.states
    ]
    weights = embedded(encoder, settings.embed)
    if weights.chief is None:
        say(f"the encoder's weights are not in the bundle: {weights.why_not}.")
    heads = {f"head/{number}.safetensors": save(state) for number, state in enumerate(states)}
    card, spec = encoder.card, prepared.spec
    layout = Layout((card,), spec, len(result.classes))
    deployed = [prepared.head.deployable(state, prepared.settings, layout) for state in states]
    loaded = encoder.load()
    reader = WindowReader(loaded, card, spec, prepared.head.cutting(prepared.settings))
    faster = None
    if settings.embed is not False and not forbids_a_copy(card):
        clips = [clip for example in refitted.selection.examples for clip in example.clips]
        faster = compiled.convert(encoder, loaded, clips, cache)
    members = {
        **heads,
        **weights.members,
        CARD: card_member(card),
        RANGE: save(Novelty.fitted(refitted.records, refitted.owners).tensors()),
        self_check.MEMBER: self_check.made(card, reader, deployed),
    }
    if faster is not None:
        members[faster[0].member] = faster[1]
    novelties = distances(refitted.records, refitted.owners)
    parts = Parts(
        result=result,
        cards=cards,
        use=settings.use,
        validation=validation,
        refitted=refitted,
        encoder=encoder,
        chief=weights.chief,
        compiled=None if faster is None else faster[0],
        heads=list(heads),
        parameters=sum(int(values.size) for values in states[0].values()),
        range=RANGE,
        limit=limit(novelties, refitted.owners),
        quality=QualityStatistics.of(refitted.selection.examples),
        distances=novelties,
        above_null=compared(file, result),
    )
    return described(parts), members


def _obstacle(result: Result) -> str:
    """Why no bundle can be made of a result; "" where one can."""
    if result.target.get("kind") == "series":
        return (
            f"'{result.task}' has a value at every moment; a screener gives one class or number per "
            "recording"
        )
    if result.target.get("kind") == "distribution":
        return (
            f"'{result.task}' has a distribution of raters; a screener gives one class or number per "
            "recording"
        )
    if result.model.streams:
        return f"it fuses {len(result.model.streams)} encoders; a bundle holds one"
    if result.transfer is not None:
        return (
            "it was trained on one corpus and tested on another; bundle the result of the task "
            f"'{result.transfer.trained}' instead"
        )
    if result.training.settings.get("search"):
        return (
            "each fold searched its own settings; run the entry with the settings to deploy (--set), "
            "so that they are what is scored"
        )
    return ""
