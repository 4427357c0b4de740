"""SpeechFormer: its stages at several frame rates, and how many parameters it has."""

from __future__ import annotations

import pytest

from paralbench.heads.speechformer import stages
from paralbench.heads.training.network import parameters
from tests.heads.networks import build


@pytest.mark.parametrize(
    ("rate", "wanted"),
    [
        (100.0, [(5, 5), (9, 5), (9, 4), (0, 1)]),  # as published: 5, 8, 8, even ones made odd
        (50.0, [(3, 3), (7, 4), (9, 4), (0, 1)]),
        (25.0, [(3, 1), (11, 6), (9, 4), (0, 1)]),
        (12.5, [(3, 1), (5, 3), (9, 4), (0, 1)]),
        (10.0, [(3, 1), (5, 3), (7, 3), (0, 1)]),
        (0.0, [(0, 1)] * 4),
    ],
)
def test_windows_and_merges_follow_the_frame_rate(
    rate: float, wanted: list[tuple[int, int]]
) -> None:
    assert [(stage.window, stage.merge) for stage in stages(rate)] == wanted


@pytest.mark.parametrize(("width", "published"), [(512, 16.75e6), (128, 1.06e6)])
def test_has_as_many_parameters_as_published(width: int, published: float) -> None:
    network = build("speechformer", outputs=4, rate=100.0, width=width)
    ours = parameters(network) - parameters(network.get_submodule("project"))
    assert ours == pytest.approx(published, rel=2e-3)
