"""Factorised layers: folding against the product written out, and how they begin."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from paralbench.heads.layers.factorised import Factoring, Factorised, linear

EVERY = [
    Factoring(factors=factors, rank=rank, of=of, inner_bias=bias)  # type: ignore[arg-type]
    for factors, rank, of, bias in itertools.product(
        (2, 3), (2, 4, 8), ("output", "input"), (True, False)
    )
]


def _trained(layer: nn.Module, steps: int = 20) -> None:
    """A few steps towards noise, so that biases are no longer what they began as."""
    descent = torch.optim.AdamW(layer.parameters(), lr=1e-2)
    values, expected = torch.randn(32, 12), torch.randn(32, 20)
    for _ in range(steps):
        descent.zero_grad()
        (layer(values) - expected).square().mean().backward()
        descent.step()


def _by_hand(layer: Factorised) -> tuple[Any, Any]:
    """W3 W2 W1 and W3 (W2 b1 + b2) + b3 in numpy, from the innermost outwards."""
    parts = [*layer.inner.children(), layer.outer]
    weight, bias = np.eye(12), np.zeros(12)
    for part in parts:
        assert isinstance(part, nn.Linear)
        own = part.weight.detach().double().numpy()
        weight = np.einsum("ij,jk->ik", own, weight)
        bias = np.einsum("ij,j->i", own, bias)
        if part.bias is not None:
            bias = bias + part.bias.detach().double().numpy()
    return weight, bias


@pytest.mark.parametrize(
    "factoring", EVERY, ids=lambda one: "-".join(map(str, one.model_dump().values()))
)
def test_folds_into_the_product_of_its_factors(factoring: Factoring) -> None:
    torch.manual_seed(0)
    layer = linear(12, 20, factoring)
    assert isinstance(layer, Factorised)
    assert len(list(layer.inner)) == factoring.factors - 1
    assert layer.outer.in_features == factoring.rank * (20 if factoring.of == "output" else 12)
    _trained(layer)
    folded = layer.fold()
    assert type(folded) is nn.Linear
    assert folded.weight.dtype == torch.float32
    weight, bias = _by_hand(layer)
    assert np.abs(folded.weight.detach().numpy() - weight).max() < 1e-7 * np.abs(weight).max()
    assert np.abs(folded.bias.detach().numpy() - bias).max() < 1e-7 * np.abs(bias).max()
    values = torch.randn(50, 7, 12)
    trained, deployed = layer(values), folded(values)
    assert (trained - deployed).abs().max() < 1e-5 * trained.abs().max()


def test_folding_leaves_the_trained_layer_as_it_was() -> None:
    layer = Factorised(4, 3, 2, 8)
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    folded = layer.fold()
    with torch.no_grad():
        folded.weight.zero_()
    assert all(torch.equal(value, before[name]) for name, value in layer.state_dict().items())


def test_folding_draws_no_random_number() -> None:
    layer = Factorised(4, 3, 2, 8)
    before = torch.random.get_rng_state()
    layer.fold()
    assert torch.equal(before, torch.random.get_rng_state())


def test_without_factors_it_is_a_plain_layer() -> None:
    assert type(linear(5, 6)) is nn.Linear
    assert type(linear(5, 6, Factoring(factors=1))) is nn.Linear


@pytest.mark.parametrize(("factors", "rank"), [(2, 256), (2, 1024), (3, 512)])
def test_begins_with_the_variance_of_a_plain_layer(factors: int, rank: int) -> None:
    torch.manual_seed(0)
    plain = nn.Linear(128, 256)
    products = [Factorised(128, 256, factors, rank).fold() for _ in range(4)]
    stacked = torch.stack([product.weight.detach() for product in products])
    assert float(stacked.var()) == pytest.approx(1 / (3 * 128), rel=0.05)
    assert float(stacked.var() / plain.weight.detach().var()) == pytest.approx(1, rel=0.05)
    assert abs(float(stacked.mean())) < 0.002
    bias = torch.stack([product.bias.detach() for product in products])
    assert float(bias.var() / plain.bias.detach().var()) == pytest.approx(1, rel=0.2)
    assert float(bias.abs().max()) <= 128**-0.5


@pytest.mark.parametrize("linears", ["first", "second", "both"])
def test_which_of_two_layers_is_a_setting(linears: str) -> None:
    factoring = Factoring(linears=linears)  # type: ignore[arg-type]
    assert factoring.applies("first") == (linears != "second")
    assert factoring.applies("second") == (linears != "first")
