"""Generated files are what the code and the cards say today."""

from __future__ import annotations

from docs.generate.pages import ROOT, generated


def test_committed_files_are_current() -> None:
    # Compared outside the assertion: a difference of a thousand lines helps nobody.
    differing = [
        path
        for path, text in generated().items()
        if (ROOT / path).read_text(encoding="utf-8") != text
    ]
    assert not differing, (
        f"{differing} differ from what the code says; run 'make docs', commit them."
    )
