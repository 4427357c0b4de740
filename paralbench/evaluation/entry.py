"""One entry, whole: extract, fit, score, and say all that is to be said of it.

The result is written by the caller.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paralbench.encoders.loading import LoadableEncoder
from paralbench.evaluation import scoring
from paralbench.evaluation.cutting import cut
from paralbench.evaluation.gathering import Source, refused_examples, remaining
from paralbench.evaluation.predicting import predictions
from paralbench.evaluation.preparation import Entry, Preparation
from paralbench.evaluation.selection import Selection
from paralbench.evaluation.steps import Steps
from paralbench.evaluation.subgroups import subgroups
from paralbench.features.engine import LOCAL, Engine
from paralbench.heads.head import Fits, Workplace
from paralbench.records.example import Refusal
from paralbench.records.fidelity import Fidelity
from paralbench.records.result import (
    Cards,
    Compressed,
    Control,
    Data,
    Model,
    RefusedInput,
    Result,
    Standing,
    Training,
)
from paralbench.results import files
from paralbench.results.eligibility import standing
from paralbench.results.predictions import Predictions
from paralbench.results.provenance import provenance


@dataclass(frozen=True)
class Outcome:
    """A result with the bytes of its predictions, and the refusals by their true names."""

    result: Result
    predictions: bytes
    refused: tuple[Refusal, ...]


def run(
    prepared: Preparation,
    cache: Path,
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda words: None,
) -> Outcome:
    """Extract what is missing, fit the head on all folds and seeds, score.

    Raises:
        ParalbenchError: where no example or not enough of them can be used.
    """
    from paralbench.encoders.fidelity import admit

    entry = prepared.entry
    clock = _Clock()
    head, settings = prepared.head, prepared.settings
    policy = head.cutting(settings)
    uncut: dict[str, str] = {}
    if policy is not None and not prepared.selection.series:
        found_utterances = cut(prepared, policy, cache, quiet)
        prepared.recut(found_utterances.clips)
        uncut = found_utterances.refused
        clock.lap("cutting")
    admitted = [admit(encoder, prepared.clips.values(), cache) for encoder in entry.encoders]
    sources = Source.of(prepared, cache, engine, quiet, say)
    unusable = {key: reason for source in sources for key, reason in source.extract().items()}
    clock.lap("extraction")
    selection = prepared.selection.without({**refused_examples(prepared, unusable), **uncut})
    if selection.series:
        for source in sources:
            selection = selection.without(source.too_short(selection))
    gathered = [source.gather(selection) for source in sources]
    streams = [stream for stream, _ in gathered]
    consumption = min((heard for _, heard in gathered), key=lambda heard: heard.fraction)
    clock.lap("reading")
    splits = remaining(prepared.splits, prepared.selection, selection)
    steps = Steps.of(selection) if selection.series else None
    work = Workplace(cache / "fits" / prepared.name, device=entry.device, quiet=quiet)
    if steps is None:
        fits = head.fit(streams, selection.problem(), splits, settings, work)
    else:
        fits = head.fit(streams, steps.problem(), steps.splits(splits), settings, work)
        fits = replace(
            fits,
            fitted=steps.undelayed(fits.fitted),
            control=steps.undelayed(fits.control),
            compressed={form: steps.undelayed(of) for form, of in fits.compressed.items()},
        )
    clock.lap("fitting")
    found = predictions(selection, fits.fitted, steps)
    metrics = entry.task.metrics
    scores = scoring.scores(metrics, found)
    control = None
    if fits.control:
        plain = predictions(selection, fits.control, steps)
        score, paired = scoring.beside(metrics.ranking, found, plain)
        control = Control(score=score, paired=paired)
    clock.lap("scoring")
    content, digest = files.parquet(found.table(_names(prepared, selection)))
    stands, reason = _standing(prepared, selection, scores[0].interval.clusters)
    result = Result(
        schema_version=2,
        entry=prepared.name,
        task=entry.task.id,
        task_version=entry.task.version,
        task_title=entry.task.title,
        task_about=entry.task.about,
        model=_model(entry, admitted),
        head=entry.head,
        standing=stands,
        standing_reason=reason,
        target=entry.task.target.model_dump(mode="json"),
        ranking=entry.task.metrics.ranking,
        scores=scores,
        confusion=scoring.confusion_matrix(found) if found.classes else [],
        classes=list(selection.classes),
        layer_weights=_layer_weights(fits),
        seeds=list(entry.seeds),
        folds=len({split.fold for split in splits}),
        data=_data(prepared, selection),
        transfer=entry.task.transfer,
        cards=_cards(entry),
        audio=consumption,
        audit=prepared.audit,
        training=Training(
            settings=settings.model_dump(mode="json"),
            tried=fits.tried,
            chosen=[
                {"fold": fit.split.fold, "seed": fit.split.seed, **fit.chosen}
                for fit in fits.fitted
            ],
            trained_parameters=fits.trained_parameters,
        ),
        provenance=provenance(entry.task, prepared.components, clock.laps),
        predictions_sha256=digest,
        control=control,
        forms=fits.forms,
        compressed=_compressed(selection, fits, found, steps),
        subgroups=subgroups(metrics, found),
    )
    return Outcome(result, content, selection.refused)


def _standing(prepared: Preparation, selection: Selection, clusters: int) -> tuple[Standing, str]:
    return standing(
        prepared.entry.task,
        synthetic=prepared.entry.view.synthetic,
        listed=_listed(prepared),
        scored=len(selection.examples),
        unknown=prepared.audit.unknown,
        clusters=clusters,
        pinned=all(encoder.weights.pinned for encoder in prepared.entry.encoders),
        null=all(encoder.card.null for encoder in prepared.entry.encoders),
    )


def _listed(prepared: Preparation) -> int:
    refused = prepared.selection.refused
    return len(prepared.selection.examples) + sum(not one.erratum for one in refused)


def _data(prepared: Preparation, selection: Selection) -> Data:
    entry = prepared.entry
    named = entry.view.open
    return Data(
        corpus=entry.view.corpus.card.id,
        declared=entry.task.examples,
        listed=_listed(prepared),
        scored=len(selection.examples),
        classes=selection.class_counts(),
        fingerprint=prepared.fingerprint,
        synthetic=prepared.entry.view.synthetic,
        errata=_errata(selection),
        refused=[
            RefusedInput(subject=one.subject, reason=one.reason)
            if named
            else RefusedInput(
                subject=prepared.salted_name(one.subject), reason=_unnamed(one.reason)
            )
            for one in selection.refused
        ],
    )


def _unnamed(reason: str) -> str:
    """A reason without what it may quote of licensed data: names, places, labels, numbers."""
    return re.split(r"[\[;(':]| is | from |\d", reason, maxsplit=1)[0].strip()


def _errata(selection: Selection) -> list[str]:
    applied = {name for example in selection.examples for name in example.errata}
    return sorted(applied | {one.erratum for one in selection.refused if one.erratum})


def _model(entry: Entry, admitted: Sequence[Fidelity | None]) -> Model:
    """The encoder; of several, all of them as one model with its streams."""
    streams = [_stream(*pair) for pair in zip(entry.encoders, admitted, strict=True)]
    if len(streams) == 1:
        return streams[0]

    def joined(values: Iterable[str]) -> str:
        return hashlib.sha256("\n".join(values).encode()).hexdigest()

    return Model(
        id=entry.model,
        title=" + ".join(one.title for one in streams),
        parameters=sum(one.parameters for one in streams),
        weights=joined(one.weights for one in streams),
        encoder=joined(one.encoder for one in streams),
        policy={one.id: one.policy for one in streams},
        licence="; ".join(dict.fromkeys(one.licence for one in streams)),
        streams=streams,
        placement=" + ".join(dict.fromkeys(one.placement for one in streams)),
    )


def _cards(entry: Entry) -> Cards:
    """The cards as they stand; a corpus's expected counts are for verifying it, not for results."""
    corpus = entry.view.corpus.card.model_copy(update={"facts": []})
    return Cards(
        task=entry.task, corpus=corpus, models=[encoder.card for encoder in entry.encoders]
    )


def _stream(encoder: LoadableEncoder, fidelity: Fidelity | None) -> Model:
    card = encoder.card
    return Model(
        id=card.id,
        title=card.title,
        parameters=card.parameters,
        weights=encoder.weights.sha256,
        encoder=encoder.identity,
        policy=card.policy.model_dump(mode="json"),
        licence=card.licence,
        placement=encoder.placement.name,
        fidelity=fidelity,
    )


def _compressed(
    selection: Selection, fits: Fits, found: Predictions, steps: Steps | None
) -> list[Compressed]:
    """Each compressed form against the deployable one."""
    ranking = selection.task.metrics.ranking
    forms = []
    for form, fitted in fits.compressed.items():
        smaller = predictions(selection, fitted, steps)
        score, _ = scoring.beside(ranking, found, smaller)
        _, paired = scoring.beside(ranking, smaller, found)
        weight, whole = fits.weights[form], fits.weights["deployed"]
        forms.append(
            Compressed(
                form=form,
                score=score,
                paired=paired,
                bytes=weight.bytes,
                share=round(weight.bytes / whole.bytes, 4),
                latency=weight.latency,
                deployed_latency=whole.latency,
                example=weight.example,
            )
        )
    return forms


def _layer_weights(fits: Fits) -> list[float]:
    found = [fit.layer_weights for fit in fits.fitted if fit.layer_weights is not None]
    return [round(float(share), 6) for share in np.mean(found, axis=0)] if found else []


def _names(prepared: Preparation, selection: Selection) -> NDArray[np.str_]:
    """What examples are called in the predictions, by their number."""
    return np.array([prepared.salted(example) for example in selection.examples])


class _Clock:
    """Names and times the laps of a run, in seconds."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name], self._last = now - self._last, now
