"""Fetch an open corpus, or a model's weights, pinned by checksum."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options

if TYPE_CHECKING:
    from paralbench.catalog import Catalog

EXAMPLE = "paralbench fetch voice-prompts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument("name", help="a corpus or a model")
    parser.add_argument(
        "--to",
        type=Path,
        default=None,
        metavar="DIR",
        help="corpora: where to (default: the user's data folder)",
    )
    parser.add_argument(
        "--package",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="corpora: a package file already at hand",
    )


def run(args: argparse.Namespace) -> int:
    """Fetch it and say where it is."""
    catalog = options.catalog(args)
    place = _model(catalog, args.name) if args.name in catalog.models else _corpus(catalog, args)
    print(place)
    return 0


def _corpus(catalog: Catalog, args: argparse.Namespace) -> Path:
    from paralbench.corpora import fetching
    from paralbench.corpora.locating import fetched

    card = catalog.corpus(args.name).card
    return fetching.fetch(card, args.to or fetched(card.id), args.package)


def _model(catalog: Catalog, name: str) -> Path | str:
    from paralbench.encoders import weights
    from paralbench.records.model_card import HubWeights

    model = catalog.model(name)
    weights.download(model.card)
    if any(isinstance(one, HubWeights) and one.format == "pickle" for one in model.card.weights):
        return (
            f"{weights.fetched_pickle(model.card)}\nThis is a pickle, which is never loaded; make "
            f"safetensors of it: paralbench convert {name}"
        )
    return weights.find(model.card, model.folder, {}).path or f"'{name}' has no weights"
