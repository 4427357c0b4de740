"""docs/models.md says what the cards say."""

from __future__ import annotations

from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.encoders.overview import markdown

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


def test_the_committed_page_is_current() -> None:
    told = "run python -m paralbench.encoders.overview docs/models.md"
    assert PAGE.read_text(encoding="utf-8") == markdown(Catalog()) + "\n", told


def test_every_model_stands_on_it_with_how_surely_it_is_known() -> None:
    page = markdown(Catalog())
    for model in Catalog().models:
        assert f"| `{model}` |" in page
    assert (
        "| `wavlm-large` | microsoft/wavlm-large | c1423ed94bb0 | pickle | fdee460e5293… | found |"
        in page
    )
    assert "| facebook/data2vec-audio-base | main | pickle | not pinned | unconfirmed |" in page
    assert "GigaSpeech (found)" in page
