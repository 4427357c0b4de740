"""The key of a result: the components that decide its scores, their digest and their changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from paralbench.records.card import Card

NO_NUMBERS = "it names results, it does not make them"

DESCRIPTIVE = frozenset(
    {"title", "about", "term", "counts", "tested", "tested_counts", "published"}
)
"""Keys of a task card that decide no score."""

State = Literal["unchanged", "changed", "new", "gone", "not recorded", "unknown"]


@dataclass(frozen=True, slots=True)
class Change:
    """One component as a result recorded it and as it is now.

    Args:
        component: its name.
        state: ``new`` and ``gone`` where only one of the two has it, ``unknown`` where it cannot be
            computed here.
        recorded: its recorded digest or words.
        current: its current digest or words; where it is unknown, what is needed to compute it.
    """

    component: str
    state: State
    recorded: str | None
    current: str | None


def name(components: Mapping[str, str]) -> str:
    """sha256 over all components: the ``entry`` of a result.

    >>> name({"head": "mlp", "seeds": "0"}) == name({"seeds": "0", "head": "mlp"})
    True
    """
    return hashlib.sha256(json.dumps(dict(components), sort_keys=True).encode()).hexdigest()


def settings_digest(card: Card) -> str:
    """sha256 of a card's settings, without what describes it. What is empty or off is left out:
    a new optional key leaves the digest as it was, a changed default does not."""
    content = _filled(card.model_dump(mode="json", exclude=set(DESCRIPTIVE)))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def changes(
    recorded: Mapping[str, str], current: Mapping[str, str], unknown: Mapping[str, str]
) -> list[Change]:
    """The components of a recorded and a current key, sorted by name.

    Args:
        recorded: the key in a result; empty in results from before keys were recorded.
        current: the key of a run now.
        unknown: the components that cannot be computed, and what they need.

    >>> [change.state for change in changes({"a": "1", "b": "2"}, {"a": "1"}, {"b": "the corpus"})]
    ['unchanged', 'unknown']
    """
    compared = []
    for component in sorted({*recorded, *current, *unknown}):
        old, new = recorded.get(component), current.get(component)
        state: State
        if not recorded:
            state = "not recorded"
        elif component in unknown:
            state, new = "unknown", unknown[component]
        elif old is None or new is None:
            state = "new" if old is None else "gone"
        else:
            state = "unchanged" if old == new else "changed"
        compared.append(Change(component, state, old, new))
    return compared


def _filled(value: Any) -> Any:
    """A JSON value without what is empty or off in its tables."""
    if isinstance(value, dict):
        filled = {key: _filled(item) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item not in (None, False, "", [], {})}
    return [_filled(item) for item in value] if isinstance(value, list) else value
