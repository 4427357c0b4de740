"""Items as a network trains on them: standardised once, and kept in memory where they fit."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from paralbench.heads.head import Rows
from paralbench.heads.training.network import layer_sum
from paralbench.heads.training.sequences import Batch, Part, Sequences
from paralbench.heads.training.standard import Standard


class Inputs:
    """Batches of prepared items.

    Args:
        sequences: the items.
        standards: what they are standardised by.
        room: bytes of prepared items that may be kept; others are prepared again for each batch.
    """

    def __init__(self, sequences: Sequences, standards: Sequence[Standard], room: int) -> None:
        self.sequences, self.standards = sequences, standards
        self._sums = [layer_sum(standard).requires_grad_(False) for standard in standards]
        self._room = room
        self._kept: dict[int, list[Part]] = {}

    def batch(self, items: Rows) -> Batch:
        """These items, padded to the longest of them."""
        return self.sequences.padded([self._item(int(item)) for item in items], prepared=True)

    def _item(self, item: int) -> list[Part]:
        if item in self._kept:
            return self._kept[item]
        with torch.no_grad():
            parts = [
                (part.prepare(values), clips)
                for part, (values, clips) in zip(self._sums, self.sequences.of(item), strict=True)
            ]
        size = sum(values.numel() * values.element_size() for values, _ in parts)
        if size <= self._room:
            self._room -= size
            self._kept[item] = parts
        return parts
