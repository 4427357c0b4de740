"""Download an open corpus or the weights of a model, pinned by checksum."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options

if TYPE_CHECKING:
    from paralbench.catalog import Model

EXAMPLE = "paralbench fetch voice-prompts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    add = parser.add_argument
    add("name", help="a corpus, a model, or hf:ORG/NAME")
    add("--to", type=Path, metavar="DIR",
        help="corpora: the folder to write (default: the user's data folder)")  # fmt: skip
    add("--package", type=Path, action="append", default=[], metavar="FILE",
        help="corpora: a package file that was downloaded before")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Download, and print the path."""
    catalog = options.catalog(args)
    if args.name.startswith("hf:"):
        from paralbench.encoders import uncatalogued

        print(uncatalogued.download(args.name))
        return 0
    if args.name in catalog.models:
        print(_weights(catalog.model(args.name)))
        return 0
    from paralbench.corpora import fetching
    from paralbench.corpora.locating import fetched

    card = catalog.corpus(args.name).card
    print(fetching.fetch(card, args.to or fetched(card.id), args.package))
    return 0


def _weights(model: Model) -> Path | str:
    from paralbench.encoders import weights
    from paralbench.records.model_card import HubWeights

    card = model.card
    weights.download(card)
    if any(isinstance(file, HubWeights) and file.format == "pickle" for file in card.weights):
        return (
            f"{weights.fetched_pickle(card)}\nThis is a pickle, which is never loaded; convert it "
            f"to safetensors: paralbench convert {card.id}"
        )
    return weights.find(card, model.folder, {}).path or f"'{card.id}' has no weights"
