"""What decides a result's scores, component by component: compared, and digested to its name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from paralbench.records.card import Card

NO_NUMBERS = "it names results, it does not make them"

State = Literal["unchanged", "changed", "new", "gone", "not recorded", "unknown"]


@dataclass(frozen=True, slots=True)
class Change:
    """One component as a result recorded it and as it is now.

    Args:
        component: its name.
        state: ``new`` and ``gone`` where only one of the two has it, ``unknown`` where it cannot be
            computed here.
        recorded: its digest, or the words it stands for.
        current: the same, now; where it is unknown, what is needed to know it.
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
    """sha256 of what a card sets. What only readers use and what is empty or off does not count, so
    a platform that learns a new key leaves it as it was; a default that changes does not."""
    content = _filled(card.model_dump(mode="json", exclude={"title", "about", "term"}))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def changes(
    recorded: Mapping[str, str], current: Mapping[str, str], unknown: Mapping[str, str]
) -> list[Change]:
    """Every component of a recorded and a current key, in order of their names.

    Args:
        recorded: the key in a result; empty in results that were made before keys were recorded.
        current: the key as it would be made now.
        unknown: the components that cannot be computed, and what they need.

    >>> [change.state for change in changes({"a": "1", "b": "2"}, {"a": "1"}, {"b": "the corpus"})]
    ['unchanged', 'unknown']
    """
    found = []
    for component in sorted({*recorded, *current, *unknown}):
        before, now = recorded.get(component), current.get(component)
        state: State
        if not recorded:
            state = "not recorded"
        elif component in unknown:
            state, now = "unknown", unknown[component]
        elif before is None or now is None:
            state = "new" if before is None else "gone"
        else:
            state = "unchanged" if before == now else "changed"
        found.append(Change(component, state, before, now))
    return found


def _filled(value: Any) -> Any:
    """A JSON value without what is empty or off in its tables."""
    if isinstance(value, dict):
        filled = {key: _filled(item) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item not in (None, False, "", [], {})}
    return [_filled(item) for item in value] if isinstance(value, list) else value
