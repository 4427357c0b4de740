"""The frozen encoder of a bundle: its card, and its weights where licence and size permit.

Never its code: the backend that a card names comes with paralbench, and a model with its own adapter
must be in the catalogue where it is screened. Weights outside the bundle must have the same hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from paralbench.catalog import Catalog, from_environment
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.placement import Placement
from paralbench.encoders.preprocessor import FILE
from paralbench.encoders.weights import WeightsFile, find
from paralbench.records.errors import BundleError
from paralbench.records.model_card import ModelCard
from paralbench.screener.bundle import Bundle

CARD = "encoder/model.json"
LARGEST = 500 * 10**6
"""Bytes of weights that are embedded by default."""
_FOLDER = "encoder/weights/"
_MODEL = "model.safetensors"
_CONFIGURATION = ("config.json", FILE)
_RESTRICTIVE = ("redistribut", "unknown", "proprietary", "agreement")
"""A licence with one of these words is taken to forbid a copy."""
_NO_WEIGHTS = "0" * 64


@dataclass(frozen=True)
class Embedded:
    """Members that hold the weights, the chief one's name, and why there are none."""

    members: Mapping[str, bytes]
    chief: str | None
    why_not: str = ""


def forbids_a_copy(card: ModelCard) -> bool:
    """Whether the licence of a model's weights may not allow a bundle to hold them."""
    return any(word in card.licence.lower() for word in _RESTRICTIVE)


def embedded(encoder: LoadableEncoder, required: bool | None) -> Embedded:
    """The encoder's weights as members; with ``required`` None as size and licence permit.

    Raises:
        BundleError: where they are required and cannot be inside.
    """
    path, card, files = encoder.weights.path, encoder.card, dict[str, Path]()
    if path is not None and not path.is_dir():
        if encoder.weights.format in ("safetensors", "onnx"):
            files = {f"model.{encoder.weights.format}": path}
    elif path is not None and card.backend != "python" and (path / _MODEL).is_file():
        # An adapter may read any file of its folder, so its weights cannot be embedded.
        names = [_MODEL, *(name for name in _CONFIGURATION if (path / name).is_file())]
        files = {name: path / name for name in names}
    size = sum(file.stat().st_size for file in files.values())
    reason = ""
    if path is None:
        reason = "it has none"
    elif not files:
        reason = "they are not one file in safetensors or ONNX"
    elif forbids_a_copy(card):
        reason = f"their licence may not allow a copy ({card.licence})"
    elif required is None and size > LARGEST:
        reason = f"they have {size / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f}"
    elif required is False:
        reason = "they were not requested"
    if required and reason:
        raise BundleError(f"the weights of '{card.id}' cannot be in a bundle: {reason}.")
    if reason:
        return Embedded({}, None, reason)
    members = {f"{_FOLDER}{name}": file.read_bytes() for name, file in files.items()}
    return Embedded(members, next(iter(members)))


def card_member(card: ModelCard) -> bytes:
    """The model card as a member."""
    return json.dumps(card.model_dump(mode="json"), sort_keys=True, indent=1).encode() + b"\n"


@dataclass
class Restored:
    """An encoder that can be loaded; its weights are in ``scratch`` as long as this object lives."""

    encoder: LoadableEncoder
    scratch: TemporaryDirectory[str] | None


def card_of(bundle: Bundle) -> ModelCard:
    """The encoder's card in a bundle."""
    name = bundle.manifest.encoder.card
    return ModelCard.checked(json.loads(bundle.read(name)), f"{bundle.path}: {name}")


def restored(bundle: Bundle, weights: Path | None, catalog: Catalog | None = None) -> Restored:
    """The encoder of a bundle, its weights verified by hash.

    Embedded weights are written to a private scratch folder, since backends read files.

    Raises:
        BundleError: where the weights are not those of the bundle.
        ParalbenchError: where they are not on this machine.
    """
    reference, card = bundle.manifest.encoder, card_of(bundle)
    folder = bundle.path.parent
    if card.backend == "python":
        models = (catalog or from_environment()).models
        if card.id not in models:
            raise BundleError(
                f"{bundle.path}: its encoder '{card.id}' needs its own adapter, which is not in this "
                "catalogue; name its folder with --catalog DIR."
            )
        folder = models[card.id].folder
    scratch = None
    if reference.member is not None:
        scratch = TemporaryDirectory(prefix="paralbench-")
        path = Path(scratch.name)
        for member in bundle.manifest.members:
            if member.name.startswith(_FOLDER):
                (path / Path(member.name).name).write_bytes(bundle.read(member.name))
        kind = "onnx" if reference.member.endswith(".onnx") else "safetensors"
        if not (path / "config.json").is_file():
            path /= Path(reference.member).name
        file = WeightsFile(path, kind, reference.weights, pinned=True)
    else:
        file = find(card, folder, {} if weights is None else {card.id: weights})
    if recorded(file.sha256) != reference.weights:
        raise BundleError(
            f"{bundle.path}: it was made with the weights {reference.weights[:12]}… of '{card.id}', "
            f"those here are {file.sha256[:12]}…; give the right ones with --weights DIR."
        )
    placement = Placement.named(reference.placement)
    return Restored(LoadableEncoder(card, folder, file, placement), scratch)


def recorded(sha256: str) -> str:
    """A weights' hash as a manifest has it: 64 zeros for a model without weights."""
    return sha256 if len(sha256) == 64 else _NO_WEIGHTS
