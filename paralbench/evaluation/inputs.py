"""The inputs of a head: features of all usable examples; missing ones are extracted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from paralbench.evaluation.annotations import annotated
from paralbench.evaluation.cutting import cut
from paralbench.evaluation.folds import remaining
from paralbench.evaluation.laps import Laps
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.steps import Steps, too_short
from paralbench.evaluation.strata import strata
from paralbench.evaluation.streams import stream
from paralbench.features.engine import LOCAL, Engine
from paralbench.features.extraction import extract
from paralbench.features.key import clip_key
from paralbench.features.store import FeatureStore
from paralbench.heads.head import Problem, Split, Stream
from paralbench.records.example import Clip
from paralbench.records.fidelity import Fidelity
from paralbench.records.result import Consumption


@dataclass(frozen=True)
class Inputs:
    """The features, targets and splits of an entry.

    Args:
        selection: the examples that are scored; the others are refused, with a reason.
        clips: the encoded clips by key, cut into utterances if the head requires it.
        parts: the keys of each example's clips, in order.
        stores: the stored features, one store per encoder.
        streams: the features as the head reads them.
        problem: the targets; the rows of a series task are ``steps``.
        splits: the rows that train, develop and test.
        steps: the step of each row; None if a row is an example.
        audio: the audio used by the encoder that could use least.
        fidelity: of each encoder to the reference placement; None for the reference itself.
        seconds: duration of each part.
        faults: how many examples have a fault of signal quality, by its name.
    """

    selection: Selection
    clips: Mapping[bytes, Clip]
    parts: Sequence[Sequence[bytes]]
    stores: Sequence[FeatureStore]
    streams: Sequence[Stream]
    problem: Problem
    splits: Sequence[Split]
    steps: Steps | None
    audio: Consumption
    fidelity: Sequence[Fidelity | None]
    seconds: Mapping[str, float]
    faults: Mapping[str, int]


@contextmanager
def prepare_inputs(
    prepared: Preparation,
    splits: Sequence[Split],
    cache: Path,
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda message: None,
) -> Iterator[Inputs]:
    """Cut, extract missing features, refuse unusable examples, and read the features of the rest.

    An example with an unusable clip is refused. Examples never change folds. The stored features are
    not deleted before the context ends.

    ``cache`` is the root of the feature store; ``say`` receives remarks.

    Raises:
        ParalbenchError: if too few examples can be used.
    """
    laps = Laps()
    task, encoders = prepared.selection, prepared.entry.encoders
    cuts: dict[str, tuple[Clip, ...]] = {}
    refused: dict[str, str] = {}
    policy = prepared.head.cutting(prepared.settings)
    if policy is not None and not task.series:
        cuts, refused = cut(task.examples, prepared.keys, policy, cache, quiet)
        laps.end("cutting")
    clips: dict[bytes, Clip] = {}
    keys: dict[str, list[bytes]] = {}
    for example in task.examples:
        pieces = cuts.get(example.id, example.clips)
        keys[example.id] = [clip_key(prepared.digests[clip.path], clip) for clip in pieces]
        clips |= zip(keys[example.id], pieces, strict=True)
    fidelity: list[Fidelity | None] = [None] * len(encoders)
    for place, encoder in enumerate(encoders):
        if not encoder.placement.reference:
            from paralbench.encoders.fidelity import admit

            fidelity[place] = admit(encoder, clips.values(), cache)
    stores = [FeatureStore(cache, key) for key in prepared.feature_keys]
    with ExitStack() as stack:
        unusable: dict[bytes, str] = {}
        for encoder, store in zip(encoders, stores, strict=True):
            stack.enter_context(store.in_use())
            extraction = extract(encoder, clips, store, engine=engine, quiet=quiet, say=say)
            unusable |= extraction.refused
        laps.end("extraction")
        usable = [key for key in clips if key not in unusable]
        quality = dict(zip(usable, stores[0].qualities(usable), strict=True))
        for name, parts in keys.items():
            first = next((key for key in parts if key in unusable), parts[0])
            reason = unusable.get(first, "")
            silent = [measured.unusable for key in parts if (measured := quality.get(key))]
            if not reason and silent and all(silent):
                reason = silent[0]
            if reason:
                refused.setdefault(name, f"{reason} [{clips[first].path.name}]")
        selection = task.without(refused)
        if selection.series:
            for store in stores:
                frames = store.frames([keys[example.id][0] for example in selection.examples])
                refused = {**too_short(selection, frames), **refused}
            selection = task.without(refused)
        parts_of = [keys[example.id] for example in selection.examples]
        lengths = [len(values) for values in selection.series]
        streams, audio = [], []
        for encoder, store in zip(encoders, stores, strict=True):
            features, consumption = stream(
                encoder, clips, store, parts_of, lengths, engine=engine, quiet=quiet, say=say
            )
            streams.append(annotated(encoder.card, features, selection))
            audio.append(consumption)
        laps.end("reading")
        faults: Counter[str] = Counter()
        for parts in parts_of:
            known = [measured for key in parts if (measured := quality[key])]
            faults.update({fault for measured in known for fault in measured.faults})
        if faults:
            counts = ", ".join(f"{count} {fault}" for fault, count in sorted(faults.items()))
            say(f"signal quality of {len(selection.examples)} examples: {counts}")
        problem, usable_splits = selection.problem(), remaining(splits, task, selection)
        if prepared.balance:
            problem = replace(problem, strata=strata(selection, prepared.balance))
        steps = Steps.of(selection) if selection.series else None
        if steps is not None:
            problem = steps.problem(problem)
            usable_splits = steps.splits(usable_splits)
        least = min(audio, key=lambda consumption: consumption.fraction)
        yield Inputs(
            selection, clips, parts_of, stores, streams, problem, usable_splits, steps, least,
            fidelity, laps.seconds, dict(sorted(faults.items())),
        )  # fmt: skip
