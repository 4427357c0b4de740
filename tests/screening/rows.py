"""Rows that are made up, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paralbench.records.assessment import Assessment
from paralbench.records.quality import Quality
from paralbench.records.screened import Row, Screened

QUALITY = Quality(
    seconds=10.0, rate=16000, channels=1, dead_channels=(), not_finite=0, peak=-3.0, level=-25.0,
    speech_level=-24.0, clipped=0.0, silent=0.0, offset=0.0, bandwidth=8000.0, speech=7.0,
    noise_ratio=30.0, noise_method="pauses", speaker_contrast=1.0,
)  # fmt: skip


def row(
    number: int | str,
    probability: float | None = None,
    truth: str | None = None,
    patient: str | None = None,
    attributes: Mapping[str, str] | None = None,
    quality: Mapping[str, Any] | None = None,
    **told: Any,
) -> Row:
    """A row that was scored, unless ``told`` says otherwise."""
    status = told.pop("status", "scored")
    if probability is not None:
        told["probability"] = probability
        if status == "scored":
            prediction = "low" if probability >= 0.5 else "high"
            told |= {"prediction": prediction, "classes": (prediction,)}
    result = Assessment(status, quality=replace(QUALITY, **(quality or {})), **told)
    screened = Screened(id=str(number), sha256="ab" * 32, assessment=result, sketch=[1, 50, 100])
    return Row(screened, f"/clinic/{number}.wav", truth, patient, attributes or {})
