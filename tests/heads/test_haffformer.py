"""HAFFormer: its convolution and hierarchy against plain loops, streaming, and what it costs."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import nn

from paralbench.heads import settings
from paralbench.heads.haffformer import HaffFormer
from paralbench.heads.layers.attention_free import Combination, MultiScaleConvolution
from paralbench.heads.layers.merge import Merge
from paralbench.heads.layers.utterances import utterances
from paralbench.heads.training.counting import macs
from paralbench.records.errors import UsageError
from tests.heads.networks import build, heard, padding_leak, without_gradient


def test_depthwise_convolution_is_a_weighted_sum_of_neighbours() -> None:
    torch.manual_seed(0)
    mixer = MultiScaleConvolution(2, [3, 5], "sum")
    values = torch.randn(1, 6, 2)
    got = mixer(values, torch.ones(1, 6, dtype=torch.bool)).detach().numpy()[0]
    tokens = values[0].numpy()
    expected = np.zeros((6, 2))
    for scale, kernel in zip(mixer.scales, (3, 5), strict=True):
        weight = cast(nn.Conv1d, scale).weight.detach().numpy()
        bias = cast(nn.Conv1d, scale).bias.detach().numpy()  # type: ignore[union-attr]
        for at in range(6):
            for channel in range(2):
                expected[at, channel] += bias[channel] + sum(
                    weight[channel, 0, tap] * tokens[at + tap - kernel // 2, channel]
                    for tap in range(kernel)
                    if 0 <= at + tap - kernel // 2 < 6
                )
    mix, shift = (parameter.detach().numpy() for parameter in mixer.mix.parameters())
    assert np.allclose(got, expected @ mix.T + shift, atol=1e-5)


def test_a_merge_averages_what_is_there() -> None:
    merge = Merge(3, 3, 4)
    merge.project, merge.norm = nn.Identity(), nn.Identity()  # type: ignore[assignment]
    values = torch.arange(21.0).view(1, 7, 3)
    mask = torch.tensor([[True] * 6 + [False]])
    merged, present = merge(values, mask)
    assert torch.allclose(merged[0, 0], values[0, :4].mean(0))
    assert torch.allclose(merged[0, 1], values[0, 4:6].mean(0))
    assert present.tolist() == [[True, True]]


def test_frames_are_regrouped_by_utterance() -> None:
    batch = heard([9, 4], clips=3)
    parts = utterances(batch.values, batch.mask, batch.clip)
    assert parts.mask.sum(1).tolist() == [3, 3, 3, 2, 1, 1]
    assert parts.example.tolist() == [0, 0, 0, 1, 1, 1]
    assert torch.equal(parts.values[1], batch.values[0, 3:6])
    tokens, present = parts.dialogues(torch.arange(6.0)[:, None])
    assert tokens[:, :, 0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert present.all()


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
        complete = network([batch])[0]
        streamed = network.stream(batch.values[0, batch.clip[0] == clip] for clip in range(7))
    assert torch.allclose(complete, streamed, atol=1e-5)


def test_multiply_accumulates_are_those_counted_by_hand() -> None:
    network, frames = build("haffformer"), 3200
    counted = macs(network, [heard([frames])])
    width, inner, taps, scales = 8, 16, 31, 4

    def blocks(tokens: int) -> int:
        convolution = scales * width * taps + scales * width * width  # and what mixes all scales
        return 2 * tokens * (convolution + width * 2 * inner + inner * width)

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


def _loops(mixer: MultiScaleConvolution, values: torch.Tensor) -> torch.Tensor:
    """Each scale as a plain convolution, combined as the setting says."""
    inputs = values.transpose(1, 2)
    if mixer.combination == "split":
        shares = [cast(nn.Conv1d, scale).in_channels for scale in mixer.scales]
        parts = torch.split(inputs, shares, 1)
        return torch.cat([s(p) for s, p in zip(mixer.scales, parts, strict=True)], 1).transpose(
            1, 2
        )
    scales = torch.stack([scale(inputs).transpose(1, 2) for scale in mixer.scales], 3)
    if mixer.combination == "sum":
        return scales.sum(3)
    if mixer.combination == "concatenate":
        return scales.flatten(2)
    assert mixer.gate is not None
    gated: torch.Tensor = (mixer.gate(values).view(scales.shape).softmax(3) * scales).sum(3)
    return gated


@pytest.mark.parametrize("combination", ["concatenate", "gate", "sum", "split"])
@pytest.mark.parametrize("tokens", [1, 4, 40])
@torch.no_grad()
def test_combinations_of_scales(combination: Combination, tokens: int) -> None:
    torch.manual_seed(0)
    mixer = MultiScaleConvolution(8, [3, 7, 15], combination)
    values = torch.randn(2, tokens, 8)
    output = mixer(values, torch.ones(2, tokens, dtype=torch.bool))
    torch.testing.assert_close(output, mixer.mix(_loops(mixer, values)))


@torch.no_grad()
def test_the_default_can_express_more_than_one_kernel() -> None:
    """Of one channel, the mixed outputs are several kernels' and not multiples of one."""

    def rank(combination: Combination) -> int:
        torch.manual_seed(0)
        mixer = MultiScaleConvolution(8, settings("haffformer", {}).kernels, combination)
        impulse = torch.zeros(1, 63, 8)
        impulse[0, 31, 0] = 1
        present = torch.ones(1, 63, dtype=torch.bool)
        response = mixer(impulse, present) - mixer(torch.zeros_like(impulse), present)
        return int(torch.linalg.matrix_rank(response[0], rtol=1e-4))

    assert rank(settings("haffformer", {}).combination) == 4
    assert rank("sum") == rank("split") == 1


def test_splitting_needs_a_channel_a_size() -> None:
    with pytest.raises(ValueError, match="3 kernel sizes cannot share a width of 2"):
        MultiScaleConvolution(2, [3, 5, 7], "split")


def test_merge_operators_leave_padding_out() -> None:
    values, mask = -torch.ones(1, 6, 2), torch.tensor([[True] * 5 + [False]])
    values[0, 5] = 100.0
    values[0, 4] = -3.0
    for operator, width in (("max", 2), ("concatenate", 8)):
        merge = Merge(2, 2, 4, operator)  # type: ignore[arg-type]
        assert merge.project.in_features == width
        merge.project, merge.norm = nn.Identity(), nn.Identity()  # type: ignore[assignment]
        merged, present = merge(values, mask)
        assert present.tolist() == [[True, True]]
        assert merged[0, 1, :2].tolist() == [-3.0, -3.0]
        assert merged[0, 1].abs().sum() == 6.0


@pytest.mark.parametrize("inputs", [
    {"combination": "gate"}, {"combination": "split"}, {"combination": "sum"},
    {"merge_operator": "max"}, {"merge_operator": "concatenate"},
])  # fmt: skip
def test_other_combinations_and_merges(inputs: dict[str, Any]) -> None:
    network = build("haffformer", **inputs)
    assert padding_leak(network, heard([50, 13, 3], clips=3)) < 1e-5
    assert without_gradient(network, heard([60, 45], clips=3)) == []
