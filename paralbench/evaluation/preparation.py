"""What is known of an entry before anything is computed: its examples, folds, audit, and name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from paralbench.encoders.loading import LoadableEncoder
from paralbench.evaluation import folds, keys
from paralbench.evaluation.audit import audit
from paralbench.evaluation.selection import select
from paralbench.evaluation.view import View
from paralbench.features.digests import digests
from paralbench.features.key import clip_key
from paralbench.features.spec import FeatureSpec
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.metrics import metric
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example
from paralbench.records.task_card import SeriesTarget, TaskCard
from paralbench.results import key as result_key


@dataclass(frozen=True)
class Entry:
    """A (task, model, head) with all that is needed to run it."""

    view: View
    encoders: tuple[LoadableEncoder, ...]
    head: str
    head_settings: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)

    @property
    def task(self) -> TaskCard:
        """The view's."""
        return self.view.task

    @property
    def model(self) -> str:
        """The model's id; several encoders' ids are joined by '+'."""
        return "+".join(encoder.card.id for encoder in self.encoders)

    @property
    def device(self) -> str:
        """Where it is computed."""
        return self.encoders[0].placement.device


class Preparation:
    """Reads nothing but headers of cards and the bytes of the audio, to know them again.

    Args:
        entry: the entry.
        known: digests of audio files that are known already; what is missing is added.

    Raises:
        ParalbenchError: where the entry cannot be run, LeakError among them.
    """

    def __init__(self, entry: Entry, known: dict[Path, str | None] | None = None) -> None:
        self.entry = entry
        self.head = find_head(entry.head)
        self.settings = find_settings(entry.head, entry.head_settings)
        self.spec = required_spec(entry.task, entry.model, entry.head, self.settings)
        for name in entry.task.metrics.report:
            metric(name)
        reading = entry.view.reading
        self.selection = select(entry.task, reading.examples, reading.refused)
        self.splits = folds.splits(self.selection, entry.seeds)
        self.audit = audit(self.selection, self.splits)
        clips = [clip for example in self.selection.examples for clip in example.clips]
        self._digests = {} if known is None else known
        self._digests |= digests({clip.path for clip in clips} - self._digests.keys())
        self.clips = {self.key(clip): clip for clip in clips}
        self._pieces: dict[str, tuple[Clip, ...]] = {}
        self.fingerprint = self._fingerprint()

    def recut(self, pieces: Mapping[str, tuple[Clip, ...]]) -> None:
        """Encode these clips of the examples named, instead of those they came with.

        Ids, folds and the fingerprint stay those of the recordings as they were given.
        """
        self._pieces |= pieces
        clips = [clip for example in self.selection.examples for clip in self.pieces(example)]
        self.clips = {self.key(clip): clip for clip in clips}

    def pieces(self, example: Example) -> tuple[Clip, ...]:
        """The clips of an example that are encoded, in order."""
        return self._pieces.get(example.id, example.clips)

    @property
    def name(self) -> str:
        """sha256 of everything that decides this entry's scores."""
        return result_key.name(self.components)

    @cached_property
    def components(self) -> dict[str, str]:
        """What decides this entry's scores, by name."""
        entry = self.entry
        return {
            **keys.components(
                entry.task, entry.encoders, entry.head, self.settings, self.spec, entry.seeds
            ),
            "data": self.fingerprint,
            "data.refused": str(len(self.selection.refused)),
            "data.synthetic": str(entry.view.synthetic),
        }

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

    def _fingerprint(self) -> str:
        chosen = self.selection
        targets = [f"{target:.9g}" for target in chosen.targets]
        if chosen.series:
            targets = [hashlib.sha256(values.tobytes()).hexdigest() for values in chosen.series]
        lines = sorted(
            json.dumps(
                [
                    self.salted(one),
                    told,
                    sorted(one.groups.items()),
                    one.partition,
                    [one.value(name) for name in self.entry.task.metrics.by],
                ]
            )
            for one, told in zip(chosen.examples, targets, strict=True)
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def required_spec(task: TaskCard, model: str, name: str, settings: Any) -> FeatureSpec:
    """What is stored of each clip: what the head needs, at every step where there are steps.

    Raises:
        ParalbenchError: where the head does not learn this kind of target, or from so many encoders.
    """
    target, head = task.target, find_head(name)
    if target.kind not in head.targets:
        known = ", ".join(sorted(head.targets))
        raise ParalbenchError(f"head '{name}' learns {known}; '{task.id}' is a {target.kind}.")
    encoders = model.count("+") + 1
    if encoders > 1 and head.streams == "one":
        raise ParalbenchError(
            f"head '{name}' listens to one encoder, '{model}' names {encoders}; "
            f"'paralbench list heads' shows those that fuse."
        )
    spec = head.spec(settings)
    if isinstance(target, SeriesTarget):
        return replace(spec, kind="windows", rate=target.rate, window=target.window)
    return spec
