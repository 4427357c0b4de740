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
_HEAD = """# Which model was trained on which corpus. Written by
#   python -m paralbench.corpora.contamination leaderboard/contamination.toml
# from the training that model cards declare and from tasks/overlaps.toml. An entry with "declared = true"
# and its source is written by hand, takes precedence over what is derived, and stays.
"""


def derived(catalog: Catalog, declared: Ledger | None = None) -> Ledger:
    """The ledger of all models and of all corpora that are not a user's own."""
    overlaps = [
        overlap
        for folder in catalog.folders
        if (file := folder / "tasks" / "overlaps.toml").is_file()
        for overlap in Overlaps.from_toml(file).overlaps
    ]
    corpora = sorted(
        corpus.card.id for corpus in catalog.corpora.values() if corpus.card.access != "own"
    )
    by_hand = declared.models if declared else {}
    models = {}
    for name in sorted(catalog.models):
        card = catalog.models[name].card
        exposures = {corpus: exposure(card, corpus, overlaps) for corpus in corpora}
        exposures |= {
            corpus: entry for corpus, entry in by_hand.get(name, {}).items() if entry.declared
        }
        models[name] = dict(sorted(exposures.items()))
    return Ledger(models=models)


def exposure(card: ModelCard, corpus: str, overlaps: Sequence[Overlap]) -> Exposure:
    """Whether a model was trained on a corpus, by its card and by what corpora share."""
    seeded = bool(card.weights) and all(isinstance(entry, SeededWeights) for entry in card.weights)
    if not card.training and (not card.parameters or seeded):
        return _exposure("clean", "computed", "nothing was learnt")
    exposures = []
    for training in card.training:
        state: State = "tuned" if training.how == "tuned" else "trained"
        statement = f"{state} on {training.corpus}, says the model's card"
        if _plain(training.corpus) == _plain(corpus):
            exposures.append(_exposure(state, training.certainty, statement))
        for overlap in overlaps:
            names = {_plain(name) for name in overlap.corpora}
            if _plain(training.corpus) == _plain(corpus) or not names >= {
                _plain(corpus),
                _plain(training.corpus),
            }:
                continue
            source = f"{statement}; {overlap.source}"
            exposures.append(
                _exposure(state, overlap.certainty, source)
                if overlap.kind == "shared"
                else _exposure("unknown", overlap.certainty, source)
            )
    if exposures:
        return max(exposures, key=lambda entry: STATES.index(entry.state))
    if card.training_complete:
        listed = ", ".join(entry.corpus for entry in card.training)
        return _exposure("clean", "inferred", f"the card's list is complete: {listed}")
    return _exposure("unknown", "unconfirmed", "the list of what it was trained on is not complete")


def _exposure(state: State, certainty: Certainty, source: str) -> Exposure:
    return Exposure(state=state, certainty=certainty, source=source)


def beside(results: Path, catalog: Catalog) -> Ledger:
    """The ledger beside a folder of results, or else what the catalogue's cards say."""
    return read(results.parent / FILE) or derived(catalog)


def read(file: Path) -> Ledger | None:
    """The ledger in a file; None where there is no file. Raises CardError for an invalid one."""
    return Ledger.from_toml(file) if file.is_file() else None


def text(ledger: Ledger) -> str:
    """The ledger as TOML: under each model, one line per corpus."""
    lines = [_HEAD]
    for model, corpora in ledger.models.items():
        lines.append(f"[models.{json.dumps(model)}]")
        for corpus, exposure in corpora.items():
            values = (
                f"{key} = {json.dumps(value, ensure_ascii=False)}"
                for key, value in exposure.model_dump(exclude_defaults=True).items()
            )
            lines.append(f"{corpus} = {{ {', '.join(values)} }}")
        lines.append("")
    return "\n".join(lines)


def _plain(name: str) -> str:
    """A corpus's name without case and separators: CMU-MOSEI and cmu_mosei are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
