"""The inputs of a head: features of all usable examples; missing ones are extracted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paralbench.encoders.loading import LoadableEncoder
from paralbench.evaluation.annotations import annotated
from paralbench.evaluation.cutting import cut
from paralbench.evaluation.folds import remaining
from paralbench.evaluation.laps import Laps
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.steps import Steps, too_short
from paralbench.evaluation.streams import DamagedRecordsError, stream
from paralbench.features.engine import LOCAL, Engine
from paralbench.features.extraction import extract
from paralbench.features.key import clip_key
from paralbench.features.store import FeatureStore
from paralbench.heads.head import Problem, Split, Stream
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.fidelity import Fidelity
from paralbench.records.result import Consumption
from paralbench.records.signal_quality import SignalQuality


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


def prepare_inputs(
    prepared: Preparation,
    splits: Sequence[Split],
    cache: Path,
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda message: None,
) -> Inputs:
    """Cut, extract missing features, refuse unusable examples, and load the rest.

    An example with an unusable clip is refused. Examples never change folds.

    ``cache`` is the root of the feature store; ``say`` receives remarks.

    Raises:
        ParalbenchError: if too few examples can be used.
    """
    laps = Laps()
    task = prepared.selection
    keys = dict(prepared.keys)
    cuts: dict[str, tuple[Clip, ...]] = {}
    refused: dict[str, str] = {}
    policy = prepared.head.cutting(prepared.settings)
    if policy is not None and not task.series:
        cuts, refused = cut(task.examples, keys, policy, cache, quiet)
        for utterances in cuts.values():
            keys |= {clip: clip_key(prepared.digests[clip.path], clip) for clip in utterances}
        laps.end("cutting")
    pieces = {example.id: cuts.get(example.id, example.clips) for example in task.examples}
    clips = {keys[clip]: clip for utterances in pieces.values() for clip in utterances}
    encoders = prepared.entry.encoders
    fidelity = [_fidelity(encoder, clips.values(), cache) for encoder in encoders]
    stores = [FeatureStore(cache, key) for key in prepared.feature_keys]
    renew: dict[str, Sequence[bytes]] = {}
    while True:
        unusable: dict[bytes, str] = {}
        for encoder, store in zip(encoders, stores, strict=True):
            damaged = renew.get(encoder.card.id, ())
            extraction = extract(
                encoder, clips, store, renew=damaged, engine=engine, quiet=quiet, say=say
            )
            unusable |= extraction.refused
        laps.end("extraction")
        for name, utterances in pieces.items():
            for clip in utterances:
                if keys[clip] in unusable:
                    refused.setdefault(name, f"{unusable[keys[clip]]} [{clip.path.name}]")
        measured = _qualities(stores[0], pieces, keys, refused)
        for name, qualities in measured.items():
            if qualities and all(quality.unusable for quality in qualities):
                refused[name] = f"{qualities[0].unusable} [{pieces[name][0].path.name}]"
        selection = task.without(refused)
        usable = remaining(splits, task, selection)
        parts = [[keys[clip] for clip in pieces[example.id]] for example in selection.examples]
        lengths = [len(values) for values in selection.series]
        gathered = []
        for encoder, store in zip(encoders, stores, strict=True):
            try:
                gathered.append(stream(encoder.card, store, parts, lengths))
            except DamagedRecordsError as damage:
                name = encoder.card.id
                if name in renew:
                    raise ParalbenchError(
                        f"{store.folder}: {damage} of {name} directly after extraction; the disk "
                        "does not store what is written."
                    ) from None
                say(f"{damage} of {name} are extracted again.")
                renew[name] = damage.keys
                break
        else:
            short = [too_short(selection, frames) for _, _, frames in gathered]
            if not any(short):
                break
            for reasons in short:
                refused = {**reasons, **refused}
    laps.end("reading")
    faults = Counter(
        fault
        for example in selection.examples
        for fault in {fault for quality in measured[example.id] for fault in quality.faults}
    )
    if faults:
        counts = ", ".join(f"{count} {fault}" for fault, count in sorted(faults.items()))
        say(f"signal quality of {len(selection.examples)} examples: {counts}")
    problem = selection.problem()
    steps = Steps.of(selection) if selection.series else None
    if steps is not None:
        problem = steps.problem(problem)
        usable = steps.splits(usable)
    read, audio, _ = zip(*gathered, strict=True)
    streams = [
        annotated(encoder.card, features, selection)
        for encoder, features in zip(encoders, read, strict=True)
    ]
    least = min(audio, key=lambda consumption: consumption.fraction)
    return Inputs(
        selection, clips, parts, stores, streams, problem, usable, steps, least, fidelity,
        laps.seconds, dict(sorted(faults.items())),
    )  # fmt: skip


def _qualities(
    store: FeatureStore,
    pieces: Mapping[str, Sequence[Clip]],
    keys: Mapping[Clip, bytes],
    refused: Mapping[str, str],
) -> dict[str, list[SignalQuality]]:
    """What was measured of the clips of each example that is not refused."""
    rest = {name: clips for name, clips in pieces.items() if name not in refused}
    qualities = iter(store.qualities([keys[clip] for clips in rest.values() for clip in clips]))
    measured = {name: [next(qualities) for _ in clips] for name, clips in rest.items()}
    return {
        name: [quality for quality in several if quality is not None]
        for name, several in measured.items()
    }


def _fidelity(encoder: LoadableEncoder, clips: Iterable[Clip], cache: Path) -> Fidelity | None:
    """The record that admits an encoder's placement; None for the reference, without torch."""
    if encoder.placement.reference:
        return None
    from paralbench.encoders.fidelity import admit

    return admit(encoder, clips, cache)
