"""docs/glossary.md: the words of paralbench/pages/glossary.toml."""

from __future__ import annotations

from paralbench.pages.glossary import words

NO_NUMBERS = "it writes a page of the documentation"

_START = """# Glossary

The field's words as they are used in commands, results, pages and reports. Written from
`paralbench/pages/glossary.toml` by `make docs`.

| word | meaning |
|---|---|
"""


def markdown() -> str:
    """The page."""
    return _START + "".join(f"| {word} | {meaning} |\n" for word, meaning in words().items())
