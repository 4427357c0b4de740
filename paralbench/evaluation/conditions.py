"""Test clips under conditions (noise, rooms, codecs, ...), scored beside the clean ones.

The fits are those of the clean run; only their test clips are degraded. A condition whose audio is
mixed with other speakers takes them from clips that trained the head. The recordings of a series
task are degraded in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paralbench.audio.conditions import Condition, identity
from paralbench.audio.degraded import DegradedClip, degraded_key
from paralbench.evaluation.inputs import Inputs
from paralbench.evaluation.outcome import Outcome
from paralbench.evaluation.predicting import predictions
from paralbench.evaluation.preparation import Preparation
from paralbench.evaluation.streams import stream
from paralbench.features.engine import LOCAL, Engine
from paralbench.features.extraction import extract
from paralbench.features.key import feature_key
from paralbench.features.precision import restored
from paralbench.features.store import FeatureStore
from paralbench.heads.deployable import Deployable, Layout
from paralbench.heads.head import Fits, Fitted, FrameStream, Stream
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.result import Result, UnderCondition
from paralbench.results import condition_predictions, files
from paralbench.results.condition_scores import condition_score
from paralbench.results.predictions import Predictions


def under(
    prepared: Preparation,
    inputs: Inputs,
    fits: Fits,
    clean: Predictions,
    conditions: Sequence[Condition],
    cache: Path,
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda message: None,
) -> list[tuple[UnderCondition, Predictions]]:
    """The scores under each condition, paired with the clean ones, and the predictions; none of a
    null without audio.

    Raises:
        ParalbenchError: where a degraded clip cannot be encoded.
    """
    if any(encoder.card.reads != "audio" for encoder in prepared.entry.encoders):
        return []  # nothing that is done to the audio can change it
    return [
        _under(prepared, inputs, fits, clean, condition, cache, engine, quiet, say)
        for condition in conditions
    ]


def _under(
    prepared: Preparation,
    inputs: Inputs,
    fits: Fits,
    clean: Predictions,
    condition: Condition,
    cache: Path,
    engine: Engine,
    quiet: bool,
    say: Callable[[str], None],
) -> tuple[UnderCondition, Predictions]:
    name = identity(condition)
    tested = np.unique(np.concatenate([_examples(inputs, fit.split.test) for fit in fits.fitted]))
    series = inputs.selection.series
    lengths = [len(series[row]) for row in tested.tolist()] if series else []
    parts, clips = _degraded(inputs, fits, condition, tested)
    streams = []
    for encoder in prepared.entry.encoders:
        key = feature_key(encoder, prepared.spec, name)
        store = FeatureStore(cache, key)
        with store.in_use():
            refused = extract(encoder, clips, store, engine=engine, quiet=quiet, say=say).refused
            if refused:
                reason = next(iter(refused.values()))
                raise ParalbenchError(
                    f"{len(refused)} clips cannot be encoded under '{condition.name}': {reason}."
                )
            features, _ = stream(
                encoder, clips, store, parts, lengths, engine=engine, quiet=quiet, say=say
            )
            streams.append(features)
    layout = Layout(
        tuple(encoder.card for encoder in prepared.entry.encoders),
        prepared.spec,
        inputs.problem.classes,
    )
    ends = np.cumsum(lengths).tolist()
    place = {row: number for number, row in enumerate(tested.tolist())}
    fitted: list[Fitted] = []
    for fit in fits.fitted:
        deployed = prepared.head.deployable(fit.state, prepared.settings, layout)
        places = [place[row] for row in _examples(inputs, fit.split.test).tolist()]
        if series:
            of_recordings = [
                _of_steps(deployed, streams, slice(ends[at] - lengths[at], ends[at]))
                for at in places
            ]
            outputs = np.concatenate(of_recordings)
        else:
            outputs = np.stack([_outputs(deployed, streams, at, prepared) for at in places])
        fitted.append(replace(fit, outputs=outputs.astype(np.float32)))
    degraded = predictions(inputs.selection, fitted, inputs.steps)
    metrics = prepared.entry.task.metrics
    return condition_score(condition.name, name, metrics, degraded, clean), degraded


def _examples(inputs: Inputs, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The examples of these rows: the recordings of the steps of a series task."""
    if inputs.steps is None:
        return rows
    examples: NDArray[np.int64] = np.unique(inputs.steps.example[rows])
    return examples


def _degraded(
    inputs: Inputs, fits: Fits, condition: Condition, tested: NDArray[np.int64]
) -> tuple[list[list[bytes]], Mapping[bytes, Clip]]:
    """The keys of each tested example's degraded clips, and the clips by key."""
    trained: dict[int, NDArray[np.int64]] = {}
    for fit in fits.fitted:
        seen = _examples(inputs, np.concatenate([fit.split.train, fit.split.develop]))
        for row in _examples(inputs, fit.split.test).tolist():
            trained.setdefault(row, seen)
    cluster = inputs.selection.task.protocol.cluster
    owners = [example.group(cluster) for example in inputs.selection.examples]
    parts: list[list[bytes]] = []
    clips: dict[bytes, Clip] = {}
    for row in tested.tolist():
        keys = []
        for key in inputs.parts[row]:
            clip = inputs.clips[key]
            mixed = _others(inputs, condition, key, owners[row], owners, trained[row])
            own = degraded_key(key, mixed)
            clips[own] = DegradedClip(
                clip.path, clip.start, clip.end, clip.channel, condition.name, key,
                tuple(inputs.clips[other] for other in mixed),
            )  # fmt: skip
            keys.append(own)
        parts.append(keys)
    return parts, clips


def _others(
    inputs: Inputs,
    condition: Condition,
    key: bytes,
    owner: str,
    owners: Sequence[str],
    trained: NDArray[np.int64],
) -> tuple[bytes, ...]:
    """Clips of other speakers from the training side, drawn by the clip's own key."""
    if not condition.others:
        return ()
    pool = sorted(
        {other for row in trained.tolist() if owners[row] != owner for other in inputs.parts[row]}
    )
    if not pool:
        raise ParalbenchError(
            f"'{condition.name}' mixes in other speakers, and the training side has none."
        )
    rng = np.random.default_rng(list(key))
    places = rng.choice(len(pool), condition.others, replace=len(pool) < condition.others)
    return tuple(pool[place] for place in places)


def _outputs(
    deployed: Deployable, streams: Sequence[Stream], row: int, prepared: Preparation
) -> NDArray[np.float64]:
    """The output of the head for one example, [classes] or [1]."""
    first = streams[0]
    if not isinstance(first, FrameStream):
        pooled = [part.values[row] for part in streams if not isinstance(part, FrameStream)]
        return np.asarray(deployed.outputs(pooled)[0])
    dtype = prepared.spec.dtype
    records = [
        [restored(clip, dtype) for clip in part.clips[row]]
        for part in streams
        if isinstance(part, FrameStream)
    ]
    if len(records[0]) == 1:
        return np.asarray(deployed.outputs([clips[0] for clips in records])[0])
    if len(streams) > 1:
        raise ParalbenchError("conditions do not know how to fuse several clips an example.")
    return deployed.answer([deployed.mix(clip) for clip in records[0]])


def _of_steps(deployed: Deployable, streams: Sequence[Stream], rows: slice) -> NDArray[np.float64]:
    """The outputs of the head at all steps of a recording, [steps, 1]."""
    records = []
    for part in streams:
        assert not isinstance(part, FrameStream)  # a series task has a stored record a step
        values = part.values[rows].swapaxes(0, 1)
        records.append(values.reshape(len(values), -1, values.shape[-1]))
    return np.asarray(deployed.outputs(records))


def joined(outcome: Outcome, current: Result | None, file: Path) -> tuple[Result, bytes | None]:
    """An outcome's result with the conditions of the result that it joins, and the predictions under
    all of them, None without any.

    Args:
        outcome: of the run under further conditions.
        current: the result of the same entry in ``file``, if there is one.
        file: of the result.
    """
    result, degraded = outcome.result, dict(outcome.degraded)
    if current is not None:
        former = [item for item in current.conditions if item.condition not in degraded]
        kept = condition_predictions.read(file, current, outcome.table)
        names = {item.condition for item in former}
        degraded = {name: kept[name] for name in kept if name in names} | degraded
        result = result.model_copy(
            update={"conditions": [*former, *result.conditions], "profile": current.profile}
        )
    if not degraded:
        return result, None
    metric = outcome.table.metric(result.ranking)
    content, digest = files.parquet(condition_predictions.table(degraded, metric))
    return result.model_copy(update={"conditions_sha256": digest}), content
