"""The glossary: the field's words as commands, results, pages and reports use them."""

from __future__ import annotations

import tomllib
from pathlib import Path


def words() -> dict[str, str]:
    """What each word means, in the order of the alphabet.

    >>> words()["chance"]
    'the score of always guessing by the best constant'
    """
    text = Path(__file__).with_name("glossary.toml").read_text(encoding="utf-8")
    meanings: dict[str, str] = tomllib.loads(text)["words"]
    return dict(sorted(meanings.items(), key=lambda item: item[0].lower()))
