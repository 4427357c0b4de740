"""Graph fusion and what it is compared with: many streams, one network, and what they can learn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch

from paralbench.heads import head, names, recipe, settings
from paralbench.heads.graph_fusion import Fusion
from paralbench.heads.head import FrameStream
from paralbench.heads.training.counting import macs
from paralbench.heads.training.frames import Frames
from paralbench.heads.training.network_head import NetworkHead
from tests.heads.material import frames, series, series_split, split
from tests.heads.networks import Parted, build, heard, padding_leak, without_gradient

MANY = [name for name in names() if head(name).streams == "many"]
FEW = {"epochs": 25, "rate": 1e-2, "batch": 8, "width": 16, "frame_rate": 0.0}


def test_they_are_the_same_but_for_their_fusion() -> None:
    assert len(MANY) == 4
    assert all(recipe(name) == recipe("graph-fusion") for name in MANY)
    output = [settings(name, {}).model_dump(exclude={"fusion"}) for name in MANY]
    assert all(item == output[0] for item in output)


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("streams", [2, 3, 4, 5])
@pytest.mark.parametrize("series", [False, True])
def test_two_to_five_streams_of_different_widths(name: str, streams: int, series: bool) -> None:
    network = build(name, series=series, rate=10.0, streams=streams)
    batch = heard([23, 7, 1, 40], rate=10.0)
    assert network([batch]).shape == ((4, 40, 3) if series else (4, 3))
    assert padding_leak(network, batch, series) < 1e-5
    assert without_gradient(network, heard([60, 45], rate=10.0)) == []


@pytest.mark.parametrize("inputs", [{"topology": "complete"}, {"recurrent": "always"}])
def test_other_settings(inputs: dict[str, Any]) -> None:
    network = build("graph-fusion", **inputs)
    batch = heard([23, 7, 1, 40])
    assert padding_leak(network, batch) < 1e-5
    assert without_gradient(network, batch) == []


@torch.no_grad()
def test_the_order_of_streams_means_nothing_to_the_graph() -> None:
    parted = cast(Parted, build("graph-fusion", streams=3))
    fusion = cast(Fusion, parted.network)
    assert fusion.graph is not None
    nodes = [torch.randn(2, 30, 32) for _ in range(3)]
    mask = [torch.arange(30) < torch.tensor([[30], [11]])] * 3
    stacked = torch.stack([node.mean(1) for node in nodes], 1)
    result = fusion.graph(stacked, stacked, nodes, mask)
    order = [2, 0, 1]
    moved = fusion.graph(stacked[:, order], stacked[:, order], [nodes[i] for i in order], mask)
    torch.testing.assert_close(moved, result[:, order])


@torch.no_grad()
def test_a_series_does_not_move_with_the_batch_it_is_in_and_every_step_is_its_own() -> None:
    """Through the GRU and the recording's edges a step hears others, through nothing else."""
    network = build("graph-fusion", outputs=1, series=True, recurrent="never", topology="complete")
    batch = heard([30], rate=10.0)
    changed = batch.values.clone()
    changed[:, [3, 9]] = changed[:, [9, 3]]
    item, other = network([batch])[0], network([replace(batch, values=changed)])[0]
    # Two frames of one segment change places: its mean, and so the edges, stay what they were.
    changed = batch.values.clone()
    changed[:, [0, 1]] = changed[:, [1, 0]]
    swapped = network([replace(batch, values=changed)])[0]
    torch.testing.assert_close(swapped[2:], item[2:])
    torch.testing.assert_close(swapped[0], item[1])
    assert not torch.allclose(other, item)


def test_macs_are_linear_in_frames() -> None:
    """Comparing all with all costs no more for ten times the frames."""
    network = build("graph-fusion", streams=2)
    short, middle, long = (macs(network, [heard([length])]) for length in (1000, 10_000, 19_000))
    assert long - middle == middle - short == 9_000 * 32 * 6


@pytest.mark.slow
@pytest.mark.parametrize("name", MANY)
def test_what_only_two_streams_together_say_is_learnt(name: str) -> None:
    """Whether classes 1 and 2 are meant, one stream says; which of them, the other."""
    stream, problem = frames(rows=60, lengths=(8, 16))
    silent = [[clip.copy() for clip in clips] for clips in stream.clips]
    first, second = silent, [[clip.copy() for clip in clips] for clips in stream.clips]
    rng = np.random.default_rng(1)
    for item, two in zip(first, second, strict=True):
        item[0][1, :, 1:3] = rng.normal(size=item[0][1, :, 1:3].shape)
        two[0][1, :, 0] = rng.normal(size=two[0][1, :, 0].shape)
        two[0][1, :, 2] = rng.normal(size=two[0][1, :, 2].shape)
    streams = [replace(stream, clips=first), FrameStream("b", second, 3, 8, 50.0)]
    chosen = settings(name, FEW)
    fits = head(name).fit(streams, problem, [split(60)], chosen)
    right = fits.fitted[0].outputs.argmax(1) == problem.targets[split(60).test]
    assert right.mean() > 0.7
    assert bool(fits.control) == ("graph" in name)


@pytest.mark.slow
def test_a_number_is_learnt() -> None:
    stream, problem = frames("number", lengths=(8, 16))
    part = [[clip[:, :, 4:] for clip in clips] for clips in stream.clips]
    streams = [stream, replace(stream, model="b", clips=part, width=4)]
    chosen = settings("graph-fusion", {**FEW, "layer_rate": 0.1})
    (fitted,) = head("graph-fusion").fit(streams, problem, [split(60)], chosen).fitted
    assert np.corrcoef(fitted.outputs[:, 0], problem.targets[split(60).test])[0, 1] > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("name", ["graph-fusion", "late-fusion"])
def test_a_series_is_learnt(name: str) -> None:
    stream, problem = series()
    other = replace(stream, model="b", values=stream.values[:, :, :, :3])
    of = series_split(problem)
    chosen = settings(name, {**FEW, "batch": 2, "layer_rate": 0.1})
    (fitted,) = head(name).fit([stream, other], problem, [of], chosen).fitted
    assert np.corrcoef(fitted.outputs[:, 0], problem.targets[of.test])[0, 1] > 0.8


def test_streams_of_one_frame_a_clip_are_fused_too() -> None:
    network = cast(Parted, build("graph-fusion", rate=0.0)).network
    item = heard([3, 1], rate=0.0, clips=3)
    streams = [
        Frames(part, item.mask, item.clip, 0.0) for part in torch.split(item.values, [2, 4], 2)
    ]
    assert network(streams).shape == (2, 3)
    assert cast(NetworkHead, head("graph-fusion")).plain is not None
