"""Every text that is translated: what a catalogue must hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from paralbench.records.bundle import NOTICE
from paralbench.screening import frequencies, journalled, row_state
from paralbench.screening.local_verdict import Use

_FOLDER = Path(__file__).parent
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"text": None, "_": None, "ngettext": (1, 2)}

Message = str | tuple[str, str]
"""A text, or its singular and plural."""


def messages() -> list[Message]:
    """The texts of the tables, then those of templates and modules, each once.

    Needs Babel.
    """
    tables: list[Message] = [
        NOTICE, *row_state.messages(), *map(str, Use), *frequencies.messages(), *journalled.messages(),
    ]  # fmt: skip
    return list(dict.fromkeys([*tables, *_extracted()]))


def _extracted() -> Iterator[Message]:
    """The literal messages in the room's templates and modules."""
    from babel.messages.extract import extract_from_dir

    methods = [("templates/*.html", "jinja2.ext.babel_extract"), ("*.py", "python")]
    options = {"templates/*.html": {"encoding": "utf-8"}}
    rows = extract_from_dir(str(_FOLDER), methods, options, keywords=_KEYWORDS)
    for _, _, message, _, _ in sorted(rows, key=lambda row: (row[0], row[1])):
        yield tuple(message[:2]) if isinstance(message, tuple) else message  # type: ignore[misc]
