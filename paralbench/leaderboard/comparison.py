"""Two entries side by side: the records of all entries, and how uncertain their differences are."""

from __future__ import annotations

from typing import Any

import numpy as np

from paralbench.leaderboard.board import Board, Table
from paralbench.leaderboard.entries import address
from paralbench.leaderboard.entries import records as explorer_records
from paralbench.leaderboard.separation import entry_key

LEVEL = 0.95
MOST = 150
"""The most entries of a table whose pairs are written into the page; the next would double its size."""


def comparison(board: Board) -> dict[str, Any]:
    """Every entry's record, and a list of tables with the half widths of their pairs' differences."""
    return {
        "entries": explorer_records(board),
        "most": MOST,
        "tables": [pairs for table in board.tables if (pairs := _pairs(table)) is not None],
    }


def _pairs(table: Table) -> dict[str, Any] | None:
    """The 95 % half width of each difference, row below row, from draws that all entries share.

    None where no draws are known or there are too many pairs.
    """
    from scipy import stats

    joint = table.joint
    if joint.replicates is None or len(joint.keys) > MOST:
        return None
    addresses = {entry_key(row.result): address(row.result) for row in table.rows}
    covariance = np.atleast_2d(np.cov(joint.replicates.drawn, rowvar=False))
    variance = np.diag(covariance)
    error = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0.0))
    half = stats.t.isf((1 - LEVEL) / 2, joint.replicates.freedom) * error
    return {
        "urls": [addresses[key] for key in joint.keys],
        "half": [
            [float(f"{width:.3g}") for width in half[place, :place]]
            for place in range(len(joint.keys))
        ],
    }
