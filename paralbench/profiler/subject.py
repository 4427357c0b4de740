"""An entry as it is measured: its encoders and its head, from a clip's audio to an answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from paralbench.audio.pieces import Piece
from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.engine import LOCAL
from paralbench.features.spec import FeatureSpec
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.profiler.forms import Array, Asked, Forms
from paralbench.records.errors import Refused
from paralbench.records.example import Clip


@dataclass(frozen=True)
class Subject:
    """What is measured; it can be sent to another process.

    Args:
        encoders: one, or several that are fused.
        head: its name.
        settings: the head's, as given over its recipe.
        outputs: classes, or 1 for a number.
        rate: steps a second where the target is a series, else 0.
        window: seconds around a step.
    """

    encoders: tuple[LoadableEncoder, ...]
    head: str
    settings: str
    outputs: int
    rate: float = 0.0
    window: float = 0.0

    @classmethod
    def of(
        cls,
        encoders: Sequence[LoadableEncoder],
        head: str,
        settings: Any,
        outputs: int,
        rate: float = 0.0,
        window: float = 0.0,
    ) -> Subject:
        """A subject; ``settings`` is the head's card of settings."""
        return cls(tuple(encoders), head, settings.model_dump_json(), outputs, rate, window)

    @property
    def name(self) -> str:
        """Model and head."""
        return f"{'+'.join(one.card.id for one in self.encoders)} / {self.head}"

    @property
    def device(self) -> str:
        """Where it is computed."""
        return self.encoders[0].placement.device

    @property
    def asked(self) -> Asked:
        """What is asked of the head."""
        chosen = find_settings(self.head, json.loads(self.settings))
        return Asked(self.head, chosen, self.outputs, bool(self.rate))

    @property
    def spec(self) -> FeatureSpec:
        """What is kept of a clip for the head."""
        spec = find_head(self.head).spec(self.asked.settings)
        if self.rate:
            return replace(spec, kind="windows", rate=self.rate, window=self.window)
        return spec

    @property
    def key(self) -> str:
        """A digest of all that decides what it costs, the machine apart."""
        told = {
            "encoders": [one.identity for one in self.encoders],
            "placement": asdict(self.encoders[0].placement),
            "head": [self.head, self.settings, self.outputs, self.rate, self.window],
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class Loaded:
    """A subject in memory.

    Args:
        subject: what to load.
        scratch: folder for long records.
    """

    def __init__(self, subject: Subject, scratch: Path) -> None:
        from paralbench.features.clip_encoder import ClipEncoder

        spec, device = subject.spec, subject.device
        cards = [one.card for one in subject.encoders]
        self.encoders = [one.load() for one in subject.encoders]
        self._listeners = [
            ClipEncoder(encoder, card, spec, scratch)
            for encoder, card in zip(self.encoders, cards, strict=True)
        ]
        self.cards, self._spec = cards, spec
        self.forms = Forms(subject.asked, cards, spec, device)
        self._together = LOCAL.together(device)

    def pieces(self, file: Path) -> list[Iterator[Piece]]:
        """What each encoder is fed of a clip, decoded as it is asked for."""
        return [listener.pieces(Clip(file)) for listener in self._listeners]

    def encode(self, pieces: Sequence[Iterable[Piece]]) -> list[Array]:
        """Each encoder's record of a clip, [layers, rows, width].

        Raises:
            Refused: where the encoder cannot use the clip.
        """
        records = []
        for listener, card, heard in zip(self._listeners, self.cards, pieces, strict=True):
            gathering = listener.gathering()
            at_once = max(1, int(self._together / card.policy.window))
            for group in _groups(heard, at_once):
                for piece, part in zip(group, listener.parts(group), strict=True):
                    gathering.add(piece, part)
            values = gathering.record().values
            if not isinstance(values, np.ndarray):
                layers = len(self._spec.chosen(card))
                values = np.concatenate(list(values)).reshape(layers, -1, card.width)
            records.append(values)
        return records

    def together(self, pieces: Sequence[Sequence[Piece]], clips: int) -> None:
        """Encode so many copies of a clip in one batch, as on a GPU."""
        for listener, heard in zip(self._listeners, pieces, strict=True):
            for part in listener.parts(list(heard) * clips):
                if isinstance(part, Refused):
                    raise part


def _groups(pieces: Iterable[Piece], size: int) -> Iterator[list[Piece]]:
    rest = iter(pieces)
    for first in rest:
        yield list(chain([first], islice(rest, size - 1)))
