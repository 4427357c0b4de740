"""Made-up streams whose targets can be heard, for tests of heads."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.head import FrameStream, PooledStream, Problem, Rows, Split

LAYERS, WIDTH, CLASSES, RATE = 3, 8, 3, 50.0
NOBODY: Rows = np.zeros(0, dtype=np.int64)


def split(rows: int, fold: int = 0, seed: int = 0, develop: bool = True) -> Split:
    """A quarter tests, a quarter develops, the others train."""
    order = np.random.default_rng([fold, seed]).permutation(rows)
    test, held, train = np.split(order, [rows // 4, rows // 2])
    return Split(fold, seed, np.sort(train), np.sort(held) if develop else NOBODY, np.sort(test))


def frames(
    kind: Literal["class", "number"] = "class",
    rows: int = 60,
    lengths: tuple[int, int] = (12, 40),
    clips: int = 1,
    seed: int = 7,
    signal: float = 1.0,
    dtype: type = np.float16,
) -> tuple[FrameStream, Problem]:
    """Frames whose middle layer is shifted by the target; far from zero and of many sizes."""
    rng = np.random.default_rng(seed)
    classes = CLASSES if kind == "class" else 0
    targets = rng.integers(0, CLASSES, rows).astype(float) if classes else rng.normal(50, 5, rows)
    scale, offset = rng.uniform(0.5, 5, (LAYERS, 1, WIDTH)), rng.normal(0, 4, (LAYERS, 1, WIDTH))
    recorded = []
    for target in targets:
        parts: list[NDArray[Any]] = []
        for _ in range(clips):
            length = int(rng.integers(*lengths))
            values = rng.normal(size=(LAYERS, length, WIDTH))
            if classes:
                values[1, :, int(target)] += 1.5 * signal
            else:
                values[1, :, 0] += (target - 50) / 5 * signal
            parts.append((values * scale + offset).astype(dtype))
        recorded.append(parts)
    return FrameStream("made", recorded, LAYERS, WIDTH, RATE), Problem(kind, targets, classes)


def series(recordings: int = 12, seed: int = 3) -> tuple[PooledStream, Problem]:
    """Recordings of 30 to 60 steps whose values follow the first feature of the middle layer."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(30, 60, recordings)
    owner = np.repeat(np.arange(recordings), lengths)
    truth = np.concatenate([np.cumsum(rng.normal(0, 0.3, length)) for length in lengths])
    values = rng.normal(size=(len(owner), LAYERS, 2, WIDTH))
    values[:, 1, 0, 0] += 2 * truth
    stream = PooledStream("made", values.astype(np.float32), 10.0)
    return stream, Problem("number", truth, 0, recordings=owner)


def series_split(problem: Problem, fold: int = 0, seed: int = 0) -> Split:
    """A split of a series' rows, whole recordings on each side."""
    owner = problem.recordings
    assert owner is not None
    of = split(int(owner.max()) + 1, fold, seed)
    train, develop, test = (
        np.flatnonzero(np.isin(owner, some)) for some in (of.train, of.develop, of.test)
    )
    return Split(fold, seed, train, develop, test)
