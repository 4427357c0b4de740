"""The board built of accepted results, before they are called valid: what breaks it is refused."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.corpora.contamination import derived
from paralbench.leaderboard.board import collect
from paralbench.leaderboard.build import build
from paralbench.records.errors import ParalbenchError
from paralbench.results import files
from paralbench.submission.problem import Problem
from paralbench.system.third_party_code import third_party


def board_faults(roots: Sequence[Path], catalog: Catalog) -> list[Problem]:
    """Build the board of several folders of results, later ones over earlier ones, and discard it.

    Returns:
        The files that the board refuses, or the error that the build ended with.
    """
    with tempfile.TemporaryDirectory(prefix="paralbench-board-") as folder:
        merged = Path(folder) / "results"
        merged.mkdir()
        for root in roots:
            for file in _board_files(root):
                place = merged / file.relative_to(root)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, place)
        try:
            with third_party("building the board"):
                board = collect(merged, derived(catalog), catalog)
                build(board, Path(folder) / "site")
        except ParalbenchError as error:
            words = str(error).replace(folder, "").split(" --debug")[0].removesuffix(".")
            return [Problem("the board", "", f"cannot be built of these results: {words}")]
    refused = [*board.refused, *board.unread]
    return [
        Problem(name, "", f"the board refuses it: {reason.replace(folder, '').removesuffix('.')}")
        for name, reason in refused
    ]


def _board_files(root: Path) -> list[Path]:
    results = [*files.find(root), *root.glob("*/*/*.parquet")]
    return [*results, *files.find_layers(root), *root.glob("*/conformance.json")]
