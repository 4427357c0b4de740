"""One entry, whole: read, audit, extract, fit, score. The result is written by the caller."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from paralbench.catalog import Corpus
from paralbench.corpora.locating import SYNTHETIC_MARK
from paralbench.corpora.reading import Reading
from paralbench.encoders.loading import LoadableEncoder
from paralbench.evaluation import folds, scoring
from paralbench.evaluation import steps as steps_of
from paralbench.evaluation.audit import audit
from paralbench.evaluation.selection import Selection, select
from paralbench.evaluation.steps import Steps
from paralbench.features.digests import digests
from paralbench.features.pooling import merge
from paralbench.features.product import Product, clip_key
from paralbench.features.store import FeatureStore, Loaded
from paralbench.heads import head as find_head
from paralbench.heads.head import Fits, Head, Split
from paralbench.metrics import metric
from paralbench.records.errors import CardError, ParalbenchError, UsageError
from paralbench.records.example import Clip, Example, Refusal
from paralbench.records.result import (
    Consumption,
    Data,
    Model,
    RefusedInput,
    Result,
    Standing,
    Training,
)
from paralbench.records.task_card import SeriesTarget, TaskCard
from paralbench.results import files
from paralbench.results.provenance import card_digest, engine, provenance

_OPEN_NAMES = {"open", "own"}


@dataclass(frozen=True)
class Entry:
    """A (task, model, head) with all that is needed to run it."""

    corpus: Corpus
    root: Path
    reading: Reading
    task: TaskCard
    encoder: LoadableEncoder
    head: str
    head_settings: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Outcome:
    """A result with the bytes of its predictions, and the refusals by their true names."""

    result: Result
    predictions: bytes
    refused: tuple[Refusal, ...]


class Preparation:
    """What is known of an entry before anything is computed: folds, audit, keys, and its name."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.head = find_head(entry.head)
        self.settings = _settings(entry, self.head)
        for name in entry.task.metrics.report:
            metric(name)
        self.product = _product(entry, self.head)
        self.selection = select(entry.task, entry.reading.examples, entry.reading.refused)
        self.splits = folds.splits(self.selection, entry.seeds)
        self.audit = audit(self.selection, self.splits)
        clips = [clip for example in self.selection.examples for clip in example.clips]
        self._digests = digests(clip.path for clip in clips)
        self.clips = self._keyed(clips)
        self.fingerprint = self._fingerprint()

    @property
    def synthetic(self) -> bool:
        """Whether the corpus was made by ``paralbench synth``."""
        return (self.entry.root / SYNTHETIC_MARK).is_file()

    @property
    def name(self) -> str:
        """sha256 of everything that decides this entry's scores."""
        entry = self.entry
        told = {
            "task": card_digest(entry.task),
            "encoder": entry.encoder.identity,
            "head": [entry.head, self.settings.model_dump(mode="json")],
            "seeds": entry.seeds,
            "data": self.fingerprint,
            "refused": len(self.selection.refused),
            "standing": [self.synthetic, entry.encoder.weights.pinned],
            "engine": engine(),
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def key(self, clip: Clip) -> bytes:
        """The clip's key in the store. An unreadable file gets one of its own; it never is stored."""
        digest = self._digests[clip.path]
        return clip_key(digest if digest is not None else f"unreadable {clip.path}", clip)

    def salted(self, example: Example) -> str:
        """An id nobody can undo without the audio, and everybody with the audio can make again."""
        keys = b"".join(self.key(clip) for clip in example.clips)
        salt = hashlib.sha256(keys).digest()
        return hashlib.blake2b(example.id.encode(), key=salt, digest_size=12).hexdigest()

    def salted_name(self, name: str) -> str:
        """The same for a name without audio of its own: the salt is all audio of the task."""
        salt = hashlib.sha256(b"".join(sorted(self.clips))).digest()
        return hashlib.blake2b(name.encode(), key=salt, digest_size=12).hexdigest()

    def _keyed(self, clips: Sequence[Clip]) -> dict[bytes, Clip]:
        return {self.key(clip): clip for clip in clips}

    def _fingerprint(self) -> str:
        chosen = self.selection
        told = [f"{target:.9g}" for target in chosen.targets]
        if chosen.series:
            told = [hashlib.sha256(values.tobytes()).hexdigest() for values in chosen.series]
        lines = sorted(
            json.dumps([self.salted(one), target, sorted(one.groups.items()), one.partition])
            for one, target in zip(chosen.examples, told, strict=True)
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def run(
    prepared: Preparation,
    cache: Path,
    *,
    quiet: bool = False,
    say: Callable[[str], None] = lambda words: None,
) -> Outcome:
    """Extract what is missing, fit the head on all folds and seeds, score.

    Raises:
        ParalbenchError: where no example or not enough of them can be used.
    """
    from paralbench.features.extraction import extract, space

    entry = prepared.entry
    clock = _Clock()
    head, settings = prepared.head, prepared.settings
    store = FeatureStore(cache, space(entry.encoder, prepared.product))
    unusable = dict(extract(entry.encoder, prepared.clips, store, quiet=quiet, say=say).refused)
    clock.lap("extraction")
    selection = prepared.selection.without(_refused_examples(prepared, unusable))
    if selection.series:
        selection = selection.without(_too_short(prepared, selection, store))
    features, consumption = _gather(prepared, selection, store, quiet, say)
    clock.lap("reading")
    splits = _remaining(prepared.splits, prepared.selection, selection)
    steps = Steps.of(selection) if selection.series else None
    if steps is None:
        fits = head.fit(features, selection.problem(), splits, settings)
    else:
        fits = head.fit(features, steps.problem(), steps.splits(splits), settings)
        fits = replace(fits, fitted=steps.undelayed(fits.fitted))
    clock.lap("fitting")
    found = scoring.predictions(selection, fits.fitted, steps)
    scores = scoring.scores(selection, found)
    clock.lap("scoring")
    content, digest = files.parquet(_table(prepared, selection, found))
    standing, reason = _standing(prepared, selection)
    classes = len(selection.classes)
    result = Result(
        schema_version=1,
        entry=prepared.name,
        task=entry.task.id,
        task_version=entry.task.version,
        task_title=entry.task.title,
        task_about=entry.task.about,
        model=_model(entry.encoder),
        head=entry.head,
        standing=standing,
        standing_reason=reason,
        target=entry.task.target.model_dump(mode="json"),
        ranking=entry.task.metrics.ranking,
        scores=scores,
        confusion=scoring.confusion_matrix(classes, found) if classes else [],
        classes=list(selection.classes),
        layer_weights=_layer_weights(fits),
        seeds=list(entry.seeds),
        folds=len({split.fold for split in splits}),
        data=_data(prepared, selection),
        audio=consumption,
        audit=prepared.audit,
        training=Training(
            settings=settings.model_dump(mode="json"),
            tried=fits.tried,
            chosen=[
                {"fold": fit.split.fold, "seed": fit.split.seed, **fit.chosen}
                for fit in fits.fitted
            ],
            trained_parameters=fits.trained_parameters,
        ),
        provenance=provenance(entry.task, clock.laps),
        predictions_sha256=digest,
    )
    return Outcome(result, content, selection.refused)


def _settings(entry: Entry, head: Head) -> Any:
    try:
        return head.settings.checked(dict(entry.head_settings), f"head '{entry.head}', settings")
    except CardError as error:
        raise UsageError(str(error)) from error


def _product(entry: Entry, head: Head) -> Product:
    """What is stored of each clip: what the head needs, at every step where there are steps.

    Raises:
        ParalbenchError: where the head does not learn this kind of target.
    """
    target = entry.task.target
    if target.kind not in head.targets:
        known = ", ".join(sorted(head.targets))
        raise ParalbenchError(
            f"head '{entry.head}' learns {known}; '{entry.task.id}' is a {target.kind}."
        )
    if isinstance(target, SeriesTarget):
        return head.product.moving(target.rate, target.window)
    return head.product


def _gather(
    prepared: Preparation,
    selection: Selection,
    store: FeatureStore,
    quiet: bool,
    say: Callable[[str], None],
) -> tuple[NDArray[np.float32], Consumption]:
    """Rows for the head, [examples or steps, layers, 2, width], and what was heard for them."""
    owners = [
        (row, prepared.key(clip))
        for row, example in enumerate(selection.examples)
        for clip in example.clips
    ]
    keys = [key for _, key in owners]
    if selection.series:
        # One recording at a time: all windows of a corpus fill the memory, once is enough.
        heard = np.zeros(2)

        def recordings() -> Iterator[NDArray[np.floating]]:
            for key in keys:
                one = _load(prepared, store, [key], quiet, say)
                heard[:] += one.asked.sum(), one.consumed.sum()
                yield one.arrays[0]

        rows = steps_of.fill(recordings(), [len(values) for values in selection.series])
        return rows, _consumption(*heard)
    loaded = _load(prepared, store, keys, quiet, say)
    consumption = _consumption(loaded.asked.sum(), loaded.consumed.sum())
    if len(owners) == len(selection.examples):
        return loaded.stacked(), consumption
    parts: list[list[int]] = [[] for _ in selection.examples]
    for position, (row, _) in enumerate(owners):
        parts[row].append(position)
    merged = [
        merge([loaded.arrays[p] for p in positions], [int(loaded.frames[p]) for p in positions])
        for positions in parts
    ]
    return np.stack(merged), consumption


def _load(
    prepared: Preparation,
    store: FeatureStore,
    keys: Sequence[bytes],
    quiet: bool,
    say: Callable[[str], None],
) -> Loaded:
    """Records of these keys; damaged ones are made anew first."""
    from paralbench.features.extraction import extract

    loaded = store.load(keys)
    if loaded.corrupt:
        damaged = [keys[position] for position in loaded.corrupt]
        say(f"{len(damaged)} damaged records of {store.space.model} were found and are made anew.")
        again = {key: prepared.clips[key] for key in damaged}
        extract(prepared.entry.encoder, again, store, renew=damaged, quiet=quiet, say=say)
        loaded = store.load(keys)
    return loaded


def _too_short(prepared: Preparation, selection: Selection, store: FeatureStore) -> dict[str, str]:
    stored = store.index()
    heard = {
        example.id: int(stored[prepared.key(example.clips[0])]["frames"])
        for example in selection.examples
    }
    return steps_of.too_short(selection, heard)


def _refused_examples(prepared: Preparation, unusable: Mapping[bytes, str]) -> dict[str, str]:
    """An example with a clip that cannot be used is refused: it was not heard as declared."""
    refused: dict[str, str] = {}
    for example in prepared.selection.examples:
        for clip in example.clips:
            reason = unusable.get(prepared.key(clip))
            if reason is not None:
                refused.setdefault(example.id, f"{reason} [{clip.path.name}]")
    return refused


def _remaining(splits: Sequence[Split], before: Selection, after: Selection) -> list[Split]:
    """The same splits without the examples that were refused; folds never move."""
    kept = {example.id: row for row, example in enumerate(after.examples)}
    place = np.array([kept.get(example.id, -1) for example in before.examples])

    def still(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        moved = place[rows]
        remaining: NDArray[np.int64] = moved[moved >= 0]
        return remaining

    found = [
        Split(one.fold, one.seed, still(one.train), still(one.develop), still(one.test))
        for one in splits
    ]
    for split in found:
        if not len(split.train):
            raise ParalbenchError(f"fold {split.fold}: all its training examples were refused.")
    tested = [split for split in found if len(split.test)]
    if not tested:
        raise ParalbenchError("all test examples were refused.")
    return tested


def _standing(prepared: Preparation, selection: Selection) -> tuple[Standing, str]:
    entry = prepared.entry
    if prepared.synthetic:
        return "synthetic", "the corpus was made by 'paralbench synth'"
    scored, listed = len(selection.examples), _listed(prepared)
    declared = entry.task.examples or listed
    if scored < max(declared, listed):
        return "incomplete", f"{scored} of {max(declared, listed)} examples were scored"
    if scored > declared:
        return "unverified", f"{scored} examples were found, the task declares {declared}"
    protocol = entry.task.protocol
    needed = {protocol.cluster, getattr(protocol, "by", protocol.cluster)}
    unknown = sorted(needed & set(prepared.audit.unknown))
    if unknown:
        return "unverified", f"the {' and '.join(unknown)} of some examples is unknown"
    if not entry.encoder.weights.pinned:
        return "unverified", "the weights are not those the model's card pins"
    return "ranked", ""


def _listed(prepared: Preparation) -> int:
    refused = prepared.selection.refused
    return len(prepared.selection.examples) + sum(not one.erratum for one in refused)


def _data(prepared: Preparation, selection: Selection) -> Data:
    entry = prepared.entry
    named = entry.corpus.card.access in _OPEN_NAMES
    return Data(
        corpus=entry.corpus.card.id,
        declared=entry.task.examples,
        listed=_listed(prepared),
        scored=len(selection.examples),
        classes=selection.class_counts(),
        fingerprint=prepared.fingerprint,
        synthetic=prepared.synthetic,
        errata=_errata(selection),
        refused=[
            RefusedInput(subject=one.subject, reason=one.reason)
            if named
            else RefusedInput(
                subject=prepared.salted_name(one.subject), reason=_unnamed(one.reason)
            )
            for one in selection.refused
        ],
    )


def _unnamed(reason: str) -> str:
    """A reason without what it may quote of licensed data: names, places, labels, numbers."""
    return re.split(r"[\[;(':]| is | from |\d", reason, maxsplit=1)[0].strip()


def _errata(selection: Selection) -> list[str]:
    applied = {name for example in selection.examples for name in example.errata}
    return sorted(applied | {one.erratum for one in selection.refused if one.erratum})


def _model(encoder: LoadableEncoder) -> Model:
    card = encoder.card
    return Model(
        id=card.id,
        title=card.title,
        parameters=card.parameters,
        weights=encoder.weights.sha256,
        encoder=encoder.identity,
        policy=card.policy.model_dump(mode="json"),
        licence=card.licence,
    )


def _consumption(asked: float, consumed: float) -> Consumption:
    return Consumption(
        asked=round(float(asked), 3),
        consumed=round(float(consumed), 3),
        fraction=round(float(consumed / asked), 6),
    )


def _layer_weights(fits: Fits) -> list[float]:
    found = [fit.layer_weights for fit in fits.fitted if fit.layer_weights is not None]
    return [round(float(share), 6) for share in np.mean(found, axis=0)] if found else []


def _table(prepared: Preparation, selection: Selection, found: scoring.Predictions) -> pa.Table:
    ids = np.array([prepared.salted(example) for example in selection.examples])
    columns: dict[str, Any] = {
        "example": ids[found.rows],
        "cluster": found.clusters.astype(np.int32),
        "fold": found.folds.astype(np.int16),
        "seed": found.seeds.astype(np.int16),
    }
    if found.steps is not None:
        columns["step"] = found.steps.astype(np.int32)
    if selection.classes:
        names = np.array(selection.classes)
        columns["truth"] = names[found.truth.astype(int)]
        columns["predicted"] = names[found.predicted.astype(int)]
        for place, name in enumerate(selection.classes):
            columns[f"p:{name}"] = found.outputs[:, place]
    else:
        columns["truth"], columns["predicted"] = found.truth, found.predicted
    return pa.table(columns)


class _Clock:
    """Names and times the laps of a run, in seconds."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name], self._last = now - self._last, now
