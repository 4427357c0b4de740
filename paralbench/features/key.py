"""The key of an encoder's features: the components that decide them, and the store's folder name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from paralbench.features.spec import REDUCTIONS, FeatureSpec
from paralbench.records.example import Clip
from paralbench.system import sources

if TYPE_CHECKING:
    from paralbench.encoders.loading import LoadableEncoder

NO_NUMBERS = "it names features, it does not make them"

CLEAN = "clean"
"""The condition of audio as it was recorded."""

_FORMAT = 3
_DECODING = "paralbench.audio.decoding"


@dataclass(frozen=True, slots=True)
class FeatureKey:
    """All that decides one encoder's features of one kind, except the audio.

    Args:
        model: the encoder's id.
        spec: what is stored of a clip.
        layers: number of layers of a record.
        width: numbers a frame.
        components: digests, or words where they are short, of what decides the values, by name.
    """

    model: str
    spec: FeatureSpec
    layers: int
    width: int
    components: Mapping[str, str]

    @property
    def name(self) -> str:
        """The folder's name in the store: a digest of the key."""
        content = json.dumps({**asdict(self), "format": _FORMAT}, sort_keys=True)
        return sha256(content.encode()).hexdigest()[:32]

    @classmethod
    def restored(cls, content: Mapping[str, Any]) -> Self:
        """Read from the JSON of ``asdict``, which in older stores has no components."""
        return cls(
            content["model"], FeatureSpec(**content["spec"]), content["layers"], content["width"],
            content.get("components", {}),
        )  # fmt: skip


def feature_sources(encoder: LoadableEncoder, spec: FeatureSpec) -> dict[str, frozenset[str]]:
    """The modules that decide an encoder's features, by component."""
    return {
        "encoder.sources": encoder.modules,
        "decoding.sources": sources.reached(_DECODING),
        "extraction.sources": sources.reached(
            "paralbench.features.clip_encoder", REDUCTIONS[spec.kind],
            without=(_DECODING, "paralbench.encoders"),
        ),
    }  # fmt: skip


def feature_key(encoder: LoadableEncoder, spec: FeatureSpec, condition: str = CLEAN) -> FeatureKey:
    """The key of an encoder's features; ``condition`` is what was done to the audio before."""
    from paralbench.audio.decoding import DECODING

    components = {
        **{f"encoder.{name}": value for name, value in encoder.components.items()},
        "decoding": DECODING,
        "condition": condition,
        "spec": json.dumps(asdict(spec), sort_keys=True),
        **{
            name: sources.digest(modules)
            for name, modules in feature_sources(encoder, spec).items()
        },
    }
    card = encoder.card
    return FeatureKey(card.id, spec, len(spec.chosen(card)), card.width, components)


def clip_key(digest: str, clip: Clip) -> bytes:
    """16 bytes naming a clip by its file's content and its cut, wherever the file lies.

    >>> from pathlib import Path
    >>> clip_key("0123", Clip(Path("a.wav"))) == clip_key("0123", Clip(Path("b.wav")))
    True
    """
    cut = (digest, float(clip.start), None if clip.end is None else float(clip.end), clip.channel)
    return sha256(repr(cut).encode()).digest()[:16]
