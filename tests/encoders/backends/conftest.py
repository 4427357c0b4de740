"""A small wav2vec 2.0, its folder and its card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paralbench.records.model_card import ModelCard
from tests.encoders.backends.small_transformers import VARIANTS, card_of, saved, small_model


@pytest.fixture(scope="module")
def wav2vec2() -> Any:
    return small_model(VARIANTS["wav2vec2"])


@pytest.fixture
def folder(wav2vec2: Any, tmp_path: Path) -> Path:
    return saved(wav2vec2, tmp_path / "weights")


@pytest.fixture
def card(wav2vec2: Any) -> ModelCard:
    return card_of(VARIANTS["wav2vec2"], wav2vec2)
