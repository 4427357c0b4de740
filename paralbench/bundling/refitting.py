"""The heads that are deployed: trained once more by the same recipe, on all examples.

In cross-validation every head is trained on some of the speakers only. The deployed heads are trained
on all of them, so their own score is not known; the reported score is that of heads of the same recipe
on speakers they were not trained on. Where the protocol has partitions, the heads are trained on the
training part, and are the very heads that were scored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.folds import whole
from paralbench.evaluation.inputs import prepare_inputs
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.streams import stream as read_stream
from paralbench.features.pooling import Moments
from paralbench.features.precision import restored
from paralbench.heads.deployable import State
from paralbench.heads.head import FrameStream, Workplace
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result


@dataclass(frozen=True)
class Refitted:
    """The trained heads, and the examples they were trained on.

    Args:
        prepared: the entry.
        selection: the examples that were used.
        states: the deployable parameters, one per seed.
        outputs: of the heads for the examples, [seeds, examples, outputs].
        clusters: of the examples.
        records: pooled records [files, layers, 2, width] of each audio file of the examples, since
            files are screened.
        owners: the clusters of the files.
        longest: seconds of frames of the longest example; None for a head that takes no frames.
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
    """Train ``members`` heads, one per seed, on the examples of a result.

    Raises:
        ParalbenchError: where data or weights are not those of the result.
    """
    (encoder,) = prepared.entry.encoders
    for subject, expected, actual in (
        ("the data", recorded.data.fingerprint, prepared.fingerprint),
        ("the encoder's weights", recorded.model.weights, encoder.weights.sha256),
    ):
        if actual != expected:
            raise ParalbenchError(
                f"{subject} are not those that the result was made from (expected {expected[:12]}…, "
                f"got {actual[:12]}…), so its scores would not describe the bundle's head. Run the "
                "entry again."
            )
    splits = whole(prepared.selection, tuple(recorded.seeds[:members]))
    with prepare_inputs(prepared, splits, cache, quiet=quiet, say=say) as inputs:
        selection, problem, (stream,) = inputs.selection, inputs.problem, inputs.streams
        rows = np.arange(len(problem.targets))
        splits = [replace(split, test=rows) for split in inputs.splits]
        head, workplace = prepared.head.without_control(), Workplace(quiet=quiet)
        fitted = head.fit([stream], problem, splits, prepared.settings, workplace).fitted
        names = selection.group(selection.task.protocol.cluster).numbers.tolist()
        owners, files = list[int](), list[list[bytes]]()
        for name, keys in zip(names, inputs.parts, strict=True):
            by_path: dict[Path, list[bytes]] = {}
            for key in keys:
                by_path.setdefault(inputs.clips[key].path, []).append(key)
            owners += [name] * len(by_path)
            files += by_path.values()
        longest = None
        if isinstance(stream, FrameStream) and stream.rate:
            frames = [sum(clip.shape[1] for clip in clips) for clips in stream.clips]
            longest = max(frames) / stream.rate
        if len(files) > len(names):
            stream, _ = read_stream(
                encoder, inputs.clips, inputs.stores[0], files, quiet=quiet, say=say
            )
        if isinstance(stream, FrameStream):
            pooled = []
            for clips in stream.clips:
                moments = Moments()
                for clip in clips:
                    values = restored(clip, prepared.spec.dtype)
                    moments.add(values.shape[1], values.mean(1), values.std(1))
                pooled.append(moments.pooled())
            records = np.stack(pooled)
        else:
            records = stream.values
    return Refitted(
        prepared=prepared,
        selection=selection,
        states=[fit.state for fit in fitted],
        outputs=np.stack([fit.outputs for fit in fitted]),
        clusters=np.unique(names, return_inverse=True)[1],
        records=records,
        owners=np.unique(owners, return_inverse=True)[1],
        longest=longest,
    )
