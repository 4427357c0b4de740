"""Models without a card: the card is read from a folder of config.json and safetensors.

``dir:PATH`` is a folder as ``save_pretrained`` writes it, ``hf:ORG/NAME`` (or
``hf:ORG/NAME@REVISION``) the local copy of a hub's repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paralbench.catalog import Model
from paralbench.encoders.weights import find
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.records.model_card import FolderWeights, HubWeights, ModelCard
from paralbench.system.third_party_code import first_line

NO_NUMBERS = "cards are keyed by what they declare"

_WINDOW = 30.0
_SHORTEST = 0.025
_FILES = ["model.safetensors", "model-*.safetensors", "*.json"]


def described(reference: str, say: Callable[[str], None] = lambda message: None) -> Model:
    """The model behind ``dir:PATH`` or ``hf:ORG/NAME``, with the card that its files determine.

    Its id is the name of the folder or repository and eight digits of the weights' sha256, so that
    results of two checkpoints of one name stay apart. ``say`` receives remarks.

    Raises:
        UsageError: for another kind of reference, or a folder that does not exist.
        ParalbenchError: where the files are not on this machine, or are of no supported architecture.
    """
    kind, _, place = reference.partition(":")
    if kind == "dir":
        folder = Path(place).expanduser()
        if not folder.is_dir():
            raise UsageError(f"{reference}: there is no folder '{place}'.")
        return Model(folder, card(folder, folder.resolve().name, say))
    if kind == "hf":
        repository, revision = _repository(reference)
        snapshot = _downloaded(repository, revision)
        derived = card(snapshot, repository, say)
        (weights,) = derived.weights
        assert isinstance(weights, FolderWeights)
        source = HubWeights(
            kind="hub", repository=repository, revision=snapshot.name, sha256=weights.sha256
        )
        return Model(snapshot, derived.model_copy(update={"weights": [source]}))
    raise UsageError(f"'{reference}' is no model; expected dir:PATH or hf:ORG/NAME.")


def card(folder: Path, name: str, say: Callable[[str], None] = lambda message: None) -> ModelCard:
    """The card of a folder of weights; licence, citation and training data remain unknown.

    Raises:
        ParalbenchError: where a file is missing, or its architecture is not supported.
    """
    from paralbench.encoders import architectures
    from paralbench.encoders.fbank import HOP
    from paralbench.encoders.preprocessor import FILE, Preprocessor

    architecture = architectures.architecture(folder)
    config = architectures.configuration(folder, architecture)
    preprocessor = Preprocessor.of(folder)
    rate = preprocessor.sampling_rate or 16000
    hop = architecture.hop(config)
    policy: dict[str, Any] = {
        "window": _WINDOW,
        "shortest": max(_SHORTEST, -(-architecture.shortest(config) * 1000 // rate) / 1000),
    }
    if architecture.input == "ast-fbank":
        policy |= {"window": config.max_length * HOP / rate, "padding": "window"}
    positions = getattr(config, "max_source_positions", None)
    if positions is not None and hop is not None:
        policy["window"] = min(policy["window"], positions * hop / rate)
    settings = {}
    normalises = architecture.input in ("waveform", "ast-fbank")
    if normalises and preprocessor.do_normalize is None:
        settings["normalise"] = True
        say(
            f"{folder} has no {FILE} that says whether its input is normalised: it is, as by "
            f"transformers' default. If it was trained otherwise, write a card ('paralbench new-model "
            f"NAME --from {folder}') with normalise = false."
        )
    derived = ModelCard.checked(
        {
            "id": _slug(name),
            "title": f"{name} ({config.model_type})",
            "backend": "transformers",
            "settings": settings,
            "rate": rate,
            "layers": architecture.hidden_states(config),
            "width": config.hidden_size,
            "frame_rate": None if hop is None else round(rate / hop, 4),
            "parameters": _parameters(architecture.type, config),
            "licence": "unknown",
            "citation": "unknown",
            "training_note": "Unknown: this card was read from config.json.",
            "policy": policy,
            "weights": [{"kind": "folder", "path": "."}],
        },
        f"the card of {folder}",
    )
    digest = find(derived, folder, {}).sha256
    weights = FolderWeights(kind="folder", path=".", sha256=digest)
    return derived.model_copy(
        update={"id": f"{_slug(name)[:71]}-{digest[:8]}", "weights": [weights]}
    )


def download(reference: str) -> Path:
    """Download the safetensors and JSON files of ``hf:ORG/NAME`` and return their folder.

    Raises:
        ParalbenchError: where the download fails.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    repository, revision = _repository(reference)
    try:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=_FILES))
    except (HfHubHTTPError, OSError) as error:
        raise ParalbenchError(f"'{reference}' could not be fetched: {first_line(error)}") from error


def _repository(reference: str) -> tuple[str, str | None]:
    match = re.fullmatch(r"hf:([\w.-]+/[\w.-]+)(?:@([\w./-]+))?", reference)
    if match is None:
        raise UsageError(
            f"'{reference}' is no repository; expected hf:ORG/NAME, @REVISION optional."
        )
    return match[1], match[2]


def _downloaded(repository: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError as error:
        at = "" if revision is None else f"@{revision}"
        raise ParalbenchError(
            f"'{repository}' is not on this machine; get it with paralbench fetch "
            f"hf:{repository}{at}."
        ) from error


def _parameters(architecture: Any, config: Any) -> int:
    """Counted on a model without numbers, which takes neither memory nor time."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        model = architecture(config)
    return sum(parameter.numel() for parameter in model.parameters())


def _slug(name: str) -> str:
    """The name as an id.

    >>> _slug("My Org/wav2vec2_Base")
    'my-org-wav2vec2_base'
    """
    slug = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")
    return slug[:80] or "model"
