"""Test clips under conditions (noise, rooms, codecs, ...), scored beside the clean ones.

The fits are those of the clean run; only their test clips are degraded. A condition whose audio is
mixed with other speakers takes them from clips that trained the head.
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
from paralbench.metrics.metric import Metric
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.result import UnderCondition
from paralbench.records.subgroup import UNKNOWN
from paralbench.results.predictions import Predictions
from paralbench.results.scores import scores
from paralbench.statistics.bootstrap import scores as mean_scores
from paralbench.statistics.paired import paired


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
) -> list[UnderCondition]:
    """The scores under each condition, paired with the clean ones; none of a null without audio.

    Raises:
        ParalbenchError: for a series task, or where a degraded clip cannot be encoded.
    """
    if inputs.steps is not None:
        raise ParalbenchError(
            f"'{prepared.entry.task.id}' has a value at every step; conditions are for tasks with "
            "one answer a recording. Run it without --under."
        )
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
) -> UnderCondition:
    name = identity(condition)
    tested = np.unique(np.concatenate([fit.split.test for fit in fits.fitted]))
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
            features, _ = stream(encoder, clips, store, parts, engine=engine, quiet=quiet, say=say)
            streams.append(features)
    layout = Layout(
        tuple(encoder.card for encoder in prepared.entry.encoders),
        prepared.spec,
        inputs.problem.classes,
    )
    place = {row: number for number, row in enumerate(tested.tolist())}
    fitted: list[Fitted] = []
    for fit in fits.fitted:
        deployed = prepared.head.deployable(fit.state, prepared.settings, layout)
        rows = [place[row] for row in fit.split.test.tolist()]
        outputs = np.stack([_outputs(deployed, streams, row, prepared) for row in rows])
        fitted.append(replace(fit, outputs=outputs.astype(np.float32)))
    degraded = predictions(inputs.selection, fitted)
    ranking = prepared.entry.task.metrics.model_copy(
        update={"report": [prepared.entry.task.metrics.ranking], "by": []}
    )
    metric = clean.metric(ranking.ranking)
    compared = paired(
        metric, degraded.tallies(metric), clean.tallies(metric), clean.sizes(), clean.draws
    )
    return UnderCondition(
        condition=condition.name,
        identity=name,
        score=scores(ranking, degraded)[0],
        paired=compared,
        by_sex=_by_sex(metric, degraded, clean),
    )


def _degraded(
    inputs: Inputs, fits: Fits, condition: Condition, tested: NDArray[np.int64]
) -> tuple[list[list[bytes]], Mapping[bytes, Clip]]:
    """The keys of each tested example's degraded clips, and the clips by key."""
    trained: dict[int, NDArray[np.int64]] = {}
    for fit in fits.fitted:
        seen = np.concatenate([fit.split.train, fit.split.develop])
        for row in fit.split.test.tolist():
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


def _by_sex(metric: Metric, degraded: Predictions, clean: Predictions) -> dict[str, float]:
    """The difference of the score for each known sex, where the metric is defined on it."""
    sexes = clean.attributes.get("sex")
    differences = {}
    for sex in [] if sexes is None else np.unique(sexes).tolist():
        values = [
            float(mean_scores(table.tallies(metric, table.attributes["sex"] == sex)).mean())
            for table in (degraded, clean)
        ]
        if sex != UNKNOWN and np.isfinite(values).all():
            differences[str(sex)] = values[0] - values[1]
    return differences
