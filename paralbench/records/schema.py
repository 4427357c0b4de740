"""The published JSON schemas of the files people write and read: ``docs/schemas/*.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from paralbench.records.card import Card
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.model_card import ModelCard
from paralbench.records.result import Result
from paralbench.records.task_card import TaskCard

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CARDS: dict[str, type[Card]] = {
    "corpus": CorpusCard,
    "task": TaskCard,
    "model": ModelCard,
    "result": Result,
}


def schemas() -> dict[str, dict[str, Any]]:
    """A JSON schema (draft 2020-12) for each kind of file, by the name of its kind."""
    return {kind: {"$schema": DIALECT, **card.model_json_schema()} for kind, card in CARDS.items()}


def write(folder: Path) -> None:
    """Write each schema to ``folder``/<kind>.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, schema in schemas().items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{kind}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m paralbench.records.schema FOLDER")
    write(Path(sys.argv[1]))
