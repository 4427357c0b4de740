"""Frames put together piece by piece: in memory or in a scratch file, the record is the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paralbench.features import frames
from paralbench.features.bins import binned
from paralbench.features.frames import Rebinned, Spool
from paralbench.records.errors import Refused


@pytest.mark.parametrize("in_memory", [1, 500, 1 << 20])
def test_a_spool_gives_the_joined_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(frames, "_IN_MEMORY", in_memory)
    rng = np.random.default_rng(0)
    pieces = [rng.normal(size=(3, n, 5)).astype(np.float32) for n in (7, 1, 0, 12)]
    spool = Spool("float32", tmp_path)
    for piece in pieces:
        spool.add(piece)
    assert spool.frames == 20
    joined = np.concatenate(list(spool.chunks())).reshape(3, 20, 5)
    assert np.array_equal(joined, np.concatenate(pieces, axis=1))
    assert not list(tmp_path.iterdir()), "the scratch file is gone"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=6),
    rate=st.sampled_from([50.0, 30.0, 12.5, 10.0, 1.0]),
)
def test_bins_do_not_know_where_pieces_end(lengths: list[int], rate: float) -> None:
    states = np.random.default_rng(1).normal(size=(2, sum(lengths), 3)).astype(np.float32)
    bins = Rebinned(rate)
    result, first = [], 0
    for length in lengths:
        piece = states[:, first : first + length]
        result.append(bins.add(binned(piece, first / 50.0, 50.0, rate)))
        first += length
    joined = np.concatenate([*result, bins.last()], axis=1)
    at = np.floor(np.arange(first) / 50.0 * rate + 1e-6).astype(int)
    by_hand = np.stack([states[:, at == b].mean(1) for b in range(at[-1] + 1)], axis=1)
    np.testing.assert_allclose(joined, by_hand, atol=1e-6)


def test_a_bin_without_a_frame_is_refused() -> None:
    bins = Rebinned(10.0)
    bins.add(binned(np.ones((1, 10, 2), np.float32), 0.0, 50.0, 10.0))
    with pytest.raises(Refused, match=r"gave no frame for the 0\.1 s at 0\.20 s"):
        bins.add(binned(np.ones((1, 10, 2), np.float32), 0.4, 50.0, 10.0))
