"""The frozen encoder in a bundle: its card always, its weights where they may and can be inside.

Code never is. The backend that a card names comes with paralbench; a model with an adapter of its own
has to be in the catalogue of whoever screens. What is not inside must be installed with the same hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.placement import Placement
from paralbench.encoders.preprocessor import FILE
from paralbench.encoders.weights import WeightsFile, find
from paralbench.records.errors import BundleError
from paralbench.records.model_card import ModelCard
from paralbench.screener.bundle import Bundle

CARD = "encoder/model.json"
LARGEST = 500 * 10**6
"""Bytes of weights that are put inside unasked."""
_FOLDER = "encoder/weights/"
_WHOLE = "model.safetensors"
_CONFIGURATION = ("config.json", FILE)
_FORBIDDING = ("redistribut", "unknown", "proprietary", "agreement")
"""A licence that speaks of these is not taken to allow a copy; what is allowed needs no word."""


@dataclass(frozen=True)
class Embedded:
    """Members that hold the weights, the chief of them, and why there are none where there are none."""

    members: Mapping[str, bytes]
    chief: str | None
    why_not: str = ""


def embedded(encoder: LoadableEncoder, wanted: bool | None) -> Embedded:
    """The encoder's weights as members; ``wanted`` None leaves it to their size and licence.

    Raises:
        BundleError: where they are wanted and cannot be inside.
    """
    files = _files(encoder)
    reason = _reason(encoder, files, wanted is None)
    if wanted is False:
        reason = reason or "it was not wanted"
    if wanted and reason:
        raise BundleError(f"the weights of '{encoder.card.id}' cannot be in a bundle: {reason}.")
    if reason:
        return Embedded({}, None, reason)
    chief = next(name for name in files if not name.endswith(".json"))
    return Embedded({name: file.read_bytes() for name, file in files.items()}, chief)


def card_member(card: ModelCard) -> bytes:
    """The model card as a member."""
    return json.dumps(card.model_dump(mode="json"), sort_keys=True, indent=1).encode() + b"\n"


@dataclass
class Restored:
    """An encoder that can be loaded; its weights lie in ``scratch`` as long as this lives."""

    encoder: LoadableEncoder
    scratch: TemporaryDirectory[str] | None


def restored(bundle: Bundle, weights: Path | None, catalog: Catalog | None = None) -> Restored:
    """The encoder of a bundle, its weights proved by hash.

    Weights that are inside are put into a private scratch folder, since backends read files; it is
    gone when the screener is.

    Raises:
        BundleError: where the weights here are not those of the bundle.
        ParalbenchError: where they are not on this machine.
    """
    told = bundle.manifest.encoder
    card = ModelCard.checked(json.loads(bundle.read(told.card)), f"{bundle.path}: {told.card}")
    folder = _folder(bundle, card, catalog)
    scratch = None
    if told.member is not None:
        scratch = TemporaryDirectory(prefix="paralbench-")
        found = _unpacked(bundle, Path(scratch.name), told.weights)
    else:
        found = find(card, folder, {} if weights is None else {card.id: weights})
    if found.sha256 != _recorded(told.weights):
        raise BundleError(
            f"{bundle.path}: it was made with the weights {told.weights[:12]}… of '{card.id}', "
            f"those here are {found.sha256[:12]}…; give the right ones with --weights DIR."
        )
    placement = Placement.named(told.placement)
    return Restored(LoadableEncoder(card, folder, found, placement), scratch)


def recorded(sha256: str) -> str:
    """What the manifest says of weights; a model without any has 64 zeros."""
    return sha256 if len(sha256) == 64 else "0" * 64


def _recorded(told: str) -> str:
    return "none" if told == "0" * 64 else told


def _folder(bundle: Bundle, card: ModelCard, catalog: Catalog | None) -> Path:
    if card.backend != "python":
        return bundle.path.parent
    models = (catalog or Catalog()).models
    if card.id not in models:
        raise BundleError(
            f"{bundle.path}: its encoder '{card.id}' is computed by an adapter of its own, which is "
            "not in this catalogue; name its folder with --catalog DIR."
        )
    return models[card.id].folder


def _unpacked(bundle: Bundle, place: Path, sha256: str) -> WeightsFile:
    names = [one.name for one in bundle.manifest.members if one.name.startswith(_FOLDER)]
    for name in names:
        (place / Path(name).name).write_bytes(bundle.read(name))
    chief = Path(str(bundle.manifest.encoder.member)).name
    whole = (place / "config.json").is_file()
    kind = "onnx" if chief.endswith(".onnx") else "safetensors"
    return WeightsFile(place if whole else place / chief, kind, sha256, pinned=True)


def _files(encoder: LoadableEncoder) -> dict[str, Path]:
    """Member's name to file; nothing where there is no such file."""
    path = encoder.weights.path
    if path is None:
        return {}
    if path.is_dir():
        # An adapter may read any file of its folder; which ones is not known here.
        if encoder.card.backend == "python" or not (path / _WHOLE).is_file():
            return {}
        names = [_WHOLE, *(name for name in _CONFIGURATION if (path / name).is_file())]
        return {f"{_FOLDER}{name}": path / name for name in names}
    if encoder.weights.format in ("safetensors", "onnx"):
        return {f"{_FOLDER}model.{encoder.weights.format}": path}
    return {}


def _reason(encoder: LoadableEncoder, files: Mapping[str, Path], unasked: bool) -> str:
    """Why the weights are not inside; "" where they can be."""
    if encoder.weights.path is None:
        return "it has none"
    if not files:
        return "they are not one file in safetensors or ONNX"
    licence = encoder.card.licence
    if any(word in licence.lower() for word in _FORBIDDING):
        return f"their licence may not allow a copy ({licence})"
    size = sum(file.stat().st_size for file in files.values())
    if unasked and size > LARGEST:
        return f"they have {size / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f}"
    return ""
