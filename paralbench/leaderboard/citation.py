"""How the board is cited: its version, the date of its newest result, and a BibTeX entry."""

from __future__ import annotations

from dataclasses import dataclass

from paralbench import __version__
from paralbench.leaderboard.board import Board

TITLE = "ParaLBench: a benchmark of acoustic foundation models for computational paralinguistics"
AUTHOR = "The ParaLBench founders"


@dataclass(frozen=True)
class Citation:
    """What a reader cites. ``date`` is that of the newest result, "" for a board without one.

    The date follows from the results, so that the same files give the same pages.
    """

    version: str
    date: str

    def bibtex(self) -> str:
        """The entry for a bibliography."""
        lines = [
            f"author = {{{{{AUTHOR}}}}}",
            f"title = {{{{{TITLE}}}}}",
            f"version = {{{self.version}}}",
        ]
        if self.date:
            lines += [f"year = {{{self.date[:4]}}}", f"note = {{Leaderboard of {self.date}}}"]
        return "@software{paralbench,\n  " + ",\n  ".join(lines) + ",\n}"


def citation(board: Board) -> Citation:
    """The citation of a board."""
    results = [row.result for table in board.tables for row in table.rows] + [*board.crossed]
    newest = max((result.provenance.created for result in results), default="")
    return Citation(__version__, newest[:10])
