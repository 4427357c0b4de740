"""The quality gate: a recording passes, or is not scored for a reason that a nurse can read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from paralbench.audio.quality import measure
from paralbench.audio.voice_activity import VoiceActivity
from paralbench.records.admission import Admission, Cause
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.quality import Quality
from paralbench.records.quality_limits import AtLeast, AtMost, QualityLimits
from paralbench.screener.quality_measures import amount, limited


class Gate:
    """Judges recordings one after the other by the same limits.

    Raises:
        ParalbenchError: on construction, where the voice activity detector is not installed.
    """

    def __init__(self, limits: QualityLimits) -> None:
        self._limits = limits
        self._detector = VoiceActivity()
        self._detector.stream()  # a missing package is not the first recording's fault

    def check(self, clip: Clip) -> Admission:
        """Measure a recording and judge it; never raises for what a file holds."""
        try:
            return judged(measure(clip, self._detector), self._limits)
        except ParalbenchError as error:
            reason = str(error).rstrip(".")
            return Admission("unreadable", f"The file is not a usable recording: {reason}.")


def judged(quality: Quality, limits: QualityLimits) -> Admission:
    """The first limit that is broken, in an order that names causes before their consequences."""
    warnings, doubts = [], []
    for refuses, rule, cause, message in _broken(quality, limits):
        if refuses:
            return Admission(cause, message, quality=quality)
        warnings.append(message)
        if rule.bears:
            doubts.append(rule.limit)
    return Admission(warnings=tuple(warnings), quality=quality, doubts=tuple(doubts))


@dataclass(frozen=True, slots=True)
class _Rule:
    """A limit of :class:`QualityLimits` and its message; ``finding`` has a place for the amount.

    ``needed`` is whether a recording on which the measure cannot be taken breaks the limit, ``bears``
    whether a warning bears on the result, so that the recording is to be listened to first.
    """

    limit: str
    cause: Cause
    finding: str
    advice: str
    needed: bool = True
    bears: bool = False


_NOT_FINITE = _Rule("not_finite", "not-finite", "", "")
RULES = (
    _Rule(
        "silent", "silent",
        "{} of the recording is complete silence, as if nothing was connected",
        "Check that the microphone is plugged in and not muted.", bears=True,
    ),
    _Rule("dead_channel", "dead-channel", "", "", bears=True),
    _Rule("seconds", "seconds", "The recording is {} long", "Record again, for longer."),
    _Rule(
        "longest", "longest", "The recording is {} long",
        "Cut it, or give start and end in a CSV.",
    ),
    _Rule(
        "rate", "rate", "The recording has a sampling rate of {}",
        "Set the recorder to a higher rate; converting this file does not help.",
    ),
    _Rule(
        "bandwidth", "bandwidth",
        "The recording holds no sound above {}, like a telephone line",
        "Record directly, not over telephone or a Bluetooth headset; converting this file does "
        "not help.",
        bears=True,
    ),
    _Rule(
        "clipped", "clipped",
        "{} of the recording is cut off because it was too loud (clipping)",
        "Turn the recording level down, or move the microphone away.", bears=True,
    ),
    _Rule(
        "offset", "offset",
        "The recording is shifted away from zero by {} of full scale (DC offset)",
        "The sound card or cable may be faulty; try another.",
    ),
    _Rule(
        "level", "level", "The recording is too faint: {} (0 is the loudest possible)",
        "Turn the recording level up, or move the microphone closer.",
    ),
    _Rule(
        "speech", "speech", "There is {} of speech in the recording",
        "Check that the patient was recorded, for longer.", bears=True,
    ),
    _Rule(
        "noise_ratio", "noise-ratio", "Speech is only {} above the background noise",
        "Record in a quieter room, closer to the mouth.", needed=False, bears=True,
    ),
    _Rule(
        "speaker_contrast", "",
        "More than one person may be speaking (contrast between voices {})",
        "Listen to it before you use the score.", needed=False, bears=True,
    ),
)  # fmt: skip


def _broken(quality: Quality, limits: QualityLimits) -> Iterator[tuple[bool, _Rule, Cause, str]]:
    """Every limit that is broken: whether it refuses, its rule, the cause, and a message."""
    if quality.not_finite:
        message = (
            f"The file is damaged: {quality.not_finite} of its samples are not numbers (none may "
            "be). Copy it from the recorder again."
        )
        yield True, _NOT_FINITE, "not-finite", message
    for rule in RULES:
        if rule.limit == "dead_channel":
            if quality.dead_channels and limits.dead_channel != "ignore":
                refuses = limits.dead_channel == "refuse"
                yield refuses, rule, rule.cause, _dead_channel(quality)
            continue
        limit: AtLeast | AtMost = getattr(limits, rule.limit)
        value = limited(quality, rule.limit)
        for refuses, bound in ((True, limit.refuse), (False, limit.warn)):
            if bound is None:
                continue
            if value is None:
                if rule.needed and refuses:
                    yield (
                        True,
                        rule,
                        rule.cause,
                        f"There is no sound in the recording. {rule.advice}",
                    )
                    break
            elif value < bound if isinstance(limit, AtLeast) else value > bound:
                yield refuses, rule, rule.cause, _message(rule, value, bound, refuses)
                break


def _message(rule: _Rule, value: float, bound: float, refuses: bool) -> str:
    name = "seconds" if rule.limit == "longest" else rule.limit
    for digits in (None, 3, 5, 9, 17):  # as many as distinguish the two numbers
        measured, expected = amount(name, value, digits), amount(name, bound, digits)
        if measured != expected:
            break
    if value < bound:
        demand = f"at least {expected} {'is needed' if refuses else 'is better'}"
    else:
        demand = f"at most {expected} {'is allowed' if refuses else 'is better'}"
    return f"{rule.finding.format(measured)}; {demand}. {rule.advice}"


def _dead_channel(quality: Quality) -> str:
    names = " and ".join(str(channel + 1) for channel in quality.dead_channels)
    several = len(quality.dead_channels) > 1
    return (
        f"Channel{'s' if several else ''} {names} of {quality.channels} carr{'y' if several else 'ies'} "
        "no sound (every channel must). Check cable and microphone; to use a channel that does, name "
        "it in the column 'channel' of a CSV, counted from 0."
    )
