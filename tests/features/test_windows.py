"""Windows that slide: against slicing the frames of the whole recording by their time."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from paralbench.catalog import Catalog
from paralbench.features.bins import binned, deviations
from paralbench.features.plan import _pieces
from paralbench.features.spec import FeatureSpec
from paralbench.features.windows import Windows, sliding
from paralbench.records.errors import Refused


def by_hand(
    states: NDArray[np.float32], frame_rate: float, rate: float, window: float, steps: int
) -> NDArray[np.float64]:
    """Each step's frames cut out of the recording, then their mean and deviation."""
    time = np.arange(states.shape[1]) / frame_rate
    result = []
    for step in range(steps):
        low, high = step / rate - window / 2, step / rate + window / 2
        inside = states[:, (time > low - 1e-9) & (time < high - 1e-9)].astype(float)
        result += [inside.mean(1), inside.std(1)]
    return np.stack(result, axis=1)


@pytest.mark.parametrize("frame_rate", [50.0, 100.0, 30.0])
@pytest.mark.parametrize("block", [1.0, 2.5, 30.0])
def test_windows_equal_slices_whatever_the_blocks(frame_rate: float, block: float) -> None:
    rng = np.random.default_rng(1)
    states = (rng.normal(size=(3, round(9 * frame_rate), 4)) + 50).astype(np.float32)
    windows = Windows(10.0, 4.0)
    size = round(block * frame_rate)
    for first in range(0, states.shape[1], size):
        piece = states[:, first : first + size]
        bins = binned(piece, first / frame_rate, frame_rate, 10.0)
        windows.add(bins, deviations(piece, bins))
    result = windows.pooled(90)
    assert result.shape == (3, 180, 4)
    np.testing.assert_allclose(result, by_hand(states, frame_rate, 10.0, 4.0, 90), atol=2e-4)


def test_a_window_without_a_frame_is_refused() -> None:
    windows = Windows(10.0, 0.2)
    for start in (0.0, 3.0):
        bins = binned(np.ones((1, 5, 2), np.float32), start, 10.0, 10.0)
        windows.add(bins, np.zeros_like(bins.sums))
    with pytest.raises(Refused, match="no frame in the window around"):
        windows.pooled(30)


@pytest.mark.parametrize(("hops", "half"), [(10, 3), (2, 3), (3, 3), (1, 1), (7, 1)])
def test_sliding_gives_the_hops_around_each(hops: int, half: int) -> None:
    def audio() -> Iterator[NDArray[np.float32]]:
        for number in range(hops):
            yield np.full(2, number, np.float32)

    result = [sorted(set(window.tolist())) for window in sliding(audio(), half)]
    assert result == [
        [float(n) for n in range(max(0, k - half), min(hops, k + half))] for k in range(hops)
    ]


def test_the_plan_knows_what_windows_cost() -> None:
    card = Catalog().model("egemaps").card
    spec = FeatureSpec().moving(10.0, 4.0)
    assert spec.bytes(card, 60.0) == pytest.approx(600 * 2 * 88 * 4, rel=0.01)
    assert _pieces(card, spec, Counter([60.0, 30.0])) == {4.0: 900}
    with_frames = Catalog().model("log-mel").card
    assert _pieces(with_frames, spec, Counter([60.0, 30.0])) == {60.0: 1, 30.0: 1}


def test_frames_cannot_be_taken_step_by_step() -> None:
    with pytest.raises(ValueError, match="has no steps"):
        FeatureSpec("frames").moving(10.0, 4.0)
