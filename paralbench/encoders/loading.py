"""From a model's card to what makes its features its own, and to the running Encoder."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from paralbench.audio.decoding import DECODING
from paralbench.catalog import Model, load_module
from paralbench.encoders import backends, preprocessor, runtimes
from paralbench.encoders.encoder import Encoder
from paralbench.encoders.packaged import sha256
from paralbench.encoders.placement import REFERENCE, Placement
from paralbench.encoders.weights import WeightsFile, find
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard
from paralbench.system.foreign_code import foreign

_BACKENDS = Path(backends.__file__).parent
_SHARED = sorted(_BACKENDS.parent.glob("*.py"))


@dataclass(frozen=True)
class LoadableEncoder:
    """An encoder that can be loaded: card, weights, and the identity its features are kept under."""

    card: ModelCard
    folder: Path
    weights: WeightsFile
    placement: Placement = REFERENCE

    @cached_property
    def identity(self) -> str:
        """sha256 of everything that can change a feature: weights, sources, settings, policies."""
        card = self.card
        told: dict[str, Any] = {
            "decoding": DECODING,
            "weights": self.weights.sha256,
            "sources": [sha256(file) for file in self._sources()],
            "card": card.model_dump(
                mode="json",
                include={"backend", "settings", "rate", "layers", "width", "frame_rate", "policy"},
            ),
        }
        if card.words is not None:
            told["words"] = card.words.model_dump(mode="json")
        if not self.placement.reference:
            told["placement"] = self.placement.name
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def load(self) -> Encoder:
        """Load the weights and return the Encoder.

        Raises:
            ParalbenchError: where the backend's package is not installed.
            CardError: for a backend that does not exist.
        """
        try:
            if self.card.backend == "python":
                return self._from_adapter()
            module = import_module(f"paralbench.encoders.backends.{self._backend_file().stem}")
            encoder = module.load(self.card, self.weights, self.placement)
        except ModuleNotFoundError as error:
            raise ParalbenchError(
                f"the model '{self.card.id}' needs the package '{error.name}', which is not "
                f"installed; 'paralbench doctor' says which extra brings it."
            ) from error
        return cast(Encoder, encoder)

    def _from_adapter(self) -> Encoder:
        """The encoder that ``load`` of the model's adapter.py returns.

        ``load`` is given the path of the weights where there are any, and, where its parameters
        name them, the ``card`` and the ``placement``.
        """
        file = self.folder / "adapter.py"
        load = getattr(load_module(file), "load", None)
        if not callable(load):
            raise CardError(f"{file}: expected a function load(), it has none.")
        signature = inspect.signature(load)
        offered = {"card": self.card, "placement": self.placement}
        named = {name: value for name, value in offered.items() if name in signature.parameters}
        if "placement" not in named:
            self.placement.only_reference(self.card.id)
        weights = () if self.weights.path is None else (self.weights.path,)
        try:
            signature.bind(*weights, **named)
        except TypeError as error:
            raise CardError(
                f"{file}: load() must take the folder of weights, which the card or --weights names."
                if weights
                else f"{file}: load() expects an argument, but no weights are named; name their "
                f"folder under [[weights]] on the card or with --weights {self.card.id}=DIR."
            ) from error
        with foreign(f"{file}: load({'weights' if weights else ''})"):
            encoder = load(*weights, **named)
        if not callable(getattr(encoder, "encode", None)):
            raise CardError(
                f"{file}: load() returned {type(encoder).__name__}, which has no encode(waveforms)."
            )
        return cast(Encoder, encoder)

    def _backend_file(self) -> Path:
        file = _BACKENDS / f"{self.card.backend.replace('-', '_')}.py"
        if not file.is_file():
            known = sorted(f.stem.replace("_", "-") for f in _BACKENDS.glob("[a-z]*.py"))
            raise CardError(
                f"model '{self.card.id}': there is no backend '{self.card.backend}'; "
                f"there are: python, {', '.join(known)}."
            )
        return file

    def _runtime_file(self) -> Path:
        return Path(str(runtimes.__path__[0])) / f"{self.placement.module}.py"

    def _sources(self) -> list[Path]:
        if self.card.backend == "python":
            return [file for file in sorted(self.folder.rglob("*")) if self._counts(file)]
        sources = [self._backend_file(), *_SHARED, self._runtime_file()]
        if self.weights.path is not None and self.weights.path.is_dir():
            told = (self.weights.path / name for name in ("config.json", preprocessor.FILE))
            sources.extend(file for file in told if file.is_file())
        return sources

    def _counts(self, file: Path) -> bool:
        """Whether a file beside an adapter is its source: the card and the weights count by
        themselves, and tests, notes and what Python leaves behind change no feature."""
        weights = self.weights.path
        if weights is not None and file.is_relative_to(weights):
            return False
        inside = file.relative_to(self.folder).parts
        if any(part.startswith((".", "__pycache__")) for part in inside):
            return False
        idle = file.name == "model.toml" or file.name.startswith("test_") or file.suffix == ".md"
        return file.is_file() and not idle


def loadable(
    model: Model, weights: Mapping[str, Path] | None = None, placement: Placement = REFERENCE
) -> LoadableEncoder:
    """Find a model's weights; raises as :func:`paralbench.encoders.weights.find` does."""
    found = find(model.card, model.folder, weights or {})
    return LoadableEncoder(model.card, model.folder, found, placement)
