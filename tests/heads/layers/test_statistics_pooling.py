"""Attentive statistics pooling against its formula, frame by frame."""

from __future__ import annotations

import numpy as np
import torch

from paralbench.heads.layers.statistics_pooling import StatisticsPooling


def test_as_the_formula_says() -> None:
    torch.manual_seed(0)
    pool = StatisticsPooling(4, 5)
    values = torch.randn(1, 7, 4)
    got = pool(values, torch.ones(1, 7, dtype=torch.bool)).detach().numpy()[0]
    frames = values[0].numpy().astype(float)
    complete = np.concatenate([frames.mean(0), frames.std(0)])
    w1, b1 = (parameter.detach().numpy() for parameter in pool.narrow.parameters())
    w2, b2 = (parameter.detach().numpy() for parameter in pool.weigh.parameters())
    scores = np.stack(
        [w2 @ np.tanh(w1 @ np.concatenate([frame, complete]) + b1) + b2 for frame in frames]
    )
    weights = np.exp(scores) / np.exp(scores).sum(0)
    mean = (weights * frames).sum(0)
    deviation = np.sqrt((weights * frames**2).sum(0) - mean**2)
    assert np.allclose(got, np.concatenate([mean, deviation]), atol=1e-5)
