"""Models: by name, from the hub, from a folder, or objects in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from paralbench.catalog import Catalog, from_environment
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.encoders.placement import Placement
from paralbench.records.errors import UsageError
from paralbench.records.model_card import ModelCard
from paralbench.system.cache_folder import default_cache

if TYPE_CHECKING:
    from torch import nn

NO_NUMBERS = "it finds encoders, which have keys of their own"


@dataclass(frozen=True)
class Model:
    """A frozen encoder, or several that a fusing head reads together. Made by :func:`get_model`.

    Attributes:
        encoders: the encoders, before their weights are loaded.
        store: the folder of features and results of an object in memory, removed with it; None
            for a model on disk, whose features are kept in the cache.
    """

    encoders: tuple[LoadableEncoder, ...]
    store: TemporaryDirectory[str] | None = None

    @property
    def id(self) -> str:
        """Its name in results; several encoders are joined by '+'."""
        return "+".join(encoder.card.id for encoder in self.encoders)

    @property
    def card(self) -> ModelCard:
        """Its card: rate in Hz, layers, width, frames a second, licence, training data.

        Raises:
            UsageError: where there are several encoders, which have a card each.
        """
        return self._single().card

    @property
    def cache(self) -> Path:
        """The root of its stored features."""
        return default_cache() if self.store is None else Path(self.store.name)

    def encode(self, waveform: NDArray[np.floating]) -> NDArray[np.float32]:
        """Hidden states [layers, frames, width] of a waveform [samples] at ``card.rate``.

        Raises:
            UsageError: where there are several encoders.
            ParalbenchError: where the model refuses the waveform.
        """
        samples = np.ascontiguousarray(waveform, np.float32)
        if samples.ndim != 1:
            raise UsageError(f"expected a waveform [samples], got {list(samples.shape)}.")
        (states,) = self._loaded.encode([samples])
        return np.asarray(states.float().numpy(force=True))

    def current(self) -> Model:
        """It, with the identity that a torch module's weights have now."""
        from paralbench.encoders.in_memory import InMemoryEncoder, digest

        def identified(encoder: LoadableEncoder) -> LoadableEncoder:
            if not isinstance(encoder, InMemoryEncoder):
                return encoder
            weights = replace(encoder.weights, sha256=digest(encoder.target))
            return replace(encoder, weights=weights)

        return replace(self, encoders=tuple(map(identified, self.encoders)))

    def __repr__(self) -> str:
        shapes = ", ".join(
            f"{encoder.card.rate} Hz, {encoder.card.layers} layers, width {encoder.card.width}"
            for encoder in self.encoders
        )
        return f"<Model {self.id}: {shapes}>"

    def _single(self) -> LoadableEncoder:
        if len(self.encoders) > 1:
            raise UsageError(f"'{self.id}' has {len(self.encoders)} encoders; expected one.")
        return self.encoders[0]

    @cached_property
    def _loaded(self) -> Any:
        return self._single().load()


def get_model(
    source: str | Path | nn.Module | Callable[[NDArray[np.float32]], Any] | Model,
    rate: int | None = None,
    *,
    name: str | None = None,
    frame_rate: float | None = None,
    window: float = 30.0,
    weights: Path | str | None = None,
    device: str = "cpu",
    download: bool = False,
    catalog: Sequence[Path | str] = (),
) -> Model:
    """A frozen acoustic model.

    Args:
        source: a name of the catalogue (``"whisper-tiny.en"``, ``"egemaps-lld+mfcc"``), a hub id
            (``"ORG/NAME"`` or ``"hf:ORG/NAME"``), a local folder as ``save_pretrained`` writes it
            (a path, or ``"dir:PATH"``), a torch module that maps waveforms [1, samples] to hidden
            states [1, frames, width], or a function that maps a waveform [samples] to [width],
            [frames, width] or [layers, frames, width].
        rate: sample rate of the input in Hz, of a module or a function.
        name: id of a module or a function in results; by default its class's or its own name.
        frame_rate: frames a second of a module or a function; by default measured.
        window: of a module or a function; longer audio is cut into windows of so many seconds.
        weights: folder of the weights of a model of the catalogue.
        device: ``"cpu"`` or ``"cuda"``.
        download: fetch a hub id that is not on this machine; nothing else uses the network.
        catalog: folders with models of your own, besides those of PARALBENCH_CATALOG.

    Raises:
        UsageError: for an unknown name, or a module or function without ``rate``.
        ParalbenchError: where weights are missing, or a module fails for noise.

    Example:
        >>> import numpy as np
        >>> import paralbench as pb
        >>> model = pb.get_model(lambda waveform: np.abs(waveform).reshape(-1, 100)[:, :4], 8000)
        >>> model.card.width, model.card.frame_rate
        (4, 80.0)
        >>> model.encode(np.ones(800)).shape
        (1, 8, 4)
    """
    if isinstance(source, Model):
        return source
    if not isinstance(source, str | Path):
        from paralbench.encoders.in_memory import in_memory

        if rate is None or not callable(source):
            raise UsageError(
                f"get_model expects a name, a folder, or a module or function and its rate in Hz; "
                f"got {type(source).__name__}{'' if rate is None else f', {rate}'}."
            )
        encoder = in_memory(
            source, rate, name or _name(source), frame_rate=frame_rate, window=window
        )
        return Model((encoder,), TemporaryDirectory(prefix="paralbench-"))
    models = catalogue(tuple(Path(folder).expanduser() for folder in catalog))
    reference = _reference(source, models)
    if download and reference.startswith("hf:"):
        from paralbench.encoders import uncatalogued

        uncatalogued.download(reference)
    ids = models.streams(reference)
    folders = {} if weights is None else {ids[0]: Path(weights).expanduser()}
    placement = Placement(device)
    return Model(tuple(loadable(models.model(part), folders, placement) for part in ids))


def catalogue(folders: tuple[Path, ...] = ()) -> Catalog:
    """The catalogue of the package, PARALBENCH_CATALOG and ``folders``."""
    from paralbench.encoders.uncatalogued import described

    return from_environment(folders, described)


def _reference(source: str | Path, models: Catalog) -> str:
    text = str(source)
    if isinstance(source, str) and (text in models.models or text.startswith("@")):
        return text
    if Path(text).expanduser().is_dir():
        return f"dir:{text}"
    return f"hf:{text}" if re.fullmatch(r"[\w.-]+/[\w.-]+", text) else text


def _name(target: object) -> str:
    named = getattr(target, "__name__", type(target).__name__)
    return re.sub(r"[^a-z0-9._-]+", "-", named.lower()).strip("-._") or "model"
