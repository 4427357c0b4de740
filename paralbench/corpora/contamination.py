"""leaderboard/contamination.toml, derived from what model cards say of training and from overlaps."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.records.contamination import STATES, Exposure, Ledger, Overlap, Overlaps, State
from paralbench.records.model_card import Certainty, ModelCard, SeededWeights

FILE = "contamination.toml"
_HEAD = """# Which model has heard which corpus. Written by
#   python -m paralbench.corpora.contamination leaderboard/contamination.toml
# from the training that model cards declare and from tasks/overlaps.toml. An entry with "declared = true"
# and its source is written by hand, goes before what is derived, and stays.
"""


def derived(catalog: Catalog, declared: Ledger | None = None) -> Ledger:
    """The ledger of all models and of all corpora that are not a user's own."""
    overlaps = _overlaps(catalog)
    corpora = sorted(
        corpus.card.id for corpus in catalog.corpora.values() if corpus.card.access != "own"
    )
    by_hand = declared.models if declared else {}
    models = {}
    for name in sorted(catalog.models):
        card = catalog.models[name].card
        found = {corpus: exposure(card, corpus, overlaps) for corpus in corpora}
        kept = {corpus: one for corpus, one in by_hand.get(name, {}).items() if one.declared}
        models[name] = dict(sorted({**found, **kept}.items()))
    return Ledger(models=models)


def exposure(card: ModelCard, corpus: str, overlaps: Sequence[Overlap]) -> Exposure:
    """What a card says of one corpus, in itself or by what the corpus shares with others."""
    seeded = bool(card.weights) and all(isinstance(one, SeededWeights) for one in card.weights)
    if not card.training and (not card.parameters or seeded):
        return _told("clean", "computed", "nothing was learnt")
    found = []
    for training in card.training:
        state: State = "tuned" if training.how == "tuned" else "trained"
        heard = f"{state} on {training.corpus}, says the model's card"
        if _same(training.corpus, corpus):
            found.append(_told(state, training.certainty, heard))
        for overlap in overlaps:
            if not _lists(overlap, corpus) or not _lists(overlap, training.corpus):
                continue
            if _same(training.corpus, corpus):
                continue
            said = f"{heard}; {overlap.source}"
            found.append(
                _told(state, overlap.certainty, said)
                if overlap.kind == "shared"
                else _told("unknown", overlap.certainty, said)
            )
    if found:
        return max(found, key=lambda one: STATES.index(one.state))
    if card.training_complete:
        listed = ", ".join(one.corpus for one in card.training)
        return _told("clean", "inferred", f"the card's list is complete: {listed}")
    return _told("unknown", "unconfirmed", "the list of what it was trained on is not complete")


def beside(results: Path, catalog: Catalog) -> Ledger:
    """The ledger beside a folder of results, or else what the catalogue's cards say."""
    return read(results.parent / FILE) or derived(catalog)


def read(file: Path) -> Ledger | None:
    """The ledger in a file; None where there is no file. Raises CardError for one that is none."""
    return Ledger.from_toml(file) if file.is_file() else None


def text(ledger: Ledger) -> str:
    """As it is committed: a line a corpus under each model."""
    lines = [_HEAD]
    for model, corpora in ledger.models.items():
        lines.append(f"[models.{json.dumps(model)}]")
        lines += [f"{corpus} = {_inline(one)}" for corpus, one in corpora.items()]
        lines.append("")
    return "\n".join(lines)


def _inline(one: Exposure) -> str:
    told = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in one.model_dump(exclude_defaults=True).items()
    ]
    return f"{{ {', '.join(told)} }}"


def _overlaps(catalog: Catalog) -> list[Overlap]:
    found = []
    for folder in catalog.folders:
        file = folder / "tasks" / "overlaps.toml"
        if file.is_file():
            found += Overlaps.from_toml(file).overlaps
    return found


def _told(state: State, certainty: Certainty, source: str) -> Exposure:
    return Exposure(state=state, certainty=certainty, source=source)


def _lists(overlap: Overlap, name: str) -> bool:
    return any(_same(one, name) for one in overlap.corpora)


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    """CMU-MOSEI and cmu_mosei are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
