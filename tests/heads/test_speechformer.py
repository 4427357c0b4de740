"""SpeechFormer's windows and merges against the published ones, and its size."""

from __future__ import annotations

from typing import cast

import pytest

from paralbench.heads import head, settings
from paralbench.heads.speechformer import stages
from paralbench.heads.training.frames import Shape, StreamShape
from paralbench.heads.training.network_head import NetworkHead


@pytest.mark.parametrize(
    ("rate", "windows", "merges"),
    [
        # A hop of 10 ms: 5, 8 and 8 as published, even ones made odd; 5, 5 and 4 merged.
        (100.0, [5, 9, 9, 0], [5, 5, 4, 1]),
        # 20 ms: 2.5 -> 3 merged makes 60 ms; 400 ms is 7 of those, 250 ms 4; 2 s is 8 of 240 ms.
        (50.0, [3, 7, 9, 0], [3, 4, 4, 1]),
        # 40 ms: 1.25 is no merge; 400 ms is 10, 250 ms 6; 2 s is 8 of 240 ms.
        (25.0, [3, 11, 9, 0], [1, 6, 4, 1]),
        # 100 ms: 400 ms is 4, 250 ms 2.5 -> 3; 2 s is 7 of 300 ms, a second 3.
        (10.0, [3, 5, 7, 0], [1, 3, 3, 1]),
        (0.0, [0, 0, 0, 0], [1, 1, 1, 1]),
    ],
)
def test_windows_and_merges_follow_the_frame_rate(
    rate: float, windows: list[int], merges: list[int]
) -> None:
    plan = stages(rate)
    assert [stage.window for stage in plan] == windows
    assert [stage.merge for stage in plan] == merges
    assert all(stage.merge == 1 for stage in stages(rate, merging=False))


@pytest.mark.parametrize(("width", "millions"), [(512, 16.75), (128, 1.06)])
def test_it_is_as_large_as_published(width: int, millions: float) -> None:
    """Four classes; without our projection in front, which the published model does not have."""
    shape = Shape((StreamShape(width, 100.0),), 4, series=False)
    result = cast(NetworkHead, head("speechformer"))
    network = result.build(shape, settings("speechformer", {"width": width}))
    count = sum(parameter.numel() for parameter in network.parameters())
    ours = sum(parameter.numel() for parameter in network.get_submodule("project").parameters())
    assert (count - ours) / 1e6 == pytest.approx(millions, rel=0.005)
