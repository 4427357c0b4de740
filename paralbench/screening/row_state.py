"""The state of a row: what is known of a recording, in one of eight states, and what to do then.

The table below is the only place that decides between them; page, CSV, FHIR and summary all read it.
docs/screening.md shows it, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from paralbench.evaluation.attributes import word
from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Manifest, Population
from paralbench.records.screened import Row
from paralbench.records.subgroup import UNKNOWN
from paralbench.screening.language import text


class State(StrEnum):
    """The states, those that need action first."""

    ABOVE = "above threshold"
    ESTIMATED = "estimated"
    NEAR = "near threshold"
    UNLIKE = "not scored: unlike validation"
    QUALITY = "not scored: quality"
    UNREADABLE = "not scored: unreadable"
    FAILED = "not scored: program failed"
    BELOW = "below threshold"

    @property
    def unusable(self) -> bool:
        """Whether the recording itself, or the program, is why there is no score."""
        return self in (State.QUALITY, State.UNREADABLE, State.FAILED)


@dataclass(frozen=True, slots=True)
class Words:
    """What a state is called and what to do.

    Args:
        title: the state; ``{positive}`` is the class that is screened for, ``{cause}`` the reason.
        action: what to do.
        doubtful: what to do where a warning bears on the result; None where none can.
    """

    title: str
    action: str
    doubtful: str | None = None


WORDS: Mapping[State, Words] = {
    State.ABOVE: Words(
        "Above the threshold for “{positive}”",
        "Follow up as your protocol says.",
        "Listen to the recording first. If it is as it should be, follow up as your protocol says; "
        "if not, record again and do not use this score.",
    ),
    State.ESTIMATED: Words(
        "Estimated",
        "Read the estimate together with its interval.",
        "Listen to the recording first. If it is as it should be, read the estimate together with "
        "its interval; if not, record again and do not use it.",
    ),
    State.NEAR: Words(
        "Too near the threshold for “{positive}” to say",
        "Treat as not screened: assess in another way, or record again.",
    ),
    State.UNLIKE: Words(
        "Not scored: unlike the recordings of validation",
        "Treat as not screened: assess in another way.",
    ),
    State.QUALITY: Words("Not scored: {cause}", "Record again; the reason says what helps."),
    State.UNREADABLE: Words(
        "Not scored: {cause}", "Copy the recording again from where it was made, or record again."
    ),
    State.FAILED: Words(
        "Not scored: {cause}",
        "Screen it again; if that fails too, report it to the screener's maker.",
    ),
    State.BELOW: Words(
        "Below the threshold for “{positive}”",
        "No follow-up because of this result; it excludes nothing.",
        "Listen to the recording first. If it is as it should be, no follow-up because of this "
        "result; if not, record again and do not use this score.",
    ),
}

DOUBTS: Mapping[str, str] = {
    "speaker_contrast": "more than one person may be speaking",
    "noise_ratio": "there is much background noise",
    "bandwidth": "it sounds like a telephone recording",
    "clipped": "parts are distorted, because it was too loud",
    "silent": "parts are completely silent",
    "speech": "there is little speech",
    "dead_channel": "a channel carries no sound",
    "language": "the screener was not made from this language",
    "age": "the screener was not made from people of this age",
}
"""Warnings that bear on the result, as the end of a sentence."""

_STATES = {
    "outside-range": State.UNLIKE, "undecided": State.NEAR,
    "unreadable": State.UNREADABLE, "not-finite": State.UNREADABLE, "not listed": State.UNREADABLE,
    "stopped": State.UNREADABLE, "failed": State.FAILED, "engine": State.FAILED,
}  # fmt: skip
CAUSES = {
    "unreadable": "not a usable audio file", "not-finite": "a damaged file", "silent": "silent",
    "dead-channel": "a channel without sound", "seconds": "too short", "longest": "too long",
    "rate": "sampling rate too low", "bandwidth": "telephone quality", "clipped": "too loud",
    "level": "too faint", "offset": "faulty sound card or cable", "speech": "too little speech",
    "noise-ratio": "too much background noise", "encoder": "not usable by the screener",
    "not listed": "a line of the list that cannot be used",
    "stopped": "reading it crashed the program",
    "failed": "the program failed", "engine": "the program failed",
}  # fmt: skip


def messages() -> Iterator[str]:
    """Every text of the table, for the catalogues."""
    yield from map(str, State)
    for words in WORDS.values():
        yield from filter(None, (words.title, words.action, words.doubtful))
    yield from DOUBTS.values()
    yield from CAUSES.values()


def state(manifest: Manifest, assessment: Assessment) -> State:
    """The state of a recording's row.

    Any cause that is not listed is a limit of the quality gate.
    """
    if assessment.status != "scored":
        default = State.NEAR if assessment.status == "abstained" else State.QUALITY
        return _STATES.get(assessment.cause, default)
    if assessment.prediction is None:
        return State.ESTIMATED
    return State.ABOVE if assessment.prediction == manifest.outcome.positive else State.BELOW


def cause(name: str) -> str:
    """Why a recording was not scored, in plain words.

    >>> cause("level")
    'too faint'
    """
    return text(CAUSES[name]) if name in CAUSES else name


def title(manifest: Manifest, assessment: Assessment) -> str:
    """A row's state in words."""
    words = WORDS[state(manifest, assessment)]
    positive, why = manifest.outcome.positive, cause(assessment.cause)
    return text(words.title).format(positive=positive, cause=why)


def doubts(
    manifest: Manifest, assessment: Assessment, attributes: Mapping[str, str] | None = None
) -> list[str]:
    """Why a result may not hold for this recording: ends of sentences; [] where there is no result."""
    if WORDS[state(manifest, assessment)].doubtful is None:
        return []
    names = [*assessment.doubts, *_unlike_population(manifest.population, attributes or {})]
    return [text(DOUBTS[name]) for name in names if name in DOUBTS]


def action(
    manifest: Manifest, assessment: Assessment, attributes: Mapping[str, str] | None = None
) -> str:
    """What to do, in one or two sentences."""
    words = WORDS[state(manifest, assessment)]
    if words.doubtful is not None and doubts(manifest, assessment, attributes):
        return text(words.doubtful)
    return text(words.action)


def worklist(manifest: Manifest, rows: Sequence[Row]) -> list[int]:
    """Row numbers, those that need action first, and then by score."""
    order = list(State)

    def urgency(number: int) -> tuple[int, float]:
        assessment = rows[number].assessment
        score = assessment.probability if assessment.value is None else assessment.value
        return order.index(state(manifest, assessment)), -(score or 0.0)

    return sorted(range(len(rows)), key=urgency)


def _unlike_population(population: Population, attributes: Mapping[str, str]) -> list[str]:
    """Which of language and age are none of those the screener was made from, as far as known."""
    unlike = []
    languages = {_language(name) for name in population.languages} - {"", "und", "mul", "unknown"}
    language = _language(attributes.get("language", ""))
    if languages and language not in ("", *languages):
        unlike.append("language")
    bands = set(population.attributes.get("age", {})) - {UNKNOWN}
    band = word("age", attributes.get("age", ""))
    if bands and band != UNKNOWN and band not in bands:
        unlike.append("age")
    return unlike


def _language(name: str) -> str:
    """The language of a code such as "en-GB"; "" for what is no code."""
    code = name.strip().lower().replace("_", "-").split("-")[0]
    return code if 2 <= len(code) <= 3 and code.isalpha() else ""
