"""The JSON schemas of the files we read and write, for editors and for other programs.

``python -m paralbench.records.schema docs/schemas`` writes them anew.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from paralbench.records.bundle import Manifest
from paralbench.records.card import Card
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.label_sets import LabelSets
from paralbench.records.layer_analysis import LayerAnalysis
from paralbench.records.model_card import ModelCard
from paralbench.records.result import Result
from paralbench.records.task_card import TaskCard
from paralbench.records.verdict import Verdict

PUBLISHED: dict[str, type[Card]] = {
    "corpus": CorpusCard,
    "task": TaskCard,
    "model": ModelCard,
    "result": Result,
    "verdict": Verdict,
    "layers": LayerAnalysis,
    "label-sets": LabelSets,
    "bundle": Manifest,
}


def schemas() -> dict[str, dict[str, Any]]:
    """JSON schema (draft 2020-12) by kind of file."""
    return {kind: card.model_json_schema() for kind, card in PUBLISHED.items()}


def text(schema: dict[str, Any]) -> str:
    """A schema as it is committed."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write ``<kind>.json`` for every kind below ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, schema in schemas().items():
        (folder / f"{kind}.json").write_text(text(schema), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
