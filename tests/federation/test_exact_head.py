"""The federated default head is the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paralbench.federation.bunches import bunches
from paralbench.federation.exact_head import ExactHead, fit
from paralbench.federation.messages import SCALE, Message
from paralbench.heads.head import Fitted, PooledStream, Problem, Split
from paralbench.heads.linear_probe import HEAD, Settings
from paralbench.records.errors import ParalbenchError
from tests.federation.sites import SITES, asking, sites_of
from tests.heads.speakers import Features, Kind, speakers


def _pooled(features: Features, problem: Problem, size: int, settings: Settings) -> Fitted:
    """The linear probe on all rows, in the order of the sites, with bunches for groups."""
    groups = np.asarray(problem.groups)
    order = np.argsort(groups // 4, kind="stable")
    bunched = np.concatenate([
        100 * place + bunches(groups[here], problem.targets[here], problem.classes, size)
        for place in range(SITES)
        for here in [groups // 4 == place]
    ])  # fmt: skip
    every = np.arange(len(order))
    pooled = Problem(problem.kind, problem.targets[order], problem.classes, groups=bunched)
    split = Split(0, 0, every, every[:0], every)
    (fitted,) = HEAD.fit([PooledStream("some", features[order])], pooled, [split], settings).fitted
    return fitted


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("kind", ["class", "number"])
@pytest.mark.parametrize(
    "settings",
    [
        {}, {"layers": "best"}, {"rule": "one-standard-error"}, {"class_weights": "none"},
        {"criterion": "squared-error"}, {"inner_folds": 3}, {"layers": "mean"}, {"layers": "last"}, {"layers": 1},
    ],
)  # fmt: skip
def test_equals_the_pooled_head(kind: Kind, settings: dict[str, Any], size: int) -> None:
    features, problem = speakers(kind=kind)
    chosen = Settings(**settings)
    pooled = _pooled(features, problem, size, chosen)
    head = fit(asking(sites_of(features, problem, size, chosen)), problem.classes, chosen)
    assert head.chosen["strengths"] == pooled.chosen["strengths"]
    for ours, theirs in ((head.weights, "weights"), (head.bias, "bias")):
        expected = pooled.state[theirs].astype(float)
        assert np.abs(ours - expected).max() < 1e-6 * np.abs(expected).max(), theirs
    assert head.factors == pytest.approx(np.asarray(pooled.layer_weights), abs=1e-6)
    inner = next(name for name in pooled.chosen if name.startswith("inner_") and "fold" not in name)
    assert head.chosen[inner] == pytest.approx(pooled.chosen[inner], abs=1e-6)


@pytest.mark.parametrize("kind", ["class", "number"])
def test_out_of_fold_outputs_are_those_of_the_pooled_head(kind: Kind) -> None:
    features, problem = speakers(kind=kind)
    settings = Settings()
    sites = sites_of(features, problem, 1, settings)
    head = fit(asking(sites), problem.classes, settings)
    expected = _pooled(features, problem, 1, settings).out_of_fold
    assert expected is not None
    outputs = []
    for site, start in zip(sites, np.cumsum([0, *head.sizes]), strict=False):
        parts = head.part[start + site.bunch]
        outputs.append(
            np.einsum("nlc,nlco->no", site.features, head.held_out[parts])
            + head.held_out_bias[parts]
        )
    values = np.concatenate(outputs)
    if problem.classes:
        values = np.exp(values - values.max(1, keepdims=True))
        values /= values.sum(1, keepdims=True)
    scale = np.abs(expected.outputs).max()
    assert np.abs(values - expected.outputs).max() < 1e-6 * scale


def test_more_columns_than_rows_and_a_constant_column() -> None:
    """The pooled head then finds its coordinates from the rows' products instead."""
    features, problem = speakers()
    rng = np.random.default_rng(3)
    wide = np.concatenate([features, rng.normal(3, 1, (*features.shape[:3], 80))], axis=3)
    wide[..., -1] = 5.0
    wide = wide.astype(np.float32)
    pooled = _pooled(wide, problem, 1, Settings())
    head = fit(asking(sites_of(wide, problem, 1, Settings())), problem.classes, Settings())
    expected = pooled.state["weights"]
    assert np.abs(head.weights - expected).max() < 1e-6 * np.abs(expected).max()


def test_every_answer_is_of_sums_only() -> None:
    """No array of an answer has a row for each example, and none repeats an example."""
    features, problem = speakers()
    sites = sites_of(features, problem, 2, Settings())
    answers: list[Message] = []

    def ask(request: Message) -> list[Message]:
        answered: list[Message] = [site.answer(request) for site in sites]
        answers.extend(answered)
        return answered

    fit(ask, problem.classes, Settings())
    rows = len(sites[0].targets)
    assert all(rows not in values.shape for answer in answers for values in answer.values())
    names = {name.split("/")[0] for answer in answers for name in answer}
    assert names == {"table", "sums", "averaged", "products", "gradient", "loss", "mixture"}


def test_a_table_that_is_not_the_sites_is_refused() -> None:
    features, problem = speakers()
    sites = sites_of(features, problem, 1, Settings())

    def ask(request: Message) -> list[Message]:
        if SCALE in request:
            request = {**request, "table": request["table"][::-1]}
        return [site.answer(request) for site in sites]

    with pytest.raises(ParalbenchError, match="not what this site sent"):
        fit(ask, problem.classes, Settings())


def test_a_request_of_other_shapes_is_refused() -> None:
    features, problem = speakers()
    (site, *_) = sites_of(features, problem, 1, Settings())
    with pytest.raises(ParalbenchError, match="other shapes or names"):
        site.answer({"mixture/maps": np.zeros((1, 2))})


def test_a_class_with_one_speaker_makes_no_inner_folds() -> None:
    features, problem = speakers()
    targets = np.where(np.asarray(problem.groups) == 0, 1.0, 0.0)
    alone = Problem("class", targets, 2, groups=problem.groups)
    with pytest.raises(ParalbenchError, match="more speakers or sites"):
        fit(asking(sites_of(features, alone, 1, Settings())), 2, Settings())


def test_the_head_is_recorded() -> None:
    features, problem = speakers()
    head = fit(asking(sites_of(features, problem, 2, Settings())), problem.classes, Settings())
    assert isinstance(head, ExactHead)
    assert head.rows == len(problem.targets)
    assert head.sizes.tolist() == [2, 2, 2]
    assert len(head.part) == 6
