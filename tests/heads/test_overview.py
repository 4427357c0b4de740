"""docs/heads/README.md is what the code says, and every page it names is there."""

from __future__ import annotations

import re
from pathlib import Path

from paralbench.heads.overview import overview

_PAGE = Path(__file__).parents[2] / "docs" / "heads" / "README.md"


def test_the_page_is_current() -> None:
    told = _PAGE.read_text(encoding="utf-8")
    assert told == overview(), "run: python -m paralbench.heads.overview docs/heads/README.md"


def test_every_head_has_a_page() -> None:
    for page in re.findall(r"^\| \[.+?\]\((.+?)\)", overview(), flags=re.MULTILINE):
        assert (_PAGE.parent / page).is_file(), page
