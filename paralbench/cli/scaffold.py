"""Writes a new folder from templates; never over something that is there."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from paralbench.records.errors import UsageError


def add_folder(parser: argparse.ArgumentParser, kind: str) -> None:
    """The new folder's name, and the catalogue that it goes into."""
    parser.add_argument(
        "name", help=f"the {kind}'s id: lower case letters, digits, '.', '-', '_', '+'"
    )
    parser.add_argument(
        "--in",
        type=Path,
        default=Path(),
        dest="into",
        metavar="DIR",
        help="the catalogue folder (default: here)",
    )


def write(folder: Path, name: str, files: Mapping[str, str], **values: str) -> None:
    """Fill ``{name}`` and ``values`` into the templates and write them.

    Raises:
        UsageError: for a name that no card may have, or a folder that exists.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._+-]{0,79}", name):
        raise UsageError(
            f"'{name}' cannot be an id; use lower case letters, digits, '.', '-', '_', '+'."
        )
    if folder.exists():
        raise UsageError(f"{folder} exists; choose another name or remove it.")
    folder.mkdir(parents=True)
    for file, template in files.items():
        text = template
        for key, value in {"name": name, **values}.items():
            text = text.replace("{" + key + "}", value)
        (folder / file).write_text(text, encoding="utf-8")
