"""One averaging round: neurons matched, weights averaged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paralbench.federation import averaging
from paralbench.federation.averaging import ALIGNED, aligned, averaged
from paralbench.federation.bunches import bunches
from paralbench.federation.messages import Message
from paralbench.federation.site_data import site_rows
from paralbench.heads import head as find_head
from paralbench.heads import linear_probe
from paralbench.heads import settings as find_settings
from paralbench.heads.head import PooledStream
from paralbench.records.errors import ParalbenchError
from tests.heads.speakers import speakers

INTO, OUT = ALIGNED["mlp"]


def _network(seed: int, hidden: int = 9) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        f"{INTO}.weight": rng.normal(size=(hidden, 4)), f"{INTO}.bias": rng.normal(size=hidden),
        f"{OUT}.weight": rng.normal(size=(3, hidden)), f"{OUT}.bias": rng.normal(size=3),
        "listening.0.weights": rng.normal(size=2),
    }  # fmt: skip


def _permuted(network: dict[str, Any], order: Any) -> dict[str, Any]:
    return {
        **network,
        f"{INTO}.weight": network[f"{INTO}.weight"][order],
        f"{INTO}.bias": network[f"{INTO}.bias"][order],
        f"{OUT}.weight": network[f"{OUT}.weight"][:, order],
    }


def _outputs(network: Any, rows: Any) -> Any:
    hidden = np.maximum(rows @ network[f"{INTO}.weight"].T + network[f"{INTO}.bias"], 0)
    return hidden @ network[f"{OUT}.weight"].T + network[f"{OUT}.bias"]


def test_an_aligned_network_computes_the_same() -> None:
    network, rows = _network(0), np.random.default_rng(1).normal(size=(20, 4))
    same = aligned(network, _network(5), INTO, OUT)
    assert _outputs(same, rows) == pytest.approx(_outputs(network, rows))


def test_permuted_copies_average_to_themselves() -> None:
    """Without matching, their mean is another network."""
    network, rng = _network(0), np.random.default_rng(2)
    copies = [network, *(_permuted(network, rng.permutation(9)) for _ in range(3))]
    rows = rng.normal(size=(20, 4))
    state = averaged(copies, np.array([5.0, 1.0, 1.0, 1.0]), "mlp")
    assert _outputs(state, rows) == pytest.approx(_outputs(network, rows), abs=1e-5)
    unmatched = {name: np.mean([copy[name] for copy in copies], axis=0) for name in network}
    assert np.abs(_outputs(unmatched, rows) - _outputs(network, rows)).max() > 0.1


def test_sites_weigh_by_their_recordings() -> None:
    first = _network(0)
    second = {name: values + 1.0 for name, values in first.items()}
    state = averaged([first, second], np.array([3.0, 1.0]), "mlp")
    assert state[f"{OUT}.bias"] == pytest.approx(first[f"{OUT}.bias"] + 0.25, abs=1e-6)


def test_networks_of_different_shapes_are_refused() -> None:
    with pytest.raises(ParalbenchError, match="different shapes"):
        averaged([_network(0), _network(1, hidden=8)], np.ones(2), "mlp")


@pytest.mark.parametrize(
    ("head", "changes", "classes"),
    [("knn", {}, 3), ("hrf-conformer", {}, 3), ("mlp", {"pool": "frames"}, 3), ("mlp", {}, 0)],
)
def test_other_heads_are_refused(head: str, changes: dict[str, Any], classes: int) -> None:
    with pytest.raises(ParalbenchError, match="cannot be federated"):
        averaging.check(head, find_settings(head, changes), classes)


@pytest.mark.slow
def test_an_averaged_network_predicts_and_parts_are_left_out() -> None:
    """Of sites in memory; the averaged network is better than chance on the rows of all sites."""
    features, problem = speakers()
    groups = np.asarray(problem.groups)
    stream, head = PooledStream("some", features), find_head("mlp")
    recipe = find_settings("mlp", {"hidden": 32})
    sites = [
        site_rows(
            place, stream, problem, rows,
            bunches(groups[rows], problem.targets[rows], problem.classes, 2), head, recipe,
        )
        for place in range(2)
        for rows in [np.flatnonzero(groups % 2 == place)]
    ]  # fmt: skip

    def ask(request: Message) -> list[Message]:
        return [site.answer(request) for site in sites]

    trained = averaging.fit(ask, linear_probe.Settings(), problem.classes, 1)
    assert len(trained.held_out) == 5
    state = trained.states[0]
    shares = np.exp(state["listening.0.weights"] - state["listening.0.weights"].max())
    shares /= shares.sum()
    columns = features.reshape(*features.shape[:2], -1)
    standardised = (columns - state["listening.0.mean"]) * state["listening.0.scale"]
    outputs = _outputs(state, np.einsum("l,nlc->nc", shares, standardised))
    assert (outputs.argmax(1) == problem.targets).mean() > 0.9
