"""Names beside points: each is put where it covers no other name and no point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paralbench.metrics.metric import Array

LINE = 14.0
LETTER = 6.6
"""The height of a line and the width of a letter in pixels, at 11 pixels of a wide typeface."""
_REACH, _SLIDES, _SLIDE, _FAR = 40, 12, 30.0, 12.0


@dataclass(frozen=True)
class Box:
    """A rectangle, from the top left."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Whether they share more than an edge."""
        return (
            self.left < other.right and other.left < self.right
            and self.top < other.bottom and other.top < self.bottom
        )  # fmt: skip

    def contains(self, other: Box) -> bool:
        """Whether the other lies inside."""
        return (
            self.left <= other.left and other.right <= self.right
            and self.top <= other.top and other.bottom <= self.bottom
        )  # fmt: skip


@dataclass(frozen=True)
class Label:
    """Where a name is; ``far``: so far from its point that a line to ``end`` must join them."""

    box: Box
    far: bool
    end: float


def placed(points: Sequence[tuple[float, float, str]], area: Box, gap: float) -> list[Label | None]:
    """A place for each name inside the area; None where none is left.

    Names are placed in the order of the points: beside, above or below theirs, then farther off.

    >>> area = Box(0, 0, 300, 100)
    >>> first, second = placed([(50, 50, "one"), (52, 50, "two")], area, 6)
    >>> first.box.overlaps(second.box)
    False
    """
    taken = [(x - gap, y - gap, x + gap, y + gap) for x, y, _ in points]
    labels: list[Label | None] = []
    for x, y, name in points:
        label = _nearest(x, y, LETTER * len(name), area, gap, np.array(taken))
        labels.append(label)
        if label is not None:
            taken.append((label.box.left, label.box.top, label.box.right, label.box.bottom))
    return labels


def _nearest(x: float, y: float, width: float, area: Box, gap: float, taken: Array) -> Label | None:
    """The nearest place for a name that is not taken; of equal ones, above and to the right."""
    steps, slides = np.arange(_REACH), np.arange(_SLIDES) * _SLIDE
    lefts = np.concatenate([[x - width / 2], x + gap + 2 + slides, x - gap - 2 - width - slides])
    lefts = np.clip(lefts, area.left, max(area.left, area.right - width))
    rows = np.concatenate([-steps, steps[1:]]) * LINE
    left, row = (grid.ravel() for grid in np.meshgrid(lefts, rows))
    right, top = left + width, y - LINE / 2 + row
    bottom = top + LINE
    end = np.clip(x, left, right)
    distance = np.hypot(end - x, np.maximum(0.0, np.abs(row) - LINE / 2))
    free = (right <= area.right + 1e-9) & (top >= area.top) & (bottom <= area.bottom)
    for taken_left, taken_top, taken_right, taken_bottom in taken:
        beside = (left >= taken_right) | (right <= taken_left)
        free &= beside | (top >= taken_bottom) | (bottom <= taken_top)
    if not free.any():
        return None
    place = int(np.where(free, distance, np.inf).argmin())
    box = Box(float(left[place]), float(top[place]), float(right[place]), float(bottom[place]))
    return Label(box, bool(distance[place] > _FAR), float(end[place]))
