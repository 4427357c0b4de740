"""The result of an entry: scores, data, model, provenance, and whether it may be ranked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from paralbench.evaluation.inputs import Inputs
from paralbench.evaluation.preparation import Entry, Preparation
from paralbench.evaluation.scoring import Scored
from paralbench.heads.head import Fits
from paralbench.records.example import Example, Refusal
from paralbench.records.fidelity import Fidelity
from paralbench.records.result import (
    Calibration,
    Cards,
    Data,
    Model,
    RefusedInput,
    Result,
    Training,
    UnderCondition,
)
from paralbench.results import files
from paralbench.results.eligibility import eligibility
from paralbench.results.predictions import Predictions
from paralbench.results.provenance import provenance


@dataclass(frozen=True)
class Outcome:
    """A result with its predictions, and the refusals with their original names.

    Args:
        result: the result.
        predictions: the bytes of the file beside it.
        refused: with the names that the result may not have.
        table: the predictions; a row's number is that of its example in ``examples``.
        examples: the scored examples.
        degraded: the predictions under each condition.
    """

    result: Result
    predictions: bytes
    refused: tuple[Refusal, ...]
    table: Predictions
    examples: tuple[Example, ...]
    degraded: Mapping[str, Predictions] = field(default_factory=dict)


def outcome(
    prepared: Preparation,
    inputs: Inputs,
    fits: Fits,
    predictions: Predictions,
    scored: Scored,
    calibration: Calibration | None,
    conditions: Sequence[tuple[UnderCondition, Predictions]],
    seconds: Mapping[str, float],
) -> Outcome:
    """Compose the outcome of an entry; the caller writes the files."""
    entry, selection = prepared.entry, inputs.selection
    model = _model(entry, inputs.fidelity)
    task, corpus = entry.task, entry.view.corpus.card
    unexplained = [refusal for refusal in prepared.selection.refused if not refusal.erratum]
    listed = len(prepared.selection.examples) + len(unexplained)
    errata = {name for example in selection.examples for name in example.errata}
    errata |= {refusal.erratum for refusal in selection.refused if refusal.erratum}
    salt = hashlib.sha256(b"".join(sorted(inputs.clips))).digest()
    refusals = [
        RefusedInput(subject=refusal.subject, reason=refusal.reason)
        if entry.view.open
        else _anonymous(refusal, salt)
        for refusal in selection.refused
    ]
    layers = [fit.layer_weights for fit in fits.fitted if fit.layer_weights is not None]
    weights = np.mean(layers, axis=0).tolist() if layers else []
    names = np.array([prepared.ids[example.id] for example in selection.examples])
    content, digest = files.parquet(predictions.table(names))
    standing, reason = eligibility(
        task,
        synthetic=entry.view.synthetic,
        listed=listed,
        scored=len(selection.examples),
        classes=selection.class_counts(),
        tested=predictions.examples(),
        tested_classes=predictions.class_counts(),
        release=entry.view.release,
        unknown=prepared.audit.unknown,
        clusters=scored.scores[0].interval.clusters,
        pinned=all(encoder.weights.pinned for encoder in entry.encoders),
        null=all(encoder.card.null for encoder in entry.encoders),
        own=corpus.access == "own",
    )
    result = Result(
        schema_version=2,
        entry=prepared.name,
        task=task.id,
        task_version=task.version,
        task_title=task.title,
        task_about=task.about,
        model=model,
        head=entry.head,
        standing=standing,
        standing_reason=reason,
        target=task.target.model_dump(mode="json"),
        ranking=task.metrics.ranking,
        scores=scored.scores,
        confusion=scored.confusion,
        classes=list(selection.classes),
        layer_weights=[round(float(weight), 6) for weight in weights],
        seeds=list(prepared.seeds),
        folds=len({split.fold for split in inputs.splits}),
        data=Data(
            corpus=corpus.id,
            declared=task.examples,
            listed=listed,
            scored=len(selection.examples),
            release=entry.view.release,
            share=len(selection.examples) / max(task.examples or listed, listed)
            if task.partial
            else None,
            classes=selection.class_counts(),
            fingerprint=prepared.fingerprint,
            synthetic=entry.view.synthetic,
            errata=sorted(errata),
            refused=refusals,
            quality=dict(inputs.faults),
        ),
        transfer=task.transfer,
        # The expected counts of a corpus serve its verification only.
        cards=Cards(
            task=task,
            corpus=corpus.model_copy(update={"facts": []}),
            models=[encoder.card for encoder in entry.encoders],
        ),
        audio=inputs.audio,
        audit=prepared.audit,
        training=Training(
            settings=prepared.settings.model_dump(mode="json"),
            tried=fits.tried,
            chosen=[
                {"fold": fit.split.fold, "seed": fit.split.seed, **fit.chosen}
                for fit in fits.fitted
            ],
            trained_parameters=fits.trained_parameters,
        ),
        provenance=provenance(task, prepared.components, dict(seconds)),
        predictions_sha256=digest,
        control=scored.control,
        forms=fits.forms,
        compressed=scored.compressed,
        calibration=calibration,
        subgroups=scored.subgroups,
        conditions=[item for item, _ in conditions],
        annotators=scored.annotators,
    )
    return Outcome(
        result, content, selection.refused, predictions, selection.examples,
        degraded={item.condition: degraded for item, degraded in conditions},
    )  # fmt: skip


def _anonymous(refusal: Refusal, salt: bytes) -> RefusedInput:
    """A refusal without names, paths, labels and numbers, which may quote licensed data.

    The salt depends on all audio of the task, as a refused example may have no audio.
    """
    name = hashlib.blake2b(refusal.subject.encode(), key=salt, digest_size=12).hexdigest()
    reason = re.split(r"[\[;(':]| is | from |\d", refusal.reason, maxsplit=1)[0].strip()
    return RefusedInput(subject=name, reason=reason)


def _model(entry: Entry, fidelity: Sequence[Fidelity | None]) -> Model:
    """The encoder, or several encoders as one model with its streams."""
    streams = [
        Model(
            id=encoder.card.id,
            title=encoder.card.title,
            parameters=encoder.card.parameters,
            weights=encoder.weights.sha256,
            encoder=encoder.identity,
            policy=encoder.card.policy.model_dump(mode="json"),
            licence=encoder.card.licence,
            placement=encoder.placement.name,
            fidelity=measured,
        )
        for encoder, measured in zip(entry.encoders, fidelity, strict=True)
    ]
    if len(streams) == 1:
        return streams[0]

    def joined(digests: Iterable[str]) -> str:
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()

    return Model(
        id=entry.model,
        title=" + ".join(stream.title for stream in streams),
        parameters=sum(stream.parameters for stream in streams),
        weights=joined(stream.weights for stream in streams),
        encoder=joined(stream.encoder for stream in streams),
        policy={stream.id: stream.policy for stream in streams},
        licence="; ".join(dict.fromkeys(stream.licence for stream in streams)),
        streams=streams,
        placement=" + ".join(dict.fromkeys(stream.placement for stream in streams)),
    )
