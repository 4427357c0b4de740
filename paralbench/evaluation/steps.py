"""Series laid out for a head: recording behind recording, a row a step; and put together again.

Splits are made of recordings, rows follow them. Features and predictions are cropped to the labels;
where they end first their last value is repeated. A delay shifts training labels to the front
and predictions back, the first or last value filling the gap (AVEC 2019's way).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Selection
from paralbench.heads.head import Problem, Rows, Split
from paralbench.records.task_card import SeriesTarget


@dataclass(frozen=True)
class Steps:
    """The rows of a series task: which example and step each is, and its true value."""

    example: NDArray[np.int64]
    step: NDArray[np.int64]
    truth: NDArray[np.float64]
    delay: int

    @classmethod
    def of(cls, selection: Selection) -> Steps:
        """All steps of all recordings; ``selection`` is one of a series task."""
        target = selection.task.target
        assert isinstance(target, SeriesTarget)
        lengths = [len(values) for values in selection.series]
        return cls(
            np.repeat(np.arange(len(lengths)), lengths),
            np.concatenate([np.arange(length) for length in lengths]),
            np.concatenate(selection.series),
            round(target.delay * target.rate),
        )

    def problem(self, recordings: Problem) -> Problem:
        """The problem in steps instead of recordings: the value ``delay`` steps later."""
        rows = np.arange(len(self.truth))
        last = np.searchsorted(self.example, self.example, side="right") - 1
        delayed = self.truth[np.minimum(rows + self.delay, last)]
        groups = None if recordings.groups is None else recordings.groups[self.example]
        return Problem("number", delayed, 0, recordings=self.example, groups=groups)

    def splits(self, splits: Sequence[Split]) -> list[Split]:
        """The same splits in rows instead of recordings."""
        return [
            Split(
                split.fold,
                split.seed,
                *(self._rows(side) for side in (split.train, split.develop, split.test)),
            )
            for split in splits
        ]

    def undelayed(self, outputs: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
        """Outputs for ``rows``, complete recordings, shifted back by the delay."""
        return outputs[np.arange(len(rows)) - np.minimum(self.step[rows], self.delay)]

    def _rows(self, examples: Rows) -> Rows:
        return np.flatnonzero(np.isin(self.example, examples))


def fill(recordings: Iterator[NDArray[np.floating]], lengths: Sequence[int]) -> NDArray[np.float32]:
    """Records [layers, steps * 2, width] as rows [all steps, layers, 2, width], fitted to labels."""
    rows: NDArray[np.float32] | None = None
    at = 0
    for record, length in zip(recordings, lengths, strict=True):
        layers, twice, width = record.shape
        if rows is None:
            rows = np.empty((sum(lengths), layers, 2, width), np.float32)
        kept = np.minimum(np.arange(length), twice // 2 - 1)
        rows[at : at + length] = record.reshape(layers, -1, 2, width).swapaxes(0, 1)[kept]
        at += length
    assert rows is not None
    return rows


def too_short(selection: Selection, steps: Sequence[int]) -> dict[str, str]:
    """Recordings whose audio ends so early that more than half a window of labels has none.

    Args:
        selection: nothing is too short where it is no series task.
        steps: how many steps of audio each recording has.
    """
    target = selection.task.target
    refused: dict[str, str] = {}
    if not isinstance(target, SeriesTarget):
        return refused
    for example, values, heard in zip(selection.examples, selection.series, steps, strict=True):
        missing = (len(values) - heard) / target.rate
        if missing > target.window / 2:
            refused[example.id] = f"its audio ends {missing:.1f} s before its {target.label} does"
    return refused
