"""Windows: the buffer keeps copies unchanged, side by side."""

from __future__ import annotations

import numpy as np

from paralbench.screener.windows import WindowBuffer


def test_copies_stay_what_they_were_and_lie_together() -> None:
    buffer, rng = WindowBuffer(), np.random.default_rng(0)
    inputs = [rng.normal(size=shape).astype(np.float32) for shape in [(3, 4), (2,), (0, 5), (7, 1)]]
    stored = [buffer.put(item) for item in inputs]
    assert (
        len({item.base.ctypes.data for item in stored if item.base is not None and item.size}) == 1
    )
    copies = [item.copy() for item in inputs]
    for item in inputs:
        item[...] = 9
    assert all((item == copy).all() for item, copy in zip(stored, copies, strict=True))


def test_what_is_larger_than_a_block_has_its_own() -> None:
    buffer = WindowBuffer()
    large = np.ones(3 * 2**20, np.float32)
    assert buffer.put(large).sum() == large.size
    assert buffer.put(np.ones(3, np.float32)).tolist() == [1, 1, 1]
