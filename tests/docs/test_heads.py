"""Every page that docs/heads/README.md names exists."""

from __future__ import annotations

import re
from pathlib import Path

from docs.generate.heads import markdown

_HEADS = Path(__file__).parents[2] / "docs" / "heads"


def test_every_head_has_a_page() -> None:
    text = markdown()
    for page in re.findall(r"^\| \[.+?\]\((.+?)\)", text, flags=re.MULTILINE):
        if page.startswith("#"):  # a head without a page has its section
            assert f"### {page[1:]}\n" in text
        else:
            assert (_HEADS / page).is_file(), page
