"""From a model's folder to its encoder: what an adapter's ``load`` is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.placement import REFERENCE, Placement
from paralbench.encoders.weights import NONE, WeightsFile
from paralbench.records.errors import CardError, UsageError
from paralbench.records.model_card import ModelCard

CARD = ModelCard(
    id="mine", title="Mine", backend="python", rate=16000, layers=1, width=1, parameters=0,
    licence="none", citation="none", settings={"depth": 3},
)  # fmt: skip
BF16 = Placement("cpu", "bf16")


def _load(
    folder: Path, parameters: str, weights: Path | None = None, placement: Placement = REFERENCE
) -> Any:
    """The encoder of an adapter that keeps what its ``load(parameters)`` was given."""
    names = [name for name in parameters.split(", ") if name]
    (folder / "adapter.py").write_text(
        "class Encoder:\n"
        "    def __init__(self, **given):\n        self.given = given\n"
        "    def encode(self, waveforms):\n        return []\n"
        f"def load({parameters}):\n"
        f"    return Encoder({', '.join(f'{name}={name}' for name in names)})\n"
    )
    file = WeightsFile(weights, NONE, NONE, pinned=True)
    return LoadableEncoder(CARD, folder, file, placement).load()


def test_an_adapter_is_given_what_its_parameters_name(tmp_path: Path) -> None:
    assert _load(tmp_path, "").given == {}
    assert _load(tmp_path, "folder", tmp_path).given == {"folder": tmp_path}
    assert _load(tmp_path, "card").given == {"card": CARD}
    everything = _load(tmp_path, "weights, card, placement", tmp_path, BF16).given
    assert everything == {"weights": tmp_path, "card": CARD, "placement": BF16}


def test_an_adapter_without_a_placement_has_the_reference_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'mine' has no torch-bf16 path"):
        _load(tmp_path, "card", placement=BF16)


def test_weights_and_parameters_must_agree(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="must take the folder of weights"):
        _load(tmp_path, "card", tmp_path)
    with pytest.raises(CardError, match="no weights are named"):
        _load(tmp_path, "weights, card")
