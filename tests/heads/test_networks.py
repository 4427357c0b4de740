"""Every network head: padding changes nothing, gradients reach all of it, it can learn by heart."""

from __future__ import annotations

from typing import cast

import pytest
import torch

from paralbench.heads import head, names
from paralbench.heads.training.network_head import NetworkHead
from tests.heads.networks import build, heard, overfitted, padding_leak, without_gradient

ALL = [name for name in names() if isinstance(head(name), NetworkHead)]
SERIES = [name for name in ALL if "series" in head(name).targets]


@pytest.mark.parametrize("name", ALL)
def test_padding_changes_nothing(name: str) -> None:
    assert padding_leak(build(name), heard([23, 7, 1, 40], clips=1)) < 1e-5


@pytest.mark.parametrize("name", SERIES)
def test_padding_changes_nothing_of_a_series(name: str) -> None:
    network = build(name, outputs=1, series=True, rate=10.0)
    assert padding_leak(network, heard([23, 7, 40], rate=10.0), series=True) < 1e-5


@pytest.mark.parametrize("name", ALL)
def test_gradients_reach_every_parameter(name: str) -> None:
    assert without_gradient(build(name), heard([60, 45], clips=3)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_a_handful_is_learnt_by_heart(name: str) -> None:
    # Deep attention starts to say the same of everything where it is pushed as hard as the others.
    deep = "former" in name and name != "haffformer"
    steps, rate = (80, 5e-4) if deep else (150, 5e-3)
    batch = heard([30, 25, 40, 21, 33, 28], clips=2)
    assert overfitted(build(name), batch, steps, rate) < 0.15


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("length", "rate"), [(1, 0.0), (1, 50.0), (3000, 50.0)])
def test_short_and_long(name: str, length: int, rate: float) -> None:
    with torch.no_grad():
        answer = build(name, rate=rate)([heard([length], rate)])
    assert answer.shape == (1, 3)
    assert torch.isfinite(answer).all()


@pytest.mark.parametrize("name", SERIES)
def test_a_series_is_answered_at_every_step(name: str) -> None:
    chosen = cast(NetworkHead, head(name))
    assert "series" in chosen.targets
    network = build(name, outputs=1, series=True, rate=10.0)
    assert network([heard([50, 31], rate=10.0)]).shape == (2, 50, 1)
