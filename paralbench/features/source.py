"""One encoder's stored features of given clips; missing or damaged records are extracted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.engine import LOCAL, Engine
from paralbench.features.extraction import extract
from paralbench.features.key import feature_key
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore, Loaded, Mapped
from paralbench.records.example import Clip

NO_NUMBERS = "it reads the store"


@dataclass(frozen=True)
class Source:
    """The features of ``clips``, by key, in a store.

    Args:
        encoder: the encoder.
        store: where its features are kept.
        clips: the clips, by key.
        refused: the clips that cannot be used, by key, and why.
        quiet: show no progress.
        say: receives remarks for the user.
    """

    encoder: LoadableEncoder
    store: FeatureStore
    clips: Mapping[bytes, Clip]
    refused: Mapping[bytes, str]
    quiet: bool
    say: Callable[[str], None]

    @classmethod
    def extracted(
        cls,
        encoder: LoadableEncoder,
        spec: FeatureSpec,
        clips: Mapping[bytes, Clip],
        cache: Path,
        *,
        engine: Engine = LOCAL,
        quiet: bool = False,
        say: Callable[[str], None] = lambda words: None,
    ) -> Self:
        """The features of ``clips``; those that the store does not have are extracted first."""
        store = FeatureStore(cache, feature_key(encoder, spec))
        extraction = extract(encoder, clips, store, engine=engine, quiet=quiet, say=say)
        return cls(encoder, store, clips, extraction.refused, quiet, say)

    def frames(self, keys: Mapping[str, bytes]) -> dict[str, int]:
        """How many frames each record stands for, by the same names; of windows, how many steps."""
        index = self.store.index()
        return {name: int(index[key]["frames"]) for name, key in keys.items()}

    def load(self, keys: Sequence[bytes]) -> Loaded:
        """Records in memory, in the order of ``keys``."""
        loaded = self.store.load(keys)
        if loaded.corrupt:
            self._renew([keys[position] for position in loaded.corrupt])
            loaded = self.store.load(keys)
        return loaded

    def map(self, keys: Sequence[bytes]) -> Mapped:
        """Records left on disk, in the order of ``keys``."""
        mapped = self.store.map(keys)
        if mapped.corrupt:
            self._renew([keys[position] for position in mapped.corrupt])
            mapped = self.store.map(keys)
        return mapped

    def _renew(self, damaged: Sequence[bytes]) -> None:
        name = self.encoder.card.id
        self.say(f"{len(damaged)} damaged records of {name} were found and are extracted again.")
        clips = {key: self.clips[key] for key in damaged}
        extract(self.encoder, clips, self.store, renew=damaged, quiet=self.quiet, say=self.say)
