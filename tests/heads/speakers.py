"""Pooled features of made-up speakers, one layer of which follows the target."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.head import Problem, Split

ROWS, LAYERS, WIDTH, CLASSES, SPEAKERS = 120, 3, 6, 3, 12
Features = NDArray[np.float32]
Kind = Literal["class", "number"]


def speakers(informative: int = 1, kind: Kind = "class") -> tuple[Features, Problem]:
    """One layer's means are shifted by the target; the others are noise."""
    rng = np.random.default_rng(7)
    features = rng.normal(size=(ROWS, LAYERS, 2, WIDTH))
    features = features * rng.uniform(0.1, 30, (LAYERS, 2, WIDTH)) + rng.normal(
        0, 20, (LAYERS, 2, WIDTH)
    )
    scale = features[:, informative, 0].std(0)
    groups = np.arange(ROWS) % SPEAKERS
    if kind == "class":
        targets = rng.integers(0, CLASSES, ROWS).astype(float)
        features[:, informative, 0, :CLASSES] += (
            np.eye(CLASSES)[targets.astype(int)] * 4 * scale[:CLASSES]
        )
    else:
        targets = rng.normal(50, 5, ROWS)
        features[:, informative, 0, 0] += (targets - 50) * scale[0]
    classes = CLASSES if kind == "class" else 0
    return features.astype(np.float32), Problem(kind, targets, classes, groups=groups)


def speakers_split(fold: int = 0, seed: int = 0) -> Split:
    """Three speakers test, three develop."""
    speaker = (np.arange(ROWS) + fold) % SPEAKERS
    develop, test = (speaker - 3 - seed) % SPEAKERS < 3, speaker < 3
    develop &= ~test
    rows = [np.flatnonzero(part) for part in (~develop & ~test, develop, test)]
    return Split(fold, seed, *rows)
