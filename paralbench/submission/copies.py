"""Copies: predictions of another entry, weights under another id, ids that look like another's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from paralbench.catalog import Catalog
from paralbench.records.model_card import ModelCard, SeededWeights
from paralbench.submission.cards import pins
from paralbench.submission.problem import Problem
from paralbench.submission.siblings import Sibling

_SHAPES = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"))


def copied(actual: Sequence[Sibling], known: Sequence[Sibling]) -> list[Problem]:
    """Results whose outputs under a seed are those of another entry, bit for bit.

    Nulls may agree, since all of them may answer with the most frequent class.
    """
    first: dict[tuple[object, ...], str] = {}
    problems = []
    for result in [*known, *actual]:
        if result.standing == "null":
            continue
        for digest in result.outputs:
            name = first.setdefault((result.task, digest), result.name)
            if name != result.name and result in actual:
                message = f"has the outputs of {name} under a seed, bit for bit"
                problems.append(Problem(result.name.removesuffix("json") + "parquet", "", message))
                break
    return problems


def impostors(submitted: Mapping[str, ModelCard], catalog: Catalog) -> list[Problem]:
    """New models that have the weights of a known one, or an id that looks like its."""
    known = {name: model.card for name, model in catalog.models.items() if name not in submitted}
    known |= {name: card for name, card in submitted.items() if name in catalog.models}
    new = {name: card for name, card in submitted.items() if name not in catalog.models}
    return [
        Problem(f"models/{name}/model.toml", *fault)
        for name, card in new.items()
        for fault in _likeness(card, known)
    ]


def _likeness(card: ModelCard, known: Mapping[str, ModelCard]) -> Iterator[tuple[str, str]]:
    seeded = any(isinstance(source, SeededWeights) for source in card.weights)
    weights = pins(card) if card.weights and not seeded else set()
    for name, other in known.items():
        if shape(name) == shape(card.id):
            yield "id", f"'{card.id}' looks like '{name}', which the catalogue has"
        if other.weights and weights & pins(other):
            yield "weights", f"are those of '{name}' in the catalogue; run it under that id"


def shape(name: str) -> str:
    """An id without separators, letters that look alike being one.

    >>> shape("wavlm-1arge") == shape("wavlm_large")
    True
    """
    plain = re.sub(r"[^a-z0-9]", "", name)
    for letters, seen_as in _SHAPES:
        plain = plain.replace(letters, seen_as)
    return plain
