"""A bundle made of a result: head refitted, calibrated on its out-of-fold predictions, and described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from safetensors.numpy import save

from paralbench.bundling.manifest import Parts, described
from paralbench.bundling.operating_point import Wish
from paralbench.bundling.quality_statistics import QualityStatistics
from paralbench.bundling.refitting import refit
from paralbench.bundling.validation import together, validated
from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Failed, Request
from paralbench.records.bundle import Manifest
from paralbench.records.errors import ParalbenchError
from paralbench.records.intended_use import IntendedUse
from paralbench.records.result import Cards, Result
from paralbench.results import files
from paralbench.results.predictions import Predictions
from paralbench.screener import self_check as proof
from paralbench.screener.deployed import member
from paralbench.screener.encoder import CARD, card_member, embedded
from paralbench.screener.novelty import Novelty, distances, limit
from paralbench.screener.windows import WindowReader

RANGE = "range.safetensors"


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a bundle.

    Args:
        use: what people say of it.
        level: of conformal sets and intervals.
        wish: of the operating point.
        members: heads whose mean answers, one a seed; by default all seeds where the head hears
            pooled records, which costs nothing, and one where it hears frames.
        embed: whether the encoder's weights are inside; None where they may be and are not too large.
    """

    use: IntendedUse = field(default_factory=IntendedUse)
    level: float = 0.9
    wish: Wish = field(default_factory=Wish)
    members: int | None = None
    embed: bool | None = None


def make(
    file: Path,
    catalog: Catalog,
    request: Callable[[Result], Request],
    cache: Path,
    wanted: Wanted | None = None,
    say: Callable[[str], None] = lambda words: None,
    quiet: bool = False,
) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest and members of a bundle.

    Args:
        file: the result, its predictions beside it.
        catalog: tasks and models.
        request: what the result's entry is asked for with here.
        cache: root of the feature store.
        wanted: what is wanted of it.
        say: told what a user should know.
        quiet: show no progress.

    Raises:
        ParalbenchError: where no bundle can be made of the result, with the reason.
    """
    wanted = wanted or Wanted()
    recorded = files.read(file)
    cards = _usable(file, recorded)
    found, _ = Predictions.restored(pq.read_table(file.with_suffix(".parquet")), recorded.classes)
    prepared = next(iter(Benchmark(catalog, request(recorded), cache, cache).preparations()))
    if isinstance(prepared, Failed):
        raise prepared.error
    (encoder,) = prepared.entry.encoders
    count = wanted.members or (len(recorded.seeds) if prepared.spec.kind == "pooled" else 1)
    if count > len(recorded.seeds):
        raise ParalbenchError(
            f"{file}: {count} members were asked for, it has {len(recorded.seeds)} seeds."
        )
    numbers = validated(
        together(found, count), cards.task, wanted.level, wanted.wish
    )  # fmt: skip
    refitted = refit(prepared, recorded, count, cache, say, quiet)
    states = [_tensors(state) for state in refitted.states]
    card, settings = encoder.card, prepared.settings
    inside = embedded(encoder, wanted.embed)
    if inside.chief is None:
        say(f"the encoder's weights are not in the bundle: {inside.why_not}.")
    novelty = Novelty.fitted(refitted.records, refitted.owners)
    members: dict[str, bytes] = {
        **{f"head/{number}.safetensors": save(state) for number, state in enumerate(states)},
        **inside.members,
        CARD: card_member(card),
        RANGE: save(novelty.tensors()),
    }
    heads = [
        member(recorded.head, settings, card, prepared.spec, len(recorded.classes), state)
        for state in states
    ]
    reader = WindowReader(encoder.load(), card, prepared.spec, prepared.head.cutting(settings))
    members[proof.MEMBER] = proof.made(card, reader, heads)
    far = distances(refitted.records, refitted.owners)
    parts = Parts(
        recorded=recorded,
        cards=cards,
        use=wanted.use,
        numbers=numbers,
        refitted=refitted,
        encoder=encoder,
        chief=inside.chief,
        heads=[f"head/{number}.safetensors" for number in range(count)],
        parameters=sum(int(value.size) for value in states[0].values()),
        range=RANGE,
        limit=limit(far, refitted.owners),
        survey=QualityStatistics.of(refitted.selection.examples),
        distances=far,
    )
    return described(parts), members


def _usable(file: Path, recorded: Result) -> Cards:
    """The result's cards; raises ParalbenchError where no bundle can be made of it."""
    if not files.whole(file, recorded):
        raise ParalbenchError(
            f"{file.with_suffix('.parquet')}: expected the predictions of this result, from which the "
            "screener is calibrated; they are missing or others."
        )
    if recorded.cards is None:
        raise ParalbenchError(f"{file}: it holds no cards; run its entry again.")
    if recorded.target.get("kind") == "series":
        raise ParalbenchError(
            f"{file}: '{recorded.task}' has a value at every moment; a screener says one thing of a "
            "recording, a class or a number."
        )
    if recorded.model.streams:
        raise ParalbenchError(
            f"{file}: it fuses {len(recorded.model.streams)} encoders; a bundle holds one."
        )
    if recorded.transfer is not None:
        raise ParalbenchError(
            f"{file}: it was trained on one corpus and tested on another; bundle the result of the "
            f"task '{recorded.transfer.trained}' instead."
        )
    if recorded.training.settings.get("search"):
        raise ParalbenchError(
            f"{file}: every fold searched settings of its own; run the entry with those to be "
            "deployed (--set), so that its score is theirs."
        )
    return recorded.cards


def _tensors(state: Any) -> dict[str, Any]:
    return {name: np.ascontiguousarray(value) for name, value in state.items()}
