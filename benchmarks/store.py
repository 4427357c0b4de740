"""Feature store: reading 5,531 pooled records of 13 x 2 x 768 against numpy reading one file."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from paralbench.features.key import FeatureKey
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore, Record

RECORDS, SHAPE, ROUNDS = 5531, (13, 2, 768), 7


def run() -> list[tuple[str, str]]:
    """Both read the same bytes, warm, in turn; the store checks every checksum as well."""
    with tempfile.TemporaryDirectory() as folder:
        store = FeatureStore(
            Path(folder), FeatureKey("bench", FeatureSpec(), SHAPE[0], SHAPE[2], {})
        )
        rng = np.random.default_rng(0)
        keys = [rng.bytes(16) for _ in range(RECORDS)]
        one = rng.standard_normal(SHAPE).astype(np.float32)
        with store.writer() as writer:
            for number, key in enumerate(keys):
                writer.append(key, Record(one + np.float32(number), 1, 1.0, 1.0))
        plain = Path(folder) / "plain.npy"
        np.save(plain, store.load(keys).stacked())
        shuffled = [keys[place] for place in rng.permutation(RECORDS)]
        ratios, mixed, speeds = [], [], []
        for _ in range(ROUNDS):
            numpy_seconds = _timed(lambda: np.load(plain))
            in_order = _timed(lambda: store.load(keys).stacked())
            ratios.append(numpy_seconds / in_order)
            mixed.append(numpy_seconds / _timed(lambda: store.load(shuffled).stacked()))
            speeds.append(plain.stat().st_size / in_order / 1e9)
    return [
        ("store / numpy, read in stored order", f"{median(ratios):.2f} (aim: 0.8)"),
        ("store / numpy, read in random order", f"{median(mixed):.2f}"),
        ("store, checksums verified", f"{median(speeds):.2f} GB/s"),
    ]


def _timed(read) -> float:  # type: ignore[no-untyped-def]
    began = time.perf_counter()
    read()
    return time.perf_counter() - began
