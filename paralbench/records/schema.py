"""The JSON schemas of the files we read and write, for editors and for other programs."""

from __future__ import annotations

import json
from typing import Any

from paralbench.records.bundle import Manifest
from paralbench.records.card import Card
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.label_sets import LabelSets
from paralbench.records.layer_analysis import LayerAnalysis
from paralbench.records.learning_curve import LearningCurve
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
    "learning-curve": LearningCurve,
    "label-sets": LabelSets,
    "bundle": Manifest,
}


def schemas() -> dict[str, dict[str, Any]]:
    """JSON schema (draft 2020-12) by kind of file."""
    return {kind: card.model_json_schema() for kind, card in PUBLISHED.items()}


def text(schema: dict[str, Any]) -> str:
    """A schema as it is committed."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
