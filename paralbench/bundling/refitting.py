"""The head that is deployed: trained once more by the same recipe, on all examples there are.

Cross-validation trains a head a fold, and each knows only a part of the speakers. What is deployed is
trained on all of them, so its own score is not known; what is reported is that of heads of the same
recipe on speakers they had not heard. Where the protocol has partitions, the head is trained on their
training part, and is the very head that was scored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.folds import whole
from paralbench.evaluation.inputs import Inputs, prepare_inputs
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.streams import stream as read_stream
from paralbench.features.pooling import Moments
from paralbench.features.precision import restored
from paralbench.heads.deployable import State
from paralbench.heads.head import FrameStream, PooledStream, Workplace
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result


@dataclass(frozen=True)
class Refitted:
    """What came of it.

    Args:
        prepared: the entry.
        selection: the examples that were used.
        states: the deployable parameters, one a seed.
        outputs: what the heads say of the examples, [seeds, examples, outputs].
        clusters: of the examples.
        records: pooled records [files, layers, 2, width], of each audio file that an example is of:
            a file is what is screened.
        owners: the clusters of the files.
        longest: seconds of frames of the longest example; None for a head that hears none.
    """

    prepared: Preparation
    selection: Selection
    states: list[State]
    outputs: NDArray[np.float32]
    clusters: NDArray[np.int64]
    records: NDArray[np.float32]
    owners: NDArray[np.int64]
    longest: float | None


def refit(
    prepared: Preparation,
    recorded: Result,
    members: int,
    cache: Path,
    say: Callable[[str], None] = lambda words: None,
    quiet: bool = False,
) -> Refitted:
    """Train as many heads as ``members``, one a seed, on what the result was made from.

    Raises:
        ParalbenchError: where data or weights are not those of the result.
    """
    _check_same(prepared, recorded)
    head, settings = prepared.head, prepared.settings
    splits = whole(prepared.selection, tuple(recorded.seeds[:members]))
    inputs = prepare_inputs(prepared, splits, cache, quiet=quiet, say=say)
    selection, problem, (stream,) = inputs.selection, inputs.problem, inputs.streams
    every = np.arange(len(problem.targets))
    splits = [replace(split, test=every) for split in inputs.splits]
    fits = head.without_control().fit([stream], problem, splits, settings, Workplace(quiet=quiet))
    cluster = selection.task.protocol.cluster
    names = [example.group(cluster) for example in selection.examples]
    files = _by_file(inputs)
    owners = [name for name, parts in zip(names, files, strict=True) for _ in parts]
    single = stream
    if len(owners) > len(names):
        (encoder,), (store,) = prepared.entry.encoders, inputs.stores
        by_file = [keys for parts in files for keys in parts]
        single, _, _ = read_stream(encoder.card, store, by_file)
    longest = None
    if isinstance(stream, FrameStream) and stream.rate:
        frames = [sum(clip.shape[1] for clip in clips) for clips in stream.clips]
        longest = max(frames) / stream.rate
    return Refitted(
        prepared, selection, [fit.state for fit in fits.fitted], np.stack([fit.outputs for fit in fits.fitted]),
        np.unique(names, return_inverse=True)[1], _pooled(single, prepared),
        np.unique(owners, return_inverse=True)[1], longest,
    )  # fmt: skip


def _by_file(inputs: Inputs) -> list[list[list[bytes]]]:
    """The keys of each example's clips, file by file."""
    files = []
    for keys in inputs.parts:
        by_path: dict[Path, list[bytes]] = {}
        for key in keys:
            by_path.setdefault(inputs.clips[key].path, []).append(key)
        files.append(list(by_path.values()))
    return files


def _check_same(prepared: Preparation, recorded: Result) -> None:
    (encoder,) = prepared.entry.encoders
    compared = [
        ("the data", recorded.data.fingerprint, prepared.fingerprint),
        ("the encoder's weights", recorded.model.weights, encoder.weights.sha256),
    ]
    for what, then, now in compared:
        if then != now:
            raise ParalbenchError(
                f"{what} are not those that the result was made from ({now[:12]}…, expected "
                f"{then[:12]}…); a bundle's numbers would not be of its own head. Run the entry again."
            )


def _pooled(stream: PooledStream | FrameStream, prepared: Preparation) -> NDArray[np.float32]:
    if isinstance(stream, PooledStream):
        return stream.values
    dtype, found = prepared.spec.dtype, []
    for clips in stream.clips:
        moments = Moments()
        for clip in clips:
            values = restored(clip, dtype)
            moments.add(values.shape[1], values.mean(1), values.std(1))
        found.append(moments.pooled())
    return np.stack(found)
