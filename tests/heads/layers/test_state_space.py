"""The state-space layer against its own recurrence, step by step, within and across chunks."""

from __future__ import annotations

import pytest
import torch

from paralbench.heads.layers import state_space
from paralbench.heads.layers.state_space import StateSpace


def _recurrence(layer: StateSpace, values: torch.Tensor) -> torch.Tensor:
    step = layer.log_step.double().exp()[:, None]
    turn = torch.complex(-layer.log_decay.double().exp(), layer.turn.double())
    factor = torch.exp(step * turn)
    drive = (factor - 1) / turn
    read = torch.complex(layer.read[..., 0].double(), layer.read[..., 1].double())
    state = torch.zeros(len(values), *turn.shape, dtype=torch.complex128)
    recorded = []
    for frame in values.double().unbind(1):
        state = factor * state + drive * frame[:, :, None]
        recorded.append(2 * (read * state).sum(2).real + layer.passed.double() * frame)
    return torch.stack(recorded, 1)


@pytest.mark.parametrize("frames", [1, 5, 16, 17, 70])
def test_is_the_recurrence(frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_space, "_CHUNK", 16)
    torch.manual_seed(0)
    layer = StateSpace(3, 8)
    values = torch.randn(2, frames, 3)
    with torch.no_grad():
        assert torch.allclose(layer(values).double(), _recurrence(layer, values), atol=1e-5)


def test_what_comes_later_changes_nothing_before() -> None:
    torch.manual_seed(0)
    layer = StateSpace(3, 8)
    values = torch.randn(1, 50, 3)
    with torch.no_grad():
        assert torch.allclose(layer(values)[:, :30], layer(values[:, :30]), atol=1e-6)
