"""The catalogues of translations, brought up to date with the texts in the code.

python -m docs.generate.catalogues

Adds the texts that a catalogue lacks, untranslated, and takes out those that the code no longer has.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from paralbench.screening.language import CATALOGUES
from paralbench.screening.messages import Message, messages

_VARYING = tuple(
    f'"{name}'
    for name in (
        "Project-Id-Version", "Report-Msgid-Bugs-To", "POT-Creation-Date", "PO-Revision-Date",
        "Last-Translator", "Language-Team", "Generated-By",
    )
)  # fmt: skip
"""Lines of a header that say nothing here, or change with the day."""


def updated(file: Path, texts: list[Message]) -> str:
    """A catalogue's file with exactly these texts, and the translations that it has."""
    with file.open("rb") as opened:
        before = read_po(opened, locale=file.stem)
    catalogue = Catalog(locale=file.stem, project="ParaLBench", fuzzy=False)
    catalogue.header_comment = (
        "# Texts of screening's report and local page: docs/screening.md, Languages."
    )
    for text in texts:
        known = before.get(text if isinstance(text, str) else text[0])
        catalogue.add(text, known.string if known is not None else None)
    written = io.BytesIO()
    write_po(written, catalogue, width=0, omit_header=False)
    lines = written.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(_VARYING))


def main() -> None:
    """Write every catalogue anew."""
    texts = messages()
    for file in sorted(CATALOGUES.glob("*.po")):
        file.write_text(updated(file, texts), encoding="utf-8")


if __name__ == "__main__":
    main()
