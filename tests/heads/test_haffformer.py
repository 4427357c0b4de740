"""HAFFormer: its convolution and hierarchy against plain loops, streaming, and what it costs."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch
from torch import nn

from paralbench.heads import settings
from paralbench.heads.haffformer import HaffFormer
from paralbench.heads.layers.attention_free import MultiScaleConvolution
from paralbench.heads.layers.merge import Merge
from paralbench.heads.layers.utterances import utterances
from paralbench.heads.training.counting import macs
from paralbench.records.errors import UsageError
from tests.heads.networks import build, heard, padding_leak


def test_depthwise_convolution_is_a_weighted_sum_of_neighbours() -> None:
    torch.manual_seed(0)
    mixer = MultiScaleConvolution(2, [3, 5])
    values = torch.randn(1, 6, 2)
    got = mixer(values, torch.ones(1, 6, dtype=torch.bool)).detach().numpy()[0]
    tokens = values[0].numpy()
    wanted = np.zeros((6, 2))
    for scale, kernel in zip(mixer.scales, (3, 5), strict=True):
        weight = cast(nn.Conv1d, scale).weight.detach().numpy()
        bias = cast(nn.Conv1d, scale).bias.detach().numpy()  # type: ignore[union-attr]
        for at in range(6):
            for channel in range(2):
                wanted[at, channel] += bias[channel] + sum(
                    weight[channel, 0, tap] * tokens[at + tap - kernel // 2, channel]
                    for tap in range(kernel)
                    if 0 <= at + tap - kernel // 2 < 6
                )
    mix, shift = (one.detach().numpy() for one in mixer.mix.parameters())
    assert np.allclose(got, wanted @ mix.T + shift, atol=1e-5)


def test_a_merge_averages_what_is_there() -> None:
    merge = Merge(3, 3, 4)
    merge.project, merge.norm = nn.Identity(), nn.Identity()  # type: ignore[assignment]
    values = torch.arange(21.0).view(1, 7, 3)
    mask = torch.tensor([[True] * 6 + [False]])
    merged, there = merge(values, mask)
    assert torch.allclose(merged[0, 0], values[0, :4].mean(0))
    assert torch.allclose(merged[0, 1], values[0, 4:6].mean(0))
    assert there.tolist() == [[True, True]]


def test_frames_are_regrouped_by_utterance() -> None:
    batch = heard([9, 4], clips=3)
    parts = utterances(batch.values, batch.mask, batch.clip)
    assert parts.mask.sum(1).tolist() == [3, 3, 3, 2, 1, 1]
    assert parts.example.tolist() == [0, 0, 0, 1, 1, 1]
    assert torch.equal(parts.values[1], batch.values[0, 3:6])
    tokens, there = parts.dialogues(torch.arange(6.0)[:, None])
    assert tokens[:, :, 0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert there.all()


def test_an_utterance_does_not_hear_its_neighbours() -> None:
    network = cast(HaffFormer, build("haffformer"))
    batch = heard([40], clips=2)
    parts = utterances(network.project(batch.values), batch.mask, batch.clip)
    before = network._tokens(parts.values, parts.mask)
    changed = parts.values.clone()
    changed[1] += 3
    after = network._tokens(changed, parts.mask)
    assert torch.equal(before[0], after[0])
    assert not torch.allclose(before[1], after[1])


def test_padding_changes_nothing_with_utterances_of_unlike_length() -> None:
    assert padding_leak(build("haffformer"), heard([50, 13, 3], clips=3)) < 1e-5


def test_streaming_says_the_same() -> None:
    network = cast(HaffFormer, build("haffformer"))
    batch = heard([300], clips=7)
    with torch.no_grad():
        whole = network([batch])[0]
        streamed = network.stream(batch.values[0, batch.clip[0] == clip] for clip in range(7))
    assert torch.allclose(whole, streamed, atol=1e-5)


def test_multiply_accumulates_are_those_counted_by_hand() -> None:
    network, frames = build("haffformer"), 3200
    counted = macs(network, [heard([frames])])
    width, inner, taps = 8, 16, 31

    def blocks(tokens: int) -> int:
        return 2 * tokens * (width * taps + width * width + width * 2 * inner + inner * width)

    by_hand = (
        frames * 6 * width  # projection of the six features of these tests
        + blocks(frames)
        + blocks(frames // 4)
        + blocks(1)
        + frames // 4 * width * width
        + width * width
        + 3 * width
    )
    assert counted == pytest.approx(by_hand, rel=0.01)


def test_even_kernels_are_refused() -> None:
    with pytest.raises(UsageError, match="must be odd"):
        settings("haffformer", {"kernels": [4]})
