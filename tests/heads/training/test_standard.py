"""What training items tell: moments against numpy, and codebooks of them and nobody else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from paralbench.heads import head, settings
from paralbench.heads.head import FrameStream, PooledStream, Problem
from paralbench.heads.training.sequences import Sequences
from paralbench.heads.training.standard import Standard, standards
from paralbench.records.errors import UsageError
from paralbench.records.model_card import Words
from tests.heads.material import frames, series, series_split, split

WORDS = Words(codes=6, window=0.2)


def _worded(rows: int = 60) -> tuple[FrameStream, Problem]:
    stream, problem = frames(rows=rows)
    one_layer = [[clip[1:2] for clip in clips] for clips in stream.clips]
    return replace(stream, clips=one_layer, layers=1, words=WORDS), problem


def _standard(stream: FrameStream, problem: Problem, wanted: bool = True) -> Standard:
    (result,) = standards(Sequences([stream], problem), split(60).train, wanted, (3, 0))
    return result


def test_moments_are_those_of_all_training_frames() -> None:
    stream, problem = _worded()
    result = _standard(stream, problem)
    recorded = np.concatenate([stream.clips[row][0][0] for row in split(60).train]).astype(float)
    assert result.mean[0].numpy() == pytest.approx(recorded.mean(0), rel=1e-4)
    assert result.scale[0].numpy() == pytest.approx(1 / recorded.std(0), rel=1e-4)


def test_codebooks_are_made_of_training_items_alone_and_by_the_seed() -> None:
    stream, problem = _worded()
    codebook = _standard(stream, problem).codebook
    assert codebook is not None
    assert codebook.centres.shape == (6, 8)
    assert codebook.reach == 5
    train = split(60).train
    loud = [clips if row in train else [clips[0] * 9] for row, clips in enumerate(stream.clips)]
    other = _standard(replace(stream, clips=loud), problem).codebook
    assert other is not None
    assert torch.equal(codebook.centres, other.centres)
    (moved,) = standards(Sequences([stream], problem), train, True, (4, 0))
    assert moved.codebook is not None
    assert not torch.equal(codebook.centres, moved.codebook.centres)
    raw = _standard(stream, problem, wanted=False)
    assert raw.mean.shape == (1, 8)
    assert raw.codebook is not None


def test_bags_are_learnt_from_alone_and_beside_others() -> None:
    stream, problem = _worded()
    inputs = {"epochs": 15, "rate": 1e-2, "frame_rate": 0.0}
    alone = head("mlp").fit(
        [stream], problem, [split(60)], settings("mlp", {**inputs, "pool": "frames"})
    )
    fused = head("concatenation").fit(
        [replace(stream, words=None), stream],
        problem,
        [split(60)],
        settings("concatenation", inputs),
    )
    for fits in (alone, fused):
        right = fits.fitted[0].outputs.argmax(1) == problem.targets[split(60).test]
        assert right.mean() > 0.7


def test_a_series_is_counted_step_by_step() -> None:
    stream, problem = series()
    worded = replace(stream, values=stream.values[:, 1:2], words=WORDS)
    sequences = Sequences([worded], problem)
    assert sequences.shapes[0].width == 6
    (result,) = standards(sequences, sequences.items(series_split(problem).train))
    assert result.codebook is not None
    assert result.codebook.reach == 1  # 0.2 s at 10 Hz, the step itself apart


def test_where_there_are_no_frames_there_are_no_words() -> None:
    stream = PooledStream("made", np.zeros((60, 1, 2, 8), np.float32), words=WORDS)
    _, problem = _worded()
    for name in ("mlp", "linear-probe"):
        with pytest.raises(UsageError, match=r"bags of audio words.*'made'"):
            head(name).fit([stream], problem, [split(60)], settings(name, {}))
