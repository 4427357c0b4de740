"""<head>.layers.json: the score of each hidden state of an encoder on a task."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from paralbench.records.card import Card, Identifier
from paralbench.records.result import Score, Standing


class LayerAnalysis(Card):
    """A head fitted on each layer, and the same head on all layers.

    ``single`` holds the ranking metric's score of each layer, from the first; ``weights`` the learned
    share of each, [layers], mean over folds and seeds, and ``learned`` what they scored together.
    The best of ``single`` is selected on test data: it locates a task's information and is no result.
    """

    schema_version: Literal[1]
    task: Identifier
    task_version: int
    model: Identifier
    encoder: str
    head: Identifier
    seeds: list[int]
    fingerprint: str
    engine: str
    synthetic: bool
    standing: Standing
    learned: Score
    weights: list[float] = Field(min_length=1)
    single: list[Score] = Field(min_length=1)

    @model_validator(mode="after")
    def _a_score_a_layer(self) -> LayerAnalysis:
        if len(self.single) != len(self.weights):
            raise ValueError(f"{len(self.single)} scores of {len(self.weights)} layers")
        return self
