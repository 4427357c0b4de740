"""Writes a new folder from templates; an existing folder is never overwritten."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from paralbench.records.errors import UsageError


def add_folder(parser: argparse.ArgumentParser, kind: str) -> None:
    """The name of the new folder, and the catalogue folder that contains it."""
    parser.add_argument(
        "name", help=f"the {kind}'s id: lower case letters, digits, '.', '-', '_', '+'"
    )
    parser.add_argument(
        "--in", type=Path, default=Path(), dest="into", metavar="DIR",
        help="the catalogue folder (default: the current folder)",
    )  # fmt: skip


def write(folder: Path, name: str, files: Mapping[str, str]) -> None:
    """Fill ``{name}`` into the templates and write them.

    Raises:
        UsageError: for a name that is not a valid id, or a folder that exists.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._+-]{0,79}", name):
        raise UsageError(
            f"'{name}' cannot be an id; use lower case letters, digits, '.', '-', '_', '+'."
        )
    if folder.exists():
        raise UsageError(f"{folder} exists; choose another name or remove it.")
    folder.mkdir(parents=True)
    for file, template in files.items():
        (folder / file).write_text(template.replace("{name}", name), encoding="utf-8")
