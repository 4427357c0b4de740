"""The quality gate: a recording passes, or is not scored and a nurse can read why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from paralbench.audio.quality import measure
from paralbench.audio.voice_activity import VoiceActivity
from paralbench.records.admission import Admission, Cause
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.quality import Quality
from paralbench.records.quality_limits import AtLeast, AtMost, QualityLimits


class Gate:
    """Judges recordings one after the other by the same limits.

    Raises:
        ParalbenchError: at once, where the voice activity detector is not installed.
    """

    def __init__(self, limits: QualityLimits) -> None:
        self._limits = limits
        self._detector = VoiceActivity()
        self._detector.listener()  # a missing package is no fault of the first recording

    def check(self, clip: Clip) -> Admission:
        """Measure a recording and judge it. Whatever the file is, this returns."""
        try:
            return judged(measure(clip, self._detector), self._limits)
        except ParalbenchError as error:
            said = str(error).rstrip(".")
            return Admission("unreadable", f"The file is not a usable recording: {said}.")


def judged(quality: Quality, limits: QualityLimits) -> Admission:
    """The first limit that is broken, in an order that names the cause before its consequences."""
    if quality.not_finite:
        return Admission(
            "not-finite",
            f"The file is damaged: {quality.not_finite} of its samples are not numbers (none may "
            "be). Copy it from the recorder again.",
            quality=quality,
        )
    warnings = []
    for grave, cause, said in _complaints(quality, limits):
        if grave:
            return Admission(cause, said, quality=quality)
        warnings.append(said)
    return Admission(warnings=tuple(warnings), quality=quality)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One limit: where its value and its bounds are, and how they are put into words."""

    cause: Cause
    value: Callable[[Quality], float | None]
    limit: Callable[[QualityLimits], AtLeast | AtMost]
    unit: Callable[[float, int], str]
    finding: str
    advice: str
    needed: bool = True
    """Whether a recording on which it cannot be measured breaks it."""


def _seconds(value: float, digits: int) -> str:
    if value < 120:
        return f"{value:.{digits}g} s"
    return f"{value / 60:.{digits}g} min" if value < 7200 else f"{value / 3600:.{digits}g} h"


def _hertz(value: float, digits: int) -> str:
    return f"{value / 1000:.{digits}g} kHz"


def _level(value: float, digits: int) -> str:
    return f"{value:.{digits}g} dBFS"


def _decibels(value: float, digits: int) -> str:
    return f"{value:.{digits}g} dB"


def _share(value: float, digits: int) -> str:
    return f"{100 * value:.{digits}g} %"


def _loudness(quality: Quality) -> float | None:
    return quality.level if quality.speech_level is None else quality.speech_level


_BEFORE_CHANNELS = (
    _Rule(
        "silent", lambda q: q.silent, lambda m: m.silent, _share,
        "{} of the recording is complete silence, as if nothing was connected",
        "Check that the microphone is plugged in and not muted.",
    ),
)  # fmt: skip
_AFTER_CHANNELS = (
    _Rule(
        "seconds", lambda q: q.seconds, lambda m: m.seconds, _seconds,
        "The recording is {} long", "Record again, for longer.",
    ),
    _Rule(
        "longest", lambda q: q.seconds, lambda m: m.longest, _seconds,
        "The recording is {} long", "Cut it, or give start and end in a CSV.",
    ),
    _Rule(
        "rate", lambda q: q.rate, lambda m: m.rate, _hertz,
        "The recording has a sampling rate of {}",
        "Set the recorder to a higher rate; converting this file does not help.",
    ),
    _Rule(
        "bandwidth", lambda q: q.bandwidth, lambda m: m.bandwidth, _hertz,
        "The recording holds no sound above {}, like a telephone line",
        "Record directly, not over telephone or a Bluetooth headset; converting this file does "
        "not help.",
    ),
    _Rule(
        "clipped", lambda q: q.clipped, lambda m: m.clipped, _share,
        "{} of the recording is cut off because it was too loud (clipping)",
        "Turn the recording level down, or move the microphone away.",
    ),
    _Rule(
        "offset", lambda q: q.offset, lambda m: m.offset, _share,
        "The recording is shifted away from zero by {} of full scale (DC offset)",
        "The sound card or cable may be faulty; try another.",
    ),
    _Rule(
        "level", _loudness, lambda m: m.level, _level,
        "The recording is too faint: {} (0 is the loudest there is)",
        "Turn the recording level up, or move the microphone closer.",
    ),
    _Rule(
        "speech", lambda q: q.speech, lambda m: m.speech, _seconds,
        "There is {} of speech in the recording", "Check that the patient was recorded, for longer.",
    ),
    _Rule(
        "noise-ratio", lambda q: q.noise_ratio, lambda m: m.noise_ratio, _decibels,
        "Speech is only {} above the background noise",
        "Record in a quieter room, closer to the mouth.", needed=False,
    ),
)  # fmt: skip


def _complaints(quality: Quality, limits: QualityLimits) -> Iterator[tuple[bool, Cause, str]]:
    """Every limit that is broken: whether it refuses, which, and in words."""
    yield from _broken(_BEFORE_CHANNELS, quality, limits)
    if quality.dead_channels and limits.dead_channel != "ignore":
        yield limits.dead_channel == "refuse", "dead-channel", _dead_channel(quality)
    yield from _broken(_AFTER_CHANNELS, quality, limits)
    contrast, most = quality.speaker_contrast, limits.speaker_contrast.warn
    if contrast is not None and most is not None and contrast > most:
        yield (
            False,
            "",
            "More than one person may be speaking (a suspicion: "
            f"contrast {contrast:.1f}, limit {most:g}). Listen to it before you use the score.",
        )


def _broken(
    rules: tuple[_Rule, ...], quality: Quality, limits: QualityLimits
) -> Iterator[tuple[bool, Cause, str]]:
    for rule in rules:
        limit, value = rule.limit(limits), rule.value(quality)
        for grave, bound in ((True, limit.refuse), (False, limit.warn)):
            if bound is None or (value is None and not (rule.needed and grave)):
                continue
            if value is None:
                yield grave, rule.cause, "There is no sound in the recording. " + rule.advice
                break
            low = isinstance(limit, AtLeast)
            if value < bound if low else value > bound:
                yield grave, rule.cause, _words(rule, value, bound, low, grave)
                break


def _words(rule: _Rule, value: float, bound: float, low: bool, grave: bool) -> str:
    # With as many digits as it takes to tell the two apart.
    pairs = [(rule.unit(value, digits), rule.unit(bound, digits)) for digits in (3, 5, 9, 17)]
    measured, asked = next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])
    side = "at least" if low else "at most"
    asking = ("is needed" if low else "is allowed") if grave else "is better"
    return f"{rule.finding.format(measured)}; {side} {asked} {asking}. {rule.advice}"


def _dead_channel(quality: Quality) -> str:
    names = " and ".join(str(channel + 1) for channel in quality.dead_channels)
    several = len(quality.dead_channels) > 1
    return (
        f"Channel{'s' if several else ''} {names} of {quality.channels} carr{'y' if several else 'ies'} "
        "no sound (every channel must). Check cable and microphone; to use a channel that does, name "
        "it in the column 'channel' of a CSV, counted from 0."
    )
