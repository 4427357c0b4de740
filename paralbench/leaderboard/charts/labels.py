"""Names beside points: each is put where it covers no other name and no point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LINE = 14.0
LETTER = 6.6
"""The height of a line and the width of a letter in pixels, at 11 pixels of a wide typeface."""
_REACH, _SLIDE, _FAR = 40, 30.0, 12.0


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
    taken = [Box(x - gap, y - gap, x + gap, y + gap) for x, y, _ in points]
    labels: list[Label | None] = []
    for x, y, name in points:
        label = next(
            (
                label
                for label in _candidates(x, y, LETTER * len(name), area, gap)
                if area.contains(label.box)
                and not any(label.box.overlaps(other) for other in taken)
            ),
            None,
        )
        labels.append(label)
        if label is not None:
            taken.append(label.box)
    return labels


def _candidates(x: float, y: float, width: float, area: Box, gap: float) -> list[Label]:
    """Places for a name, the nearest first; to the right before to the left."""
    lefts = [x - width / 2]
    for step in range(_REACH // 2):
        lefts += [x + gap + 2 + step * _SLIDE, x - gap - 2 - width - step * _SLIDE]
    lefts = [min(max(left, area.left), area.right - width) for left in lefts]
    candidates = []
    for step in range(_REACH):
        for side in (-1, 1) if step else (1,):
            top = y - LINE / 2 + side * step * LINE
            for left in lefts:
                end = min(max(x, left), left + width)
                distance = math.hypot(end - x, max(0.0, abs(side * step * LINE) - LINE / 2))
                label = Label(Box(left, top, left + width, top + LINE), distance > _FAR, end)
                candidates.append((distance, label))
    return [label for _, label in sorted(candidates, key=lambda item: item[0])]
