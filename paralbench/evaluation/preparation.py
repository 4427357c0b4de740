"""What is known of an entry before anything is computed: its examples, folds, audit, and name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from paralbench.encoders.loading import LoadableEncoder
from paralbench.evaluation import folds
from paralbench.evaluation.audit import audit
from paralbench.evaluation.selection import select
from paralbench.evaluation.view import View
from paralbench.features.digests import digests
from paralbench.features.spec import FeatureSpec, clip_key
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.heads.head import Head
from paralbench.metrics import metric
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example
from paralbench.records.task_card import SeriesTarget, TaskCard
from paralbench.results.provenance import card_digest, engine


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
        self.spec = _product(entry, self.head, self.settings)
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
        entry = self.entry
        told = {
            "task": card_digest(entry.task),
            "encoders": [encoder.identity for encoder in entry.encoders],
            "product": asdict(self.spec),
            "head": [entry.head, self.settings.model_dump(mode="json")],
            "seeds": entry.seeds,
            "data": self.fingerprint,
            "refused": len(self.selection.refused),
            "standing": [
                entry.view.synthetic,
                *(encoder.weights.pinned for encoder in entry.encoders),
            ],
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


def _product(entry: Entry, head: Head, settings: Any) -> FeatureSpec:
    """What is stored of each clip: what the head needs, at every step where there are steps.

    Raises:
        ParalbenchError: where the head does not learn this kind of target, or from so many encoders.
    """
    target = entry.task.target
    if target.kind not in head.targets:
        known = ", ".join(sorted(head.targets))
        raise ParalbenchError(
            f"head '{entry.head}' learns {known}; '{entry.task.id}' is a {target.kind}."
        )
    if len(entry.encoders) > 1 and head.streams == "one":
        raise ParalbenchError(
            f"head '{entry.head}' listens to one encoder, '{entry.model}' names {len(entry.encoders)}; "
            f"'paralbench list heads' shows those that fuse."
        )
    spec = head.spec(settings)
    if isinstance(target, SeriesTarget):
        return replace(spec, kind="windows", rate=target.rate, window=target.window)
    return spec
