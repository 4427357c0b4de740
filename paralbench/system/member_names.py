"""Checks of the names of an archive's members."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")
_LONGEST = 200


def name_fault(name: str) -> str | None:
    """The fault of a name, to follow "the member NAME"; None for a plain relative path.

    >>> name_fault("models/tiny/model.toml")
    >>> name_fault("../model.toml")
    'leads out of the archive (..)'
    """
    if re.match(r"[/\\]|[A-Za-z]:", name):
        return "has an absolute path"
    if ".." in re.split(r"[/\\]", name):
        return "leads out of the archive (..)"
    if "\\" in name:
        return "has a backslash in its name"
    if len(name) > _LONGEST or not _PLAIN.fullmatch(name):
        return (
            "has a name that is not plain: letters, digits, '_', '.', '+', '-', folders separated by "
            f"'/', at most {_LONGEST} characters"
        )
    return None


def name_faults(names: Sequence[str]) -> list[str | None]:
    """The faults of all names of an archive, repeated names included.

    >>> name_faults(["a.json", "A.json", "a.json"])
    [None, "differs from 'a.json' only in case", 'is listed twice']
    """
    first: dict[str, str] = {}
    faults = []
    for name in names:
        earlier = first.get(name.lower())
        fault = name_fault(name)
        if fault is None and earlier is not None:
            fault = (
                "is listed twice" if earlier == name else f"differs from {earlier!r} only in case"
            )
        first.setdefault(name.lower(), name)
        faults.append(fault)
    return faults
