"""What the report says of a recording, in the words of somebody who has never seen the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Manifest
from paralbench.records.quality import Quality
from paralbench.records.screened import Row

_QUALITY = {
    "seconds": ("Length", "s"),
    "rate": ("Sampling rate", "Hz"),
    "channels": ("Channels", ""),
    "dead_channels": ("Channels without sound, from 0", ""),
    "not_finite": ("Samples that are no numbers", ""),
    "peak": ("Loudest sample", "dBFS"),
    "level": ("Loudness", "dBFS"),
    "speech_level": ("Loudness of speech", "dBFS"),
    "clipped": ("Cut off for being too loud", "%"),
    "silent": ("Complete silence", "%"),
    "offset": ("Shift away from zero", "%"),
    "bandwidth": ("Highest sound", "Hz"),
    "speech": ("Speech", "s"),
    "noise_ratio": ("Speech over background noise", "dB"),
    "noise_method": ("Background noise taken from", ""),
    "speaker_contrast": ("Contrast of two voices", ""),
    "distance": ("Distance from what was validated (1 is the limit)", ""),
}


def positive(manifest: Manifest, told: Assessment) -> bool:
    """Whether the prediction is the class that is screened for."""
    return told.prediction is not None and told.prediction == manifest.outcome.positive


def score(manifest: Manifest, told: Assessment) -> str:
    """The number of a recording, with its interval where there is one; "–" where there is none."""
    if told.status == "not scored":
        return "–"
    if told.probability is not None:
        bounds = _between(told.low, told.high, "{:.0%}")
        return f"{told.probability:.0%}{bounds}"
    if told.value is None:
        return "–"
    unit = f" {manifest.outcome.unit}" if manifest.outcome.unit else ""
    return f"{told.value:.3g}{unit}{_between(told.low, told.high, '{:.3g}')}"


def decided(manifest: Manifest, told: Assessment) -> str:
    """What was decided, in a sentence or two."""
    outcome = manifest.outcome
    if told.status == "not scored":
        return f"Not scored. {told.reason}"
    if told.status == "abstained":
        return f"No prediction. {told.reason}"
    if told.value is not None:
        return f"{outcome.title}: {score(manifest, told)}."
    sure = (
        f" Not ruled out: {', '.join(told.classes)}."
        if len(told.classes) > 1
        else " Neither is typical."
        if manifest.conformal is not None and not told.classes
        else ""
    )
    side = "above" if positive(manifest, told) else "below"
    return (
        f"{outcome.title}: {told.prediction}, {side} the threshold "
        f"({score(manifest, told)} for {outcome.positive}).{sure}"
    )


def action(manifest: Manifest, told: Assessment) -> str:
    """What is to be done, in a few words."""
    if told.status == "not scored":
        return "Record again, or see the reason"
    if told.status == "abstained":
        return "Assess in another way"
    if told.value is not None:
        return "Read with its interval"
    return "Follow up as your protocol says" if positive(manifest, told) else "No action from this"


def worklist(manifest: Manifest, rows: Sequence[Row]) -> list[int]:
    """The rows' numbers, what needs action first: positive, no prediction, not scored, the others."""

    def order(number: int) -> tuple[int, float, int]:
        told = rows[number].assessment
        weight = -(told.probability if told.probability is not None else told.value or 0.0)
        if told.status == "not scored":
            return 2, 0.0, number
        if told.status == "abstained":
            return 1, weight, number
        return (0 if positive(manifest, told) or told.value is not None else 3), weight, number

    return sorted(range(len(rows)), key=order)


def quality(told: Quality) -> list[tuple[str, str]]:
    """Every measure with its name and unit in plain words."""
    return [(label(one.name), amount(one.name, getattr(told, one.name))) for one in fields(told)]


def label(name: str) -> str:
    """A measure's name in plain words."""
    return _QUALITY[name][0] if name in _QUALITY else name


def amount(name: str, value: object) -> str:
    """A measure's value with its unit."""
    unit = _QUALITY[name][1] if name in _QUALITY else ""
    if value is None:
        return "could not be measured"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float):
        raise TypeError(f"no measure of quality: {value!r}")
    if unit == "%":
        return f"{100 * value:.2g} %"
    number = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    return f"{number} {unit}".strip()


def _between(low: float | None, high: float | None, form: str) -> str:
    if low is None or high is None:
        return ""
    return f" ({form.format(low)} to {form.format(high)})"
