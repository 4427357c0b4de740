"""How close a fast way to compute an encoder comes to fp32 in torch: measured, never assumed."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from paralbench.records.card import Card


class Fidelity(Card):
    """One encoder computed two ways on the same audio, on one machine.

    Cosines are between the two hidden states of a frame: their mean and their least over all
    frames, layer by layer. ``pooled_difference`` is, layer by layer, the largest over the clips of
    the distance between the two means over frames, divided by the reference's length.
    """

    encoder: str
    placement: str
    admitted: bool
    clips: int = Field(ge=0)
    generated: int = Field(ge=0)
    frames: int = Field(ge=1)
    mean_cosine: list[float]
    least_cosine: list[float]
    pooled_difference: list[float]
    bar: dict[str, float]
    seconds: dict[str, float]
    hardware: dict[str, Any]
    packages: dict[str, str]

    @property
    def speedup(self) -> float:
        """How many times as fast as the reference, clip after clip."""
        return self.seconds["reference"] / self.seconds["fast"]

    @property
    def summary(self) -> str:
        """The numbers in a sentence, without its full stop."""
        audio = f"{self.clips} clips" if self.clips else f"{self.generated} generated voices"
        if self.clips and self.generated:
            audio += f" and {self.generated} generated voices"
        return (
            f"mean frame cosine to fp32 {min(self.mean_cosine):.6f} at the worst layer, least "
            f"{min(self.least_cosine):.6f}, on {audio} (needed: {self.bar['mean']:g} and "
            f"{self.bar['least']:g})"
        )
