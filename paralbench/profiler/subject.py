"""A measured entry: its encoders and its head, from a clip's audio to the head's output."""

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
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.heads.deployable import HeadForms, Layout, Record
from paralbench.records.errors import Refused
from paralbench.records.example import Clip


@dataclass(frozen=True)
class Subject:
    """The entry to measure; it can be sent to another process.

    Args:
        encoders: one, or several that are fused.
        head: its name.
        settings: the head's, as given over its recipe.
        outputs: classes, or 1 for a number.
        rate: steps a second where the target is a series, else 0.
        window: seconds around a step.
        rows: that the head is fitted on, where its cost grows with them, else 0.
    """

    encoders: tuple[LoadableEncoder, ...]
    head: str
    settings: str
    outputs: int
    rate: float = 0.0
    window: float = 0.0
    rows: int = 0

    @classmethod
    def of(
        cls,
        encoders: Sequence[LoadableEncoder],
        head: str,
        settings: Any,
        outputs: int,
        rate: float = 0.0,
        window: float = 0.0,
        rows: int = 0,
    ) -> Subject:
        """A subject; ``settings`` is the head's card of settings."""
        return cls(tuple(encoders), head, settings.model_dump_json(), outputs, rate, window, rows)

    @property
    def name(self) -> str:
        """Model and head."""
        return f"{'+'.join(encoder.card.id for encoder in self.encoders)} / {self.head}"

    @property
    def device(self) -> str:
        """Where it is computed."""
        return self.encoders[0].placement.device

    @property
    def layout(self) -> Layout:
        """The records that the head reads and the outputs it computes."""
        spec = find_head(self.head).spec(self._settings)
        if self.rate:
            spec = replace(spec, kind="windows", rate=self.rate, window=self.window)
        cards = tuple(encoder.card for encoder in self.encoders)
        return Layout(cards, spec, self.outputs if self.outputs > 1 else 0, self.rows)

    def forms(self) -> HeadForms:
        """Both forms of the head on its device, with random weights of a fixed seed.

        The cost of a head does not depend on what it learnt, but may on how many rows it learnt from.
        """
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            forms = find_head(self.head).forms(self._settings, self.layout)
        for form in (forms.trained, forms.deployed):
            form.to(self.device)
        return forms

    @property
    def _settings(self) -> Any:
        return find_settings(self.head, json.loads(self.settings))

    @property
    def key(self) -> str:
        """A digest of everything that decides its cost but the machine."""
        parts = {
            "encoders": [encoder.identity for encoder in self.encoders],
            "placement": asdict(self.encoders[0].placement),
            "head": [self.head, self.settings, self.outputs, self.rate, self.window, self.rows],
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class Loaded:
    """A subject in memory.

    Args:
        subject: what to load.
        scratch: folder for long records.
    """

    def __init__(self, subject: Subject, scratch: Path) -> None:
        from paralbench.features.clip_encoder import ClipEncoder

        self._layout = subject.layout
        self.encoders = [encoder.load() for encoder in subject.encoders]
        self._clip_encoders = [
            ClipEncoder(encoder, card, self._layout.spec, scratch)
            for encoder, card in zip(self.encoders, self._layout.encoders, strict=True)
        ]
        self.forms = subject.forms()
        self._together = LOCAL.together(subject.device)

    def pieces(self, file: Path) -> list[Iterator[Piece]]:
        """Each encoder's input pieces of a clip, decoded lazily."""
        return [encoder.pieces(Clip(file)) for encoder in self._clip_encoders]

    def encode(self, pieces: Sequence[Iterable[Piece]]) -> list[Record]:
        """Each encoder's record of a clip.

        Raises:
            Refused: where the encoder cannot use the clip.
        """
        records = []
        for place, (encoder, inputs) in enumerate(zip(self._clip_encoders, pieces, strict=True)):
            card, layers = self._layout.encoders[place], self._layout.layers[place]
            gathering = encoder.gathering()
            at_once = max(1, int(self._together / card.policy.window))
            for group in _groups(inputs, at_once):
                for piece, part in zip(group, encoder.parts(group), strict=True):
                    gathering.add(piece, part)
            values = gathering.record().values
            if not isinstance(values, np.ndarray):
                values = np.concatenate(list(values)).reshape(layers, -1, card.width)
            records.append(values)
        return records

    def together(self, pieces: Sequence[Sequence[Piece]], clips: int) -> None:
        """Encode ``clips`` copies of a clip in one batch, as on a GPU."""
        for encoder, inputs in zip(self._clip_encoders, pieces, strict=True):
            for part in encoder.parts(list(inputs) * clips):
                if isinstance(part, Refused):
                    raise part


def _groups(pieces: Iterable[Piece], size: int) -> Iterator[list[Piece]]:
    rest = iter(pieces)
    for first in rest:
        yield list(chain([first], islice(rest, size - 1)))
