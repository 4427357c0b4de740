"""Compressed weights: what they decode to, what they take, and how far off they may be."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import nn

from paralbench.heads import head, names
from paralbench.heads.layers.compressed import Blocks, Int8, Ternary, compressed, size
from paralbench.heads.layers.state_space import StateSpace
from paralbench.heads.training.network import folded
from paralbench.heads.training.network_head import NetworkHead
from tests.heads.networks import build, heard


def test_int8_is_off_by_half_a_step_at_most() -> None:
    weight = torch.randn(7, 13, generator=torch.Generator().manual_seed(0))
    step = weight.abs().amax(1, keepdim=True) / 127
    assert ((Int8(weight).weight() - weight).abs() <= step / 2 + 1e-7).all()


def test_ternary_is_signs_times_a_scale() -> None:
    weight = torch.tensor([[1.0, -2.0, 0.1, 0.0, 3.0], [0.2, 0.2, -0.2, 0.2, 0.2]])
    # Mean magnitude of the first row is 1.22, so what is below 0.854 goes, and the others are 2.
    expected = torch.tensor([[2.0, -2.0, 0.0, 0.0, 2.0], [0.2, 0.2, -0.2, 0.2, 0.2]])
    assert torch.allclose(Ternary(weight).weight(), expected)


@pytest.mark.parametrize(("rows", "columns"), [(16, 24), (5, 9), (1, 1), (8, 17)])
def test_blocks_keep_the_strongest_half(rows: int, columns: int) -> None:
    weight = torch.randn(rows, columns, generator=torch.Generator().manual_seed(rows))
    decoded = Blocks(weight).weight()
    assert decoded.shape == weight.shape
    left = decoded != 0
    assert torch.equal(decoded[left], weight[left])
    norms: dict[bool, list[float]] = {True: [], False: []}
    for top in range(0, rows, 8):
        for side in range(0, columns, 8):
            part = (slice(top, top + 8), slice(side, side + 8))
            norms[bool(left[part].any())].append(float(weight[part].norm()))
    assert min(norms[True]) >= max(norms[False], default=0.0)
    total = len(norms[True]) + len(norms[False])
    assert len(norms[True]) == max(1, round(total / 2))


@pytest.mark.parametrize(("form", "share"), [("int8", 0.30), ("ternary", 0.12), ("blocks", 0.55)])
def test_a_network_gets_smaller_and_still_answers(
    form: Literal["int8", "ternary", "blocks"], share: float
) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 4)).eval()
    small = compressed(network, form)
    assert size(small) < share * size(network)
    values = torch.randn(50, 64)
    with torch.no_grad():
        item, two = network(values), small(values)
    assert np.corrcoef(item.flatten(), two.flatten())[0, 1] > 0.5
    assert isinstance(network[0], nn.Linear)


def test_nothing_to_compress_is_said() -> None:
    with pytest.raises(ValueError, match="no linear, convolutional or recurrent layer"):
        compressed(nn.ReLU(), "int8")


@pytest.mark.parametrize("form", ["int8", "ternary", "blocks"])
@pytest.mark.parametrize("layer", [
    nn.LSTM(16, 8, batch_first=True), nn.GRU(16, 8, batch_first=True, bidirectional=True),
    nn.LSTM(16, 8, num_layers=2),
])  # fmt: skip
def test_recurrent_layers_are_compressed(
    form: Literal["int8", "ternary", "blocks"], layer: nn.LSTM | nn.GRU
) -> None:
    network = nn.Sequential(layer).eval()
    small = compressed(network, form)
    assert size(small) < size(network)
    decoded = nn.Sequential(type(layer)(
        16, 8, num_layers=layer.num_layers, batch_first=layer.batch_first,
        bidirectional=layer.bidirectional,
    ))  # fmt: skip
    kinds: dict[str, Any] = {"int8": Int8, "ternary": Ternary, "blocks": Blocks}
    decoded.load_state_dict({
        name: kinds[form](value).weight() if value.ndim > 1 else value
        for name, value in network.state_dict().items()
    })  # fmt: skip
    values = torch.randn(3, 5, 16)
    with torch.no_grad():
        expected, got = decoded(values), small(values)
    torch.testing.assert_close(got[0], expected[0])
    assert not torch.equal(got[0], network(values)[0])


@pytest.mark.parametrize("form", ["int8", "ternary", "blocks"])
def test_convolutions_are_compressed(form: Literal["int8", "ternary", "blocks"]) -> None:
    network = nn.Sequential(nn.Conv1d(16, 8, 3, stride=2, padding=1), nn.Conv1d(8, 8, 5, groups=8))
    small = compressed(network, form)
    assert size(small) < size(network)
    kinds: dict[str, Any] = {"int8": Int8, "ternary": Ternary, "blocks": Blocks}
    decoded = nn.Sequential(nn.Conv1d(16, 8, 3, stride=2, padding=1), nn.Conv1d(8, 8, 5, groups=8))
    decoded.load_state_dict({
        name: kinds[form](value.flatten(1)).weight().view(value.shape) if value.ndim > 1 else value
        for name, value in network.state_dict().items()
    })  # fmt: skip
    values = torch.randn(2, 16, 20)
    with torch.no_grad():
        torch.testing.assert_close(small(values), decoded(values))


@pytest.mark.parametrize("name", [n for n in names() if isinstance(head(n), NetworkHead)])
def test_every_catalogue_head_gets_smaller(name: str) -> None:
    network = folded(build(name))  # type: ignore[arg-type]
    small = compressed(network, "int8")
    # S4D's recurrence (decays, angles, read-out) is no layer's weight matrix and stays in fp32.
    stored = {
        id(p)
        for part in network.modules()
        if isinstance(part, StateSpace)
        for p in part.parameters(recurse=False)
    }
    large = sum(p.numel() for p in network.parameters() if p.ndim > 1 and id(p) not in stored)
    assert size(network) - size(small) > 2 * large
    batch = heard([20, 30], clips=2)
    with torch.no_grad():
        assert small([batch]).shape == network([batch]).shape


def test_what_cannot_be_compressed_is_refused() -> None:
    with pytest.raises(ValueError, match="the weights of a Bilinear cannot be compressed"):
        compressed(nn.Sequential(nn.Linear(2, 2), nn.Bilinear(2, 2, 2)), "int8")
