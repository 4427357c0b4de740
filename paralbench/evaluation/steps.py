"""The rows of a series task: one row per step, recording after recording.

Features and predictions are cropped to the labels; if they end first, their last value is repeated.
A delay shifts training labels to the front and predictions back, and the first or last value fills
the gap, as in AVEC 2019.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.selection import Selection
from paralbench.heads.head import Problem, Rows, Split
from paralbench.records.task_card import SeriesTarget


@dataclass(frozen=True)
class Steps:
    """The example, the step and the true value of each row of a series task."""

    example: NDArray[np.int64]
    step: NDArray[np.int64]
    truth: NDArray[np.float64]
    delay: int

    @classmethod
    def of(cls, selection: Selection) -> Steps:
        """All steps of all recordings of a series task."""
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
        """The problem in rows: the target of a step is the value ``delay`` steps later."""
        rows = np.arange(len(self.truth))
        last = np.searchsorted(self.example, self.example, side="right") - 1
        delayed = self.truth[np.minimum(rows + self.delay, last)]
        groups = None if recordings.groups is None else recordings.groups[self.example]
        return Problem("number", delayed, 0, recordings=self.example, groups=groups)

    def splits(self, splits: Sequence[Split]) -> list[Split]:
        """The splits of recordings as splits of rows."""
        result = []
        for split in splits:
            sides = (split.train, split.develop, split.test)
            rows = (np.flatnonzero(np.isin(self.example, side)) for side in sides)
            result.append(Split(split.fold, split.seed, *rows))
        return result

    def undelayed(self, outputs: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
        """The outputs of ``rows``, which are complete recordings, shifted back by the delay."""
        return outputs[np.arange(len(rows)) - np.minimum(self.step[rows], self.delay)]


def fill(recordings: Iterable[NDArray[np.floating]], lengths: Sequence[int]) -> NDArray[np.float32]:
    """Records [layers, steps * 2, width] as rows [all steps, layers, 2, width], cropped to labels."""
    rows: NDArray[np.float32] | None = None
    at = 0
    for record, length in zip(recordings, lengths, strict=True):
        layers, twice, width = record.shape
        if rows is None:
            rows = np.empty((sum(lengths), layers, 2, width), np.float32)
        steps = np.minimum(np.arange(length), twice // 2 - 1)
        rows[at : at + length] = record.reshape(layers, -1, 2, width).swapaxes(0, 1)[steps]
        at += length
    assert rows is not None
    return rows


def too_short(selection: Selection, steps: Sequence[int]) -> dict[str, str]:
    """Recordings of a series task whose last labels, more than half a window, have no audio.

    ``steps`` is the number of steps of audio of each recording.
    """
    target = selection.task.target
    refused: dict[str, str] = {}
    if not isinstance(target, SeriesTarget):
        return refused
    for example, values, available in zip(selection.examples, selection.series, steps, strict=True):
        missing = (len(values) - available) / target.rate
        if missing > target.window / 2:
            refused[example.id] = f"its audio ends {missing:.1f} s before its {target.label} does"
    return refused
