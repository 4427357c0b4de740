"""Sentences that the journal holds in English, found again by their patterns and translated.

Gate, decoder and screener give reasons in English, with measured values inside; the journal and the
CSV keep them so. A page in another language is made from the journal, so a sentence is matched with
the templates here and its values are put into the translated template. What fits no template, such as
a decoder library's own message, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from paralbench.screener.gate import RULES
from paralbench.screener.quality_measures import LABELS_AND_UNITS
from paralbench.screening.language import current, numbers, text

_GATE = "{finding}; {demand}. {advice}"
_DEMANDS = (
    "at least {} is needed", "at least {} is better", "at most {} is allowed", "at most {} is better",
)  # fmt: skip
_SENTENCES = (
    "There is no sound in the recording. {}",
    "The file is damaged: {} of its samples are not numbers (none may be). Copy it from the recorder again.",
    "Channel {} of {} carries no sound (every channel must). Check cable and microphone; to use a channel that does, name it in the column 'channel' of a CSV, counted from 0.",
    "Channels {} of {} carry no sound (every channel must). Check cable and microphone; to use a channel that does, name it in the column 'channel' of a CSV, counted from 0.",
    "The file is not a usable recording: {}.",
    "The encoder cannot use it: {}.",
    "It could not be computed: {}.",
    "It could not be scored: {}",
    "The file could not be read: {}.",
    "The head computed no finite number for it.",
    "The screener computed a value that is not a number, which is an error and never a score. Report it to whoever made the bundle.",
    "Reading it crashed the program ({}): the file is damaged, or there is too little memory. Copy it from the recorder again, or give --workers 1.",
    "It differs too much from the recordings that the screener was validated on (distance {}, at most 1 is allowed). Another microphone, room, language or task may be the cause.",
    "The score of {} of 100 is near the threshold of {}: between {} and {} the screener was wrong too often in validation.",
    "The score of {} of 100 is near the threshold of {}: with {} % confidence the true answer may lie on either side.",
    "The score of {} of 100 is near the threshold of {}: the set that is right for {} % of people lies on the other side of it.",
    "Fewer than {} recordings passed the quality gate; that is too few to judge whether they are like those of validation.",
    "The bundle has no statistics of the validation recordings; only those outside the validated range can be counted.",
)  # fmt: skip
_DETAILS = (
    "it is a folder, not a file",
    "it is a pipe, socket or device, not a file",
    "the file does not exist",
    "its name holds a NUL character",
    "it cannot be opened ({})",
    "it cannot be read ({})",
    "the file is empty (0 bytes)",
    "it is a Git-LFS pointer, not audio; run 'git lfs pull' where it came from",
    "it is an AppleDouble file (macOS metadata), not audio",
    "it is {}, not audio",
    "it is {} named {}",
    "it cannot be decoded ({})",
    "its audio is damaged ({})",
    "its audio is damaged: {}",
    "truncated: {} s of the audio its header declares are missing",
    "truncated: its header declares {} bytes of audio, the file holds {}",
    "truncated: {}",
    "it has a header and no audio",
    "it has no audio stream",
    "its audio codec is not supported; convert it to WAV or FLAC",
    "its length is unknown; convert it to WAV or FLAC",
    "its rate or channels change midway; convert it to WAV",
    "it holds several Ogg streams one after another; convert it to WAV or FLAC",
    "it has {} channels, expected at most {}",
    "it has {} channels; convert it to WAV",
    "its header is damaged: it declares a sampling rate of {} Hz",
    "the audio holds NaN or infinite samples",
    "expected channel {}, the file has {} channels",
    "the clip is empty: it runs from {} s to {} s",
    "the clip runs from {} s to {} s, the file ends at {} s",
    "no speech was found in it",
    "its path is empty",
    "its path holds a NUL character",
    "its path holds a line break",
    "it has more cells than the header; quote cells that hold the delimiter",
    "its {} is {}, not a number",
    "its {} is not a number",
    "its {} is {}, expected 0 or more",
    "its {} is too low or not finite, expected 0 or more",
    "its channel is {}, not a whole number",
    "its channel is not a whole number",
    "its id is already used at {}; every recording needs its own",
    "the folder cannot be opened ({})",
)  # fmt: skip
_WORDS = (
    "a PNG picture", "a JPEG picture", "a GIF picture", "a TIFF picture", "a PDF document",
    "a ZIP archive or office document", "an old office document", "a gzip archive",
    "a 7-Zip archive", "a RAR archive", "a Windows program", "a Linux program", "a database",
    "a Python pickle", "a web page", "a text file", "could not be measured", "none", "pauses",
    "percentiles", "another line or file",
)  # fmt: skip


def messages() -> Iterator[str]:
    """Every template and word, for the catalogues."""
    yield _GATE
    yield from (rule.finding for rule in RULES if rule.finding)
    yield from (rule.advice for rule in RULES if rule.advice)
    yield from (name for name, _ in LABELS_AND_UNITS.values())
    yield from (*_DEMANDS, *_SENTENCES, *_DETAILS, *_WORDS)


def translated(english: str) -> str:
    """A sentence, part or word of the journal in the reader's language."""
    if current() == "en":
        return english
    gate = _gate().fullmatch(english)
    if gate is not None:
        return text(_GATE, **{name: translated(part) for name, part in gate.groupdict().items()})
    for pattern, template in _patterns():
        match = pattern.fullmatch(english)
        if match is not None:
            return text(template).format(*map(translated, match.groups()))
    listed = re.fullmatch(r"([A-Z])(.*?)\.( \(.*\))?", english)
    if listed is not None:
        detail = listed[1].lower() + listed[2]
        part = translated(detail)
        if part != numbers(detail):
            return f"{part[:1].upper()}{part[1:]}.{listed[3] or ''}"
    return numbers(english)


@cache
def _gate() -> re.Pattern[str]:
    demand = "|".join(_expression(template, "(?:.+?)") for template in _DEMANDS)
    return re.compile(f"(?P<finding>.+); (?P<demand>{demand})\\. (?P<advice>.+)")


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Templates by their patterns, those with the most letters first."""
    templates = sorted(set(messages()) - {_GATE}, key=lambda template: -len(template))
    return [
        (re.compile(_expression(template, "(.+?)"), re.DOTALL), template) for template in templates
    ]


def _expression(template: str, value: str) -> str:
    return value.join(map(re.escape, template.split("{}")))
