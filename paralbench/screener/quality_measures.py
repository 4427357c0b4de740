"""The measures of quality in plain words: their names, units and amounts, and what limits judge."""

from __future__ import annotations

from paralbench.records.quality import Quality

LABELS_AND_UNITS = {
    "seconds": ("Length", "s"),
    "rate": ("Sampling rate", "Hz"),
    "channels": ("Channels", ""),
    "dead_channels": ("Channels without sound, counted from 0", ""),
    "not_finite": ("Samples that are not numbers", ""),
    "peak": ("Loudest sample", "dBFS"),
    "level": ("Loudness", "dBFS"),
    "speech_level": ("Loudness of speech", "dBFS"),
    "clipped": ("Cut off because too loud", "%"),
    "silent": ("Complete silence", "%"),
    "offset": ("Offset from zero", "%"),
    "bandwidth": ("Highest frequency", "Hz"),
    "speech": ("Speech", "s"),
    "noise_ratio": ("Speech above background noise", "dB"),
    "noise_method": ("Background noise measured in", ""),
    "speaker_contrast": ("Contrast between two voices", ""),
    "distance": ("Distance from the validated recordings (1 is the limit)", ""),
}


def label(name: str) -> str:
    """A measure's name in plain words.

    >>> label("rate")
    'Sampling rate'
    """
    return LABELS_AND_UNITS[name][0]


def amount(name: str, value: object, digits: int | None = None) -> str:
    """A measure's value with its unit: as precise as it can be trusted, or to ``digits`` digits.

    >>> amount("rate", 44100), amount("seconds", 90.4), amount("speech", 0.864)
    ('44.1 kHz', '90 s', '0.9 s')
    >>> amount("clipped", 0.0341), amount("level", -25.32), amount("speech", 0.864, 3)
    ('3.4 %', '-25 dBFS', '0.864 s')
    """
    if value is None:
        return "could not be measured"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float):
        raise TypeError(f"expected a measure of quality, got {value!r}")
    unit = LABELS_AND_UNITS[name][1]
    if unit == "" and isinstance(value, int):
        return f"{value:,}"
    if unit == "s" and value >= 120:
        value, unit = (value / 60, "min") if value < 7200 else (value / 3600, "h")
    elif unit == "Hz":
        value, unit = value / 1000, "kHz"
    elif unit == "%":
        value *= 100
    if digits is not None:
        number = f"{value:.{digits}g}"
    elif unit == "kHz":
        number = f"{value:.3g}"
    elif unit == "dBFS" or abs(value) >= 10:
        number = f"{value:.0f}"
    elif unit in ("s", "min", "h", "dB"):
        number = f"{value:.1f}".removesuffix(".0")
    else:
        number = f"{value:.2g}"
    return f"{number} {unit}".strip()


def limited(quality: Quality, limit: str) -> float | None:
    """The measure that a limit of :class:`QualityLimits` judges; None where it was not measurable."""
    if limit == "level" and quality.speech_level is not None:
        return quality.speech_level
    value: float | None = getattr(quality, "seconds" if limit == "longest" else limit)
    return value
