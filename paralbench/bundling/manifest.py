"""bundle.json of a new bundle: what is known of the screener, and what is not known."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import inf

import numpy as np
from numpy.typing import NDArray

import paralbench
from paralbench.audio.decoding import DECODING
from paralbench.bundling.quality_statistics import QualityStatistics
from paralbench.bundling.refitting import Refitted
from paralbench.bundling.validation import Validated
from paralbench.encoders.loading import LoadableEncoder
from paralbench.evaluation.attributes import STANDARD, word
from paralbench.records.bundle import (
    AboveNull,
    CompiledEncoder,
    EncoderReference,
    Features,
    HeadReference,
    Manifest,
    Origin,
    Outcome,
    Population,
    Range,
    Use,
    Validation,
)
from paralbench.records.intended_use import UNKNOWN, IntendedUse
from paralbench.records.quality_limits import AtMost, QualityLimits
from paralbench.records.result import Cards, Result
from paralbench.records.task_card import NumberTarget, Partitions
from paralbench.screener import novelty, self_check
from paralbench.screener.encoder import CARD, recorded

SYNTHETIC = "SYNTHETIC"
_LONGER = 3.0
"""The longest recording that a head on frames accepts, in lengths of the longest validated one."""


@dataclass(frozen=True)
class Parts:
    """What a bundle is made of.

    Args:
        result: the result; ``cards`` are its.
        use: what its makers say of it.
        validation: calibration, operating point and scores.
        refitted: the heads and their examples.
        encoder: the encoder; ``chief`` is the member that holds its weights, or None; ``compiled``
            describes the one converted to OpenVINO, or is None.
        heads: members that hold the heads, each of ``parameters`` numbers.
        range: the member with the parameters of the embedding distance, ``limit`` the largest.
        quality: of its recordings; ``distances`` of each from those of other speakers.
        above_null: the entry against the best null of its task, where one was compared.
    """

    result: Result
    cards: Cards
    use: IntendedUse
    validation: Validated
    refitted: Refitted
    encoder: LoadableEncoder
    chief: str | None
    compiled: CompiledEncoder | None
    heads: list[str]
    parameters: int
    range: str
    limit: float
    quality: QualityStatistics
    distances: NDArray[np.float64]
    above_null: AboveNull | None


def described(parts: Parts) -> Manifest:
    """The manifest; its ``members`` are filled in when it is written."""
    result, card, use = parts.result, parts.encoder.card, parts.use
    prepared, task_title = parts.refitted.prepared, result.task_title or result.task
    cutting = prepared.head.cutting(prepared.settings)
    limits, loosened = _limits(parts)
    return Manifest(
        id=f"{result.task}.{card.id}.{result.head}"[:80],
        title=_marked(use.title or f"{task_title}, from sound alone", result),
        version=1,
        encoder=EncoderReference(
            model=card.id,
            title=card.title,
            licence=card.licence,
            identity=parts.encoder.identity,
            weights=recorded(parts.encoder.weights.sha256),
            rate=card.rate,
            policy=card.policy,
            placement=parts.encoder.placement.name,
            card=CARD,
            proof=self_check.MEMBER,
            member=parts.chief,
            compiled=parts.compiled,
        ),
        features=Features(
            decoding=DECODING,
            layers=list(prepared.spec.chosen(card)),
            pooling=asdict(prepared.spec),
            cutting={} if cutting is None else cutting.model_dump(mode="json"),
        ),
        head=HeadReference(
            head=result.head,
            form="deployed",
            parameters=parts.parameters,
            settings=result.training.settings,
            members=parts.heads,
        ),
        outcome=_outcome(parts),
        calibration=parts.validation.calibration,
        conformal=parts.validation.conformal,
        operating_point=parts.validation.operating_point,
        range=Range(method=novelty.METHOD, member=parts.range, limit=parts.limit),
        limits=limits,
        reference=parts.quality.reference(parts.distances / parts.limit),
        population=_population(parts),
        validation=_validation(parts),
        performance=parts.validation.performance.model_copy(
            update={"above_null": parts.above_null}
        ),
        use=Use(
            intended=_intended(use, result),
            users=use.users,
            recording=use.recording,
            not_for=[
                "Diagnosis, or any decision about a person without a clinician.",
                "People unlike those it was validated on.",
                *use.not_for,
            ],
            limits=_limitations(parts, loosened),
        ),
        origin=Origin(
            entry=result.entry,
            task=result.task,
            task_version=result.task_version,
            paralbench=paralbench.__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            licence=use.licence,
            citation=parts.cards.corpus.citation,
            contact=use.contact,
        ),
    )


def _marked(words: str, result: Result) -> str:
    """Any description of a synthetic result begins by saying so."""
    return f"{SYNTHETIC}: {words}" if result.data.synthetic else words


def _intended(use: IntendedUse, result: Result) -> str:
    if result.data.synthetic and use.intended == UNKNOWN:
        return f"{SYNTHETIC}, for trying the program only, since its voices are computer-generated."
    return _marked(use.intended, result)


def _outcome(parts: Parts) -> Outcome:
    result, target = parts.result, parts.cards.task.target
    title = _marked(result.task_title or result.task, result)
    if isinstance(target, NumberTarget):
        return Outcome(
            kind="number", label=target.label, title=title, assessed=parts.use.assessed,
            unit=parts.use.unit, minimum=target.minimum, maximum=target.maximum,
        )  # fmt: skip
    return Outcome(
        kind="class", label=target.label, title=title, assessed=parts.use.assessed,
        classes=result.classes, positive=result.classes[-1],
    )  # fmt: skip


def _limits(parts: Parts) -> tuple[QualityLimits, list[str]]:
    """The gate's limits, and the names of those loosened to fit the training recordings."""
    if parts.use.quality is not None:
        return parts.use.quality, []
    limits, loosened = parts.quality.loosened(QualityLimits())
    longest, prepared = parts.refitted.longest, parts.refitted.prepared
    if longest is not None and not prepared.head.cutting(prepared.settings):
        # A head on frames is untested on recordings much longer than it was trained on.
        most = min(limits.longest.refuse or inf, max(60.0, round(_LONGER * longest)))
        limits = limits.model_copy(update={"longest": AtMost(refuse=most)})
    return limits, loosened


def _population(parts: Parts) -> Population:
    selection, corpus, result = parts.refitted.selection, parts.cards.corpus, parts.result
    clusters = parts.refitted.clusters
    _, first = np.unique(clusters, return_index=True)
    counts = {}
    for name in STANDARD:
        words = [word(name, value) for value in selection.attribute(name)[first]]
        if set(words) != {"unknown"}:
            counts[name] = dict(sorted(Counter(words).items()))
    prevalence, refused = None, len(selection.refused)
    if selection.classes:
        prevalence = float(np.mean(selection.targets[first] == len(selection.classes) - 1))
    missing = "Every recording of the task was used."
    if refused:
        total = refused + len(clusters)
        missing = f"{refused} of {total} recordings could not be used and were left out."
    setting = parts.use.setting
    if result.data.synthetic:
        setting = _marked("computer-generated voices, no participants.", result)
    return Population(
        corpus=corpus.id,
        title=_marked(corpus.title, result),
        licence=f"{corpus.licence} ({corpus.terms})" if corpus.terms else corpus.licence,
        setting=setting,
        eligibility=parts.use.eligibility,
        languages=corpus.languages,
        participants=len(first),
        recordings=len(clusters),
        prevalence=prevalence,
        attributes=counts,
        missing=missing,
        synthetic=result.data.synthetic,
        certainty="computed",
    )


def _validation(parts: Parts) -> Validation:
    result, protocol = parts.result, parts.cards.task.protocol
    if isinstance(protocol, Partitions):
        text = (
            f"The corpus's own split: trained on {' and '.join(protocol.train)}, scored on "
            f"{' and '.join(protocol.test)}, by the same heads that are in this bundle."
        )
    else:
        by = protocol.by if isinstance(protocol.by, str) else "' and '".join(protocol.by)
        text = (
            f"Cross-validation ({protocol.kind}) over '{by}': every speaker was scored by "
            "heads that were not trained on them. The heads in this bundle were trained in the same "
            "way on all speakers; their own score is not known."
        )
    return Validation(
        protocol=_marked(text, result),
        external=False,
        never_cross=protocol.never_cross,
        folds=result.folds,
        seeds=result.seeds[: len(parts.heads)],
    )


def _limitations(parts: Parts, loosened: list[str]) -> list[str]:
    limits = [
        "It was not tested on recordings of another clinic, microphone, language or task than those "
        "described here.",
        *parts.use.limits,
    ]
    examples = parts.refitted.selection.examples
    clips = [len(example.clips) for example in examples]
    files = [len({clip.path for clip in example.clips}) for example in examples]
    if max(files) > 1:
        limits.append(
            f"It was trained and validated on several recordings of each person taken together (about "
            f"{int(np.median(files))}). A single file tells less than that: join a person's recordings "
            "into one file."
        )
    elif max(clips) > 1:
        limits.append(
            "It was trained and validated on parts of each recording with the person's own speech "
            f"(about {int(np.median(clips))} per recording), cut by hand or by transcript. A screened "
            "file is used entirely, or cut by voice activity where the head's settings say so: give "
            "recordings of the patient alone."
        )
    if loosened:
        limits.append(
            f"The quality gate is less strict than usual in {' and '.join(loosened)}, since the "
            "recordings it was trained on would not have passed."
        )
    if parts.result.data.synthetic:
        limits.append(
            f"{SYNTHETIC}: it was made from computer-generated voices. Its output means nothing for "
            "people."
        )
    return limits
