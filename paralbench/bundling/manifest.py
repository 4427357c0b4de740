"""bundle.json of a bundle that is being made: what is known is told, and what is not known is said."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

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
from paralbench.records.intended_use import IntendedUse
from paralbench.records.quality_limits import AtMost, QualityLimits
from paralbench.records.result import Cards, Result
from paralbench.records.task_card import NumberTarget, Partitions
from paralbench.screener import novelty
from paralbench.screener import self_check as proof
from paralbench.screener.encoder import CARD, recorded

SYNTHETIC = "SYNTHETIC"
_LONGER = 3.0
"""A head that hears frames hears recordings up to so many times the longest it was validated on."""


@dataclass(frozen=True)
class Parts:
    """All that a bundle is made of, as its maker has it.

    Args:
        recorded: the result; ``cards`` are its.
        use: what people said.
        numbers: what validation told.
        refitted: the heads and their examples.
        encoder: the encoder; ``chief`` is the member that holds its weights, None where none does.
        heads: members that hold the heads, each of ``parameters`` numbers.
        range: the member that the embedding distance is measured with; ``limit`` the largest.
        survey: what was measured of its recordings; ``distances`` of each, without its speaker.
    """

    recorded: Result
    cards: Cards
    use: IntendedUse
    numbers: Validated
    refitted: Refitted
    encoder: LoadableEncoder
    chief: str | None
    heads: list[str]
    parameters: int
    range: str
    limit: float
    survey: QualityStatistics
    distances: NDArray[np.float64]


def described(parts: Parts) -> Manifest:
    """The manifest; its ``members`` are filled in when it is written."""
    result, card = parts.recorded, parts.encoder.card
    prepared = parts.refitted.prepared
    cutting = prepared.head.cutting(prepared.settings)
    title = parts.use.title or f"{result.task_title or result.task}, from sound alone"
    return Manifest(
        id=f"{result.task}.{card.id}.{result.head}"[:80],
        title=_marked(title, result),
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
            proof=proof.MEMBER,
            member=parts.chief,
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
        calibration=parts.numbers.calibration,
        conformal=parts.numbers.conformal,
        operating_point=parts.numbers.operating_point,
        range=Range(method=novelty.METHOD, member=parts.range, limit=parts.limit),
        limits=_limits(parts)[0],
        reference=parts.survey.reference(parts.distances / parts.limit),
        population=_population(parts),
        validation=_validation(parts),
        performance=parts.numbers.performance,
        use=_use(parts),
        origin=Origin(
            entry=result.entry,
            task=result.task,
            task_version=result.task_version,
            paralbench=paralbench.__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            licence=parts.use.licence,
            citation=parts.cards.corpus.citation,
            contact=parts.use.contact,
        ),
    )


def _marked(words: str, result: Result) -> str:
    """What is said of a synthetic result says so first."""
    return f"{SYNTHETIC}: {words}" if result.data.synthetic else words


def _outcome(parts: Parts) -> Outcome:
    result, target = parts.recorded, parts.cards.task.target
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
    """The defaults, loosened to what it was trained on, with the names of those; and for a head that
    hears frames no recording much longer than it ever heard."""
    if parts.use.quality is not None:
        return parts.use.quality, []
    limits, changed = parts.survey.loosened(QualityLimits())
    longest = parts.refitted.longest
    if longest is None or parts.refitted.prepared.head.cutting(parts.refitted.prepared.settings):
        return limits, changed
    most = min(float(limits.longest.refuse or np.inf), max(60.0, round(_LONGER * longest)))
    return limits.model_copy(update={"longest": AtMost(refuse=most)}), changed


def _population(parts: Parts) -> Population:
    selection, corpus, result = parts.refitted.selection, parts.cards.corpus, parts.recorded
    clusters = parts.refitted.clusters
    _, first = np.unique(clusters, return_index=True)
    counts = {}
    for name in STANDARD:
        said = [word(name, told) for told in selection.attribute(name)[first]]
        if set(said) != {"unknown"}:
            counts[name] = dict(sorted(Counter(said).items()))
    prevalence = None
    if selection.classes:
        prevalence = float(np.mean(selection.targets[first] == len(selection.classes) - 1))
    refused = len(selection.refused)
    return Population(
        corpus=corpus.id,
        title=_marked(corpus.title, result),
        licence=corpus.licence,
        setting=_marked("computed voices, no participants.", result)
        if result.data.synthetic
        else parts.use.setting,
        eligibility=parts.use.eligibility,
        languages=corpus.languages,
        participants=len(first),
        recordings=len(clusters),
        prevalence=prevalence,
        attributes=counts,
        missing=f"{refused} of {refused + len(clusters)} recordings could not be used and were left out."
        if refused
        else "Every recording of the task was used.",
        synthetic=result.data.synthetic,
        certainty="computed",
    )


def _validation(parts: Parts) -> Validation:
    result, protocol = parts.recorded, parts.cards.task.protocol
    if isinstance(protocol, Partitions):
        how = (
            f"The corpus's own split: trained on {_and(protocol.train)}, scored on "
            f"{_and(protocol.test)}, by the very heads that are in this bundle."
        )
    else:
        how = (
            f"Cross-validation ({protocol.kind}) over '{protocol.by}': every speaker was scored by "
            "heads that had not heard him. The heads in this bundle were trained by the same recipe on "
            "all of them; their own score is not known."
        )
    return Validation(
        protocol=_marked(how, result),
        external=False,
        never_cross=protocol.never_cross,
        folds=result.folds,
        seeds=result.seeds[: len(parts.heads)],
    )


def _use(parts: Parts) -> Use:
    result, use = parts.recorded, parts.use
    limits = [
        "It was not tested on recordings of another clinic, microphone, language or task than those "
        "described here.",
        *use.limits,
    ]
    examples = parts.refitted.selection.examples
    clips = [len(example.clips) for example in examples]
    files = [len({clip.path for clip in example.clips}) for example in examples]
    if max(files) > 1:
        limits.append(
            f"It was trained and validated on several recordings of a person heard as one (some "
            f"{int(np.median(files))}). One file alone tells less than its numbers were made from: join "
            "a person's recordings into one file."
        )
    elif max(clips) > 1:
        limits.append(
            f"It was trained and validated on stretches of a person's own speech (some {int(np.median(clips))} "
            "a recording) cut out by hand or transcript. A file that is screened is heard as a whole, or "
            "cut by voice activity where the head's recipe says so: give recordings of the patient alone."
        )
    if changed := _limits(parts)[1]:
        limits.append(
            f"The quality gate asks less than it usually does of {_and(changed)}, since the recordings it "
            "was trained on would not have passed."
        )
    if result.data.synthetic:
        limits.append(
            f"{SYNTHETIC}: it was made from computed voices. What it says of a person means nothing."
        )
    return Use(
        intended=_marked(use.intended, result),
        users=use.users,
        recording=use.recording,
        not_for=[
            "Diagnosis, or any decision about a person that no clinician makes.",
            "People unlike those it was validated on.",
            *use.not_for,
        ],
        limits=limits,
    )


def _and(names: list[str]) -> str:
    return " and ".join(names)
