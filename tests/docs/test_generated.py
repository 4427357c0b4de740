"""Generated files are what the code and the cards say today."""

from __future__ import annotations

import pytest

from docs.generate.pages import ROOT, generated

FILES = generated()


@pytest.mark.parametrize("path", FILES)
def test_committed_file_is_current(path: str) -> None:
    # Compared outside the assertion: a difference of a thousand lines helps nobody.
    current = (ROOT / path).read_text(encoding="utf-8") == FILES[path]
    assert current, f"{path} differs from what the code says; run 'make docs' and commit it."
