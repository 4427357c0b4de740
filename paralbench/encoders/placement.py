"""Where and how an encoder is computed: device, precision, runtime. The reference is fp32 in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

from paralbench.records.errors import UsageError

NO_NUMBERS = "the name of a placement is in the key"

Precision = Literal["fp32", "bf16"]
Runtime = Literal["torch", "openvino", "onnxruntime"]


@dataclass(frozen=True, slots=True)
class Placement:
    """One way to compute an encoder. Features made in different ways have different keys."""

    device: str = "cpu"
    precision: Precision = "fp32"
    runtime: Runtime = "torch"

    @property
    def reference(self) -> bool:
        """Whether this is the way that all others are compared with."""
        return self.precision == "fp32" and self.runtime == "torch"

    @property
    def name(self) -> str:
        """As results and messages name it.

        >>> Placement("cpu", "bf16", "openvino").name
        'openvino-bf16'
        """
        return f"{self.runtime}-{self.precision}"

    @classmethod
    def named(cls, name: str, device: str = "cpu") -> Placement:
        """The placement of a :attr:`name`; raises UsageError where there is none."""
        runtime, _, precision = name.partition("-")
        if runtime in get_args(Runtime) and precision in get_args(Precision):
            return cls(device, cast(Precision, precision), cast(Runtime, runtime))
        raise UsageError(f"there is no way to compute an encoder called '{name}'.")

    @property
    def module(self) -> str:
        """The file below ``encoders/runtimes`` that computes it."""
        return "pytorch" if self.runtime == "torch" else self.runtime

    def only_reference(self, model: str) -> None:
        """For backends without any other way.

        Raises:
            UsageError: where another precision or runtime was asked for.
        """
        if not self.reference:
            raise UsageError(
                f"model '{model}' has no {self.name} path; leave out --precision and --runtime."
            )


REFERENCE = Placement()
"""fp32 in torch on the CPU."""
