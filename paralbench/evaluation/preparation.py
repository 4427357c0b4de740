"""The preparation of an entry: its examples, folds, audit, clips and name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from paralbench.encoders.loading import LoadableEncoder
from paralbench.evaluation.annotations import digest as annotations_digest
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.identity import identities
from paralbench.evaluation.keys import components
from paralbench.evaluation.selection import Selection, select
from paralbench.evaluation.separability import inseparable
from paralbench.evaluation.strata import balanced, strata
from paralbench.evaluation.view import View
from paralbench.features.digests import UNRECOGNISED, digests
from paralbench.features.key import FeatureKey, clip_key, feature_key
from paralbench.features.spec import FeatureSpec
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.heads.deployable import Layout
from paralbench.heads.head import Head, Split
from paralbench.metrics import metric
from paralbench.records.errors import LeakError, ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.result import Audit
from paralbench.records.task_card import SeriesTarget, TaskCard
from paralbench.results import key as result_key


@dataclass(frozen=True)
class Entry:
    """A task, a model and a head, with what is needed to run them."""

    view: View
    encoders: tuple[LoadableEncoder, ...]
    head: str
    head_settings: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)

    @property
    def task(self) -> TaskCard:
        """The view's task."""
        return self.view.task

    @property
    def model(self) -> str:
        """The model's id: the ids of its encoders, joined by '+'."""
        return "+".join(encoder.card.id for encoder in self.encoders)

    @property
    def device(self) -> str:
        """The device of the encoders."""
        return self.encoders[0].placement.device


@dataclass(frozen=True)
class Preparation:
    """An entry that can be run.

    Args:
        entry: the entry.
        head: its head.
        settings: of the head: its recipe, overridden by the user's settings.
        spec: the features stored of each clip.
        feature_keys: of the feature store, one per encoder.
        seeds: of the fits in each fold; a deterministic head has one seed.
        selection: the task's examples.
        splits: training, development and test examples of each fold and seed.
        audit: the groups on two sides of a split.
        digests: sha256 of each audio file; for an unreadable file a unique text.
        keys: the key of each clip in the feature store.
        ids: the id of each example in results, a hash salted with its audio: only owners of the audio
            can derive it.
        fingerprint: digest of the examples' audio, targets, groups and partitions.
        annotations: digest of what a null reads in place of audio; "" without such a null.
        remarks: what the user should know about the examples.
        strata: digest of the subgroups that the head balances; "" for a head that balances none.
    """

    entry: Entry
    head: Head
    settings: Any
    spec: FeatureSpec
    feature_keys: tuple[FeatureKey, ...]
    seeds: tuple[int, ...]
    selection: Selection
    splits: list[Split]
    audit: Audit
    digests: Mapping[Path, str]
    keys: Mapping[Clip, bytes]
    ids: Mapping[str, str]
    fingerprint: str
    annotations: str = ""
    remarks: tuple[str, ...] = ()
    strata: str = ""

    @property
    def clips(self) -> dict[bytes, Clip]:
        """All clips by key, in the order of the examples."""
        return {key: clip for clip, key in self.keys.items()}

    @property
    def rows(self) -> int:
        """Rows of the features: examples, or the steps of all series."""
        steps = sum(len(values) for values in self.selection.series)
        return steps or len(self.selection.examples)

    @property
    def training_rows(self) -> int:
        """Rows on the largest training side, development rows included."""
        largest = max(len(split.train) + len(split.develop) for split in self.splits)
        return round(self.rows * largest / len(self.selection.examples))

    @property
    def layout(self) -> Layout:
        """The records that the head reads and the outputs it computes."""
        cards = tuple(encoder.card for encoder in self.entry.encoders)
        rows = self.training_rows if self.head.stores_rows(self.settings) else 0
        return Layout(cards, self.spec, len(self.selection.classes), rows)

    @property
    def balance(self) -> str:
        """The attribute whose groups the head's settings ask to balance; "" for none."""
        return balanced(self.settings)

    @property
    def name(self) -> str:
        """sha256 of everything that determines this entry's scores."""
        return result_key.name(self.components)

    @cached_property
    def components(self) -> dict[str, str]:
        """What determines this entry's scores, by name."""
        entry = self.entry
        return {
            **components(
                entry.task, entry.encoders, entry.head, self.settings, self.spec, self.seeds
            ),
            "data": self.fingerprint,
            "data.refused": str(len(self.selection.refused)),
            "data.synthetic": str(entry.view.synthetic),
            **({"data.annotations": self.annotations} if self.annotations else {}),
            **({"data.strata": self.strata} if self.strata else {}),
        }


def prepare(entry: Entry, known: dict[Path, str | None] | None = None) -> Preparation:
    """Select, split and audit an entry's examples; audio files are hashed, not decoded.

    ``known`` caches digests of audio files; missing ones are added.

    Raises:
        ParalbenchError: if the entry cannot be run, LeakError included.
    """
    task, head = entry.task, find_head(entry.head)
    settings = find_settings(entry.head, entry.head_settings)
    spec = required_spec(task, entry.model, entry.head, settings)
    feature_keys = tuple(feature_key(encoder, spec) for encoder in entry.encoders)
    for name in task.metrics.report:
        metric(name)
    selection = select(task, entry.view.reading.examples, entry.view.reading.refused)
    clips = dict.fromkeys(clip for example in selection.examples for clip in example.clips)
    known = {} if known is None else known
    known |= digests({clip.path for clip in clips} - known.keys())
    files = {clip.path: known[clip.path] or f"unreadable {clip.path}" for clip in clips}
    keys = {clip: clip_key(files[clip.path], clip) for clip in clips}
    contents = {clip: key for clip, key in keys.items() if _audio(known[clip.path])}
    same = identities(selection, contents)
    if same.contradicted:
        selection = selection.without(same.contradicted)
        same = replace(identities(selection, contents), remarks=same.remarks)
        keys = {clip: keys[clip] for example in selection.examples for clip in example.clips}
    selection = replace(selection, same=same.groups)
    seeds = entry.seeds[:1] if head.deterministic else entry.seeds
    folds = splits(selection, seeds)
    try:
        report = audit(selection, folds, same)
    except LeakError as error:
        if entry.view.corpus.card.access == "own" and (why := inseparable(selection.examples)):
            raise LeakError(f"task '{task.id}': {why}") from error
        raise
    ids = {}
    for example in selection.examples:
        salt = hashlib.sha256(b"".join(keys[clip] for clip in example.clips)).digest()
        salted = hashlib.blake2b(example.id.encode(), key=salt, digest_size=12)
        ids[example.id] = salted.hexdigest()
    return Preparation(
        entry, head, settings, spec, feature_keys, seeds, selection, folds, report, files, keys, ids,
        _fingerprint(selection, ids),
        annotations_digest([encoder.card for encoder in entry.encoders], selection),
        same.remarks, _strata_digest(selection, settings, ids),
    )  # fmt: skip


def _strata_digest(selection: Selection, settings: Any, ids: Mapping[str, str]) -> str:
    name = balanced(settings)
    if not name:
        return ""
    numbers = strata(selection, name).tolist()
    lines = sorted(
        f"{ids[example.id]} {number}"
        for example, number in zip(selection.examples, numbers, strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _audio(digest: str | None) -> bool:
    """Whether a file's digest is that of known audio."""
    return digest is not None and not digest.startswith(UNRECOGNISED)


def required_spec(task: TaskCard, model: str, name: str, settings: Any) -> FeatureSpec:
    """The features a head needs of each clip; for a series task, of each step.

    Raises:
        ParalbenchError: if the head does not support the kind of target or several encoders.
    """
    target, head = task.target, find_head(name)
    if target.kind not in head.targets:
        learned = ", ".join(sorted(head.targets))
        raise ParalbenchError(f"head '{name}' learns {learned}; '{task.id}' is a {target.kind}.")
    encoders = model.count("+") + 1
    if encoders > 1 and head.streams == "one":
        raise ParalbenchError(
            f"head '{name}' takes one encoder, '{model}' names {encoders}; "
            f"'paralbench list heads' shows those that fuse."
        )
    spec = head.spec(settings)
    if isinstance(target, SeriesTarget):
        return replace(spec, kind="windows", rate=target.rate, window=target.window)
    return spec


def _fingerprint(selection: Selection, ids: Mapping[str, str]) -> str:
    targets = [f"{target:.9g}" for target in selection.targets]
    if selection.series:
        targets = [hashlib.sha256(values.tobytes()).hexdigest() for values in selection.series]
    if selection.votes is not None:
        targets = [" ".join(map(str, counts)) for counts in selection.votes.tolist()]
    lines = sorted(
        json.dumps([
            ids[example.id], target, sorted(example.groups.items()), example.partition,
            [example.value(name) for name in selection.task.metrics.by],
        ])
        for example, target in zip(selection.examples, targets, strict=True)
    )  # fmt: skip
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
