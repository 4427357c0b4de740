"""The reader's language: texts from gettext catalogues, numbers and dates in the reader's form.

Texts are written in English and looked up in ``catalogues/<code>.po``; English needs no catalogue.
What is made inside :func:`reader` is in that language; everything else (CSV, JSON, FHIR, the journal)
is in English, which programs rely on.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

ENGLISH = "en"
CATALOGUES = Path(__file__).parent / "catalogues"
LANGUAGES = (ENGLISH, *sorted(file.stem for file in CATALOGUES.glob("*.po")))
_NUMBER = re.compile(r"(?<![\w.,])(?<![eE][-+])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\.?\w)")

_current: ContextVar[str] = ContextVar("language", default=ENGLISH)


@contextmanager
def reader(code: str) -> Iterator[None]:
    """Texts, numbers and dates that are made inside are in this language."""
    token = _current.set(code)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> str:
    """The code of the reader's language."""
    return _current.get()


def text(message: str, **values: object) -> str:
    """A message in the reader's language, its placeholders filled."""
    translated = _catalogue(_current.get()).gettext(message) if message else ""
    return translated.format(**values) if values else translated


def counted(singular: str, plural: str, count: int, **values: object) -> str:
    """A message for so many of something, ``{count}`` among its placeholders."""
    message = _catalogue(_current.get()).ngettext(singular, plural, count)
    return message.format(count=numbers(f"{count:,}"), **values)


def numbers(written: str) -> str:
    """A text with its numbers, which are written as in English, in the reader's form.

    >>> with reader("de"):
    ...     numbers("12.5 % of 1,000, from 0.3 s on")
    '12,5 % of 1.000, from 0,3 s on'
    """
    if _current.get() == ENGLISH:
        return written
    from babel.numbers import format_decimal  # what English does not need is not imported

    def local(match: re.Match[str]) -> str:
        number = match[0].replace(",", "")
        decimals = len(number.partition(".")[2])
        form = "#,##0" + ("." + "0" * decimals if decimals else "")
        if "," not in match[0]:  # no thousands where there were none: years, sampling rates
            form = form.replace("#,##", "")
        return str(format_decimal(Decimal(number), form, locale=_current.get()))

    return _NUMBER.sub(local, written)


def date(moment: datetime) -> str:
    """A date and time of day, with its time zone."""
    if _current.get() == ENGLISH:
        return moment.strftime("%d %B %Y, %H:%M %Z")
    from babel.dates import format_date

    day = format_date(moment, "long", locale=_current.get())
    return f"{day}, {moment.strftime('%H:%M %Z')}"


def preferred(header: str) -> str:
    """The first language of an Accept-Language header for which there is a catalogue, else English.

    >>> preferred("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7"), preferred("it, de;q=0.5"), preferred("")
    ('fr', 'de', 'en')
    """
    wishes = []
    for place, part in enumerate(header.split(",")):
        code, _, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        wishes.append((-weight, place, code.strip().lower().split("-")[0]))
    return next((code for _, _, code in sorted(wishes) if code in LANGUAGES), ENGLISH)


@cache
def _catalogue(code: str) -> NullTranslations:
    if code == ENGLISH:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (CATALOGUES / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
