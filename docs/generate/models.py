"""docs/models.md, written from the cards: every model, its size, its weights, its training data."""

from __future__ import annotations

from collections.abc import Iterator

from paralbench.catalog import Catalog
from paralbench.records.model_card import (
    FolderWeights,
    ModelCard,
    PackageWeights,
    SeededWeights,
    Weights,
)

NO_NUMBERS = "it writes a page of the documentation"

_HEAD = """# Models

Written from the cards by `make docs`. Parameters are those of
what is run (an encoder without its decoder). Certainty, of weights and of training corpora, is *found* in
public material, *computed*, *inferred*, or *unconfirmed*. A pickle is made into safetensors once, by
`paralbench convert MODEL`.
"""


def markdown(catalog: Catalog) -> str:
    """The whole page."""
    cards = sorted((model.card for model in catalog.models.values()), key=lambda card: card.id)
    return (
        "\n".join([_HEAD, *_sizes(cards), *_weights(cards), *_training(cards), *_lists(catalog)])
        + "\n"
    )


def _sizes(cards: list[ModelCard]) -> Iterator[str]:
    yield "| model | title | parameters | layers | width | frames a second | window | languages | licence |"
    yield f"|{'---|' * 9}"
    for card in cards:
        rate = "" if card.frame_rate is None else f"{card.frame_rate:.4g}"
        padded = ", filled" if card.policy.padding == "window" else ""
        yield (
            f"| `{card.id}` | {card.title} | {card.parameters / 1e6:.1f} M | {card.layers} | "
            f"{card.width} | {rate} | {card.policy.window:g} s{padded} | "
            f"{', '.join(card.languages)} | {card.licence} |"
        )


def _weights(cards: list[ModelCard]) -> Iterator[str]:
    yield "\n## Weights\n"
    yield "| model | from | revision | format | sha256 | known |"
    yield f"|{'---|' * 6}"
    for card in cards:
        for source in card.weights:
            yield f"| `{card.id}` | {' | '.join(_source(source))} |"


def _source(source: Weights) -> tuple[str, ...]:
    if isinstance(source, PackageWeights):
        return f"package {source.requirement}", "", source.format, f"{source.sha256[:12]}…", "found"
    if isinstance(source, FolderWeights):
        return source.path, "", "safetensors", "", ""
    if isinstance(source, SeededWeights):
        return "random numbers, trained by nobody", f"seed {source.seed}", "", "", ""
    pin = f"{source.sha256[:12]}…" if source.sha256 else "not pinned"
    return source.repository, source.revision[:12], source.format, pin, source.certainty


def _training(cards: list[ModelCard]) -> Iterator[str]:
    yield "\n## What they were trained on\n"
    yield "| model | corpora | note |"
    yield "|---|---|---|"
    for card in cards:
        corpora = ", ".join(
            f"{one.corpus} ({'' if one.how == 'pretrained' else 'tuned, '}{one.certainty})"
            for one in card.training
        )
        yield f"| `{card.id}` | {corpora} | {card.training_note} |"


def _lists(catalog: Catalog) -> Iterator[str]:
    yield "\n## Lists of models"
    for name, listed in sorted(catalog.lists.items()):
        yield f"\n`{name}`: {listed.about}\n"
        for how, models in (("Known", listed.known), ("Assumed", listed.assumed)):
            if models:
                yield f"- {how}: {', '.join(f'`{model}`' for model in models)}"
