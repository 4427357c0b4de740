"""Every page that docs/heads/README.md names exists."""

from __future__ import annotations

import re
from pathlib import Path

from docs.generate.heads import markdown

_HEADS = Path(__file__).parents[2] / "docs" / "heads"


def test_every_head_has_a_page() -> None:
    for page in re.findall(r"^\| \[.+?\]\((.+?)\)", markdown(), flags=re.MULTILINE):
        assert (_HEADS / page).is_file(), page
