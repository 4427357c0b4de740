"""The mean of channels is numpy's, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from paralbench.audio.channels import mean_of_channels


@pytest.mark.parametrize("channels", [1, 2, 3, 8])
def test_as_numpy(channels: int) -> None:
    block = np.random.default_rng(0).normal(0, 0.3, (5000, channels)).astype(np.float32)
    mean = mean_of_channels(block)
    assert mean.dtype == np.float32
    assert np.array_equal(mean, block.mean(axis=1))
