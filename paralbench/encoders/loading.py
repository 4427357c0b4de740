"""Loading an encoder from a model's card, and the components that identify its features."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import cast

from paralbench.catalog import Model, load_module
from paralbench.encoders import backends, compatibility, preprocessor, runtimes
from paralbench.encoders.encoder import Encoder
from paralbench.encoders.placement import REFERENCE, Placement
from paralbench.encoders.weights import WeightsFile, find
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard
from paralbench.system import sources
from paralbench.system.network_guard import refused
from paralbench.system.third_party_code import third_party

NO_NUMBERS = "it finds the backend and weights that are in the key"

_BACKENDS = Path(backends.__file__).parent


@dataclass(frozen=True)
class LoadableEncoder:
    """An encoder before its weights are loaded, and the identity under which features are stored."""

    card: ModelCard
    folder: Path
    weights: WeightsFile
    placement: Placement = REFERENCE

    @cached_property
    def components(self) -> dict[str, str]:
        """Digests and names of all that decides the hidden states."""
        card = self.card.model_dump_json(
            include={"backend", "settings", "rate", "layers", "width", "frame_rate", "policy"}
        )
        files = " ".join(file.digest for file in self._files)
        return {
            "weights": self.weights.sha256,
            "card": hashlib.sha256(card.encode()).hexdigest(),
            "placement": self.placement.name,
            "sources": sources.digest(self.modules),
            "files": hashlib.sha256(files.encode()).hexdigest(),
        }

    @cached_property
    def identity(self) -> str:
        """sha256 of the components and of the card's settings for recognised words."""
        words = self.card.words and self.card.words.model_dump(mode="json")
        content = json.dumps([self.components, words], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def load(self) -> Encoder:
        """Load the weights and return the Encoder.

        Raises:
            ParalbenchError: where the backend's package is not installed.
            CardError: for an unknown backend.
        """
        try:
            with refused("while a model is loaded"):
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
        """Call ``load`` of the model's adapter.py with the weights' path, where there are any, and
        the ``card`` and ``placement`` where its parameters name them."""
        file = self.folder / "adapter.py"
        with suppress(ParalbenchError):  # an adapter that needs no torchaudio works without it
            compatibility.make_importable()
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
        with third_party(f"{file}: load({'weights' if weights else ''})"):
            encoder = load(*weights, **named)
        if not callable(getattr(encoder, "encode", None)):
            raise CardError(
                f"{file}: load() returned {type(encoder).__name__}, which has no encode(waveforms)."
            )
        return cast(Encoder, encoder)

    def _backend_file(self) -> Path:
        file = _BACKENDS / f"{self.card.backend.replace('-', '_')}.py"
        if not file.is_file():
            known = sorted(path.stem.replace("_", "-") for path in _BACKENDS.glob("[a-z]*.py"))
            raise CardError(
                f"model '{self.card.id}': there is no backend '{self.card.backend}'; "
                f"there are: python, {', '.join(known)}."
            )
        return file

    @cached_property
    def modules(self) -> frozenset[str]:
        """The modules that compute the encoder: backend, its or an adapter's imports, runtime."""
        names = {name for file in self._files for name in file.imports}
        if self.card.backend != "python":
            names.add(f"{backends.__name__}.{self._backend_file().stem}")
        if "paralbench.encoders.running" in (modules := sources.followed(frozenset(names))):
            modules |= sources.reached(f"{runtimes.__name__}.{self.placement.module}")
        return modules

    @cached_property
    def _files(self) -> list[sources.Source]:
        """The files of an adapter's folder, or those beside the weights that a backend reads."""
        files: Iterable[Path] = ()
        if self.card.backend == "python":
            files = filter(self._is_source, sorted(self.folder.rglob("*")))
        elif self.weights.path is not None:
            files = (self.weights.path / name for name in ("config.json", preprocessor.FILE))
        return [sources.of_file(file) for file in files if file.is_file()]

    def _is_source(self, file: Path) -> bool:
        """Whether a file beside an adapter can change a feature; the card and the weights are
        components of their own."""
        weights, parts = self.weights.path, file.relative_to(self.folder).parts
        ignored = (
            (weights is not None and file.is_relative_to(weights))
            or any(part.startswith((".", "__pycache__")) for part in parts)
            or file.name == "model.toml"
            or file.name.startswith("test_")
            or file.suffix == ".md"
        )
        return file.is_file() and not ignored


def loadable(
    model: Model, weights: Mapping[str, Path] | None = None, placement: Placement = REFERENCE
) -> LoadableEncoder:
    """Find a model's weights; raises as :func:`paralbench.encoders.weights.find` does."""
    weights_file = find(model.card, model.folder, weights or {})
    return LoadableEncoder(model.card, model.folder, weights_file, placement)
