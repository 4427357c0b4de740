"""docs/models.md says what the cards say."""

from __future__ import annotations

from docs.generate.models import markdown
from paralbench.catalog import Catalog


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
