"""Faults of a text that a page will show: markup, hidden and look-alike characters, local paths."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from paralbench.submission.problem import shown

_LONGEST = 8000
_MARKUP = re.compile(
    r"<\s*[/!?a-zA-Z]|&#?\w+;|(?:java|vb)script:|data:\w+/\w|file:/", re.IGNORECASE
)
_PATH = re.compile(
    r"""(?:^|[\s'"`=(\[{,;:>|])(?:
        (?!/(?:sys|proc)/)(?:/[\w.@+~-]+){2,} | /[\w.@+~-]+\.\w+      # not the kernel's own
        | ~[\w-]*/ | \.\.?/ | [A-Za-z]:[\\/] | \\\\[\w.?$-]+\\
    )""",
    re.VERBOSE,
)
_HIDDEN_KINDS = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_HIDDEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
"""Letters and marks without a shape, which no kind says of them."""
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU")
"""Scripts whose letters look like one another's."""
_LATIN_SHAPES = frozenset("аесорхуѕіјһԁԛԝАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧο")
"""Cyrillic and Greek letters that look like Latin ones."""


def text_fault(text: str) -> str:
    """The fault of a text, as a message; "" for none.

    >>> text_fault("HuBERT, base: 12 layers at 50 Hz")
    ''
    >>> text_fault("see /srv/data/x.wav")
    "expected no path of a machine, got 'see /srv/data/x.wav'"
    """
    if len(text) > _LONGEST:
        return f"expected at most {_LONGEST} characters, got {len(text)}"
    if not text.isascii() or not text.isprintable():
        if any(map(_hidden, text)):
            return f"expected plain words, got control characters in {shown(text)}"
        if any(map(_look_alike, _words(text))):
            return f"expected the letters of one script in a word, got {shown(text)}"
    if _MARKUP.search(re.sub(r"[\t\n]", "", text)) or _MARKUP.search(text):
        return f"expected plain words, got markup in {shown(text)}"
    if _PATH.search(text):
        return f"expected no path of a machine, got {shown(text)}"
    return ""


def _hidden(character: str) -> bool:
    if character in "\t\n":
        return False
    return character in _HIDDEN or unicodedata.category(character) in _HIDDEN_KINDS


def _words(text: str) -> Iterator[str]:
    yield from re.findall(r"\w+", text)


def _look_alike(word: str) -> bool:
    """Whether a word mixes scripts, has Latin letters of another width, or only seems Latin."""
    letters = [character for character in word if character.isalpha()]
    scripts = {
        script
        for letter in letters
        for script in _SCRIPTS
        if unicodedata.name(letter, "").startswith(script)
    }
    styled = any(
        not letter.isascii() and unicodedata.normalize("NFKC", letter).isascii()
        for letter in letters
    )
    return len(scripts) > 1 or styled or (len(letters) > 1 and set(letters) <= _LATIN_SHAPES)
