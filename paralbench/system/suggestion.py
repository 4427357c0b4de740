"""Suggestions for a mistyped name."""

from __future__ import annotations

from collections.abc import Iterable

_CLOSE = 0.6


def suggestion(name: str, known: Iterable[str]) -> str:
    """A sentence with up to three known names that are close to ``name`` or begin with it.

    >>> suggestion("toy-tome", ["toy-tone", "iemocap-emotion"])
    ' Did you mean toy-tone?'
    >>> suggestion("nonexistent", ["moonshine-tiny"])
    ''
    """
    from difflib import get_close_matches

    names = list(known)
    longer = [candidate for candidate in names if name and candidate.startswith(name)]
    near = list(dict.fromkeys([*longer, *get_close_matches(name, names, cutoff=_CLOSE)]))[:3]
    return f" Did you mean {' or '.join(near)}?" if near else ""
