"""Which layers the setting ``layers`` of a head stands for."""

from __future__ import annotations

from typing import Literal

from paralbench.records.errors import UsageError


def chosen(
    layers: str | int, count: int, model: str = "the encoder", *, stored_alone: bool = False
) -> tuple[int, ...]:
    """The layers that are used of ``count`` stored ones, by their place in a record.

    Args:
        layers: "learned" (all, with learned weights), "last", or the number of one layer.
        count: layers in a record.
        model: named in the error.
        stored_alone: the store keeps a single layer alone, so that the only one is the right one.

    Raises:
        UsageError: for a layer that is not there.

    >>> chosen("learned", 3), chosen("last", 3), chosen(-3, 3)
    ((0, 1, 2), (2,), (0,))
    """
    if layers == "learned" or (stored_alone and count == 1):
        return tuple(range(count))
    number = -1 if layers == "last" else int(layers)
    if not -count <= number < count:
        raise UsageError(f"layers is {layers}, {model} has 0 to {count - 1}.")
    return (range(count)[number],)


def stored(layers: str | int) -> Literal["all", "last"] | tuple[int, ...]:
    """The layers that a :class:`FeatureSpec` of frames keeps for the setting."""
    if layers == "learned":
        return "all"
    return "last" if layers == "last" else (int(layers),)
