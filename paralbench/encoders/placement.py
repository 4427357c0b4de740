"""The placement of an encoder: device, precision, runtime. The reference is fp32 in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

from paralbench.records.errors import UsageError

NO_NUMBERS = "the name of a placement is in the key"

Precision = Literal["fp32", "bf16"]
Runtime = Literal["torch", "openvino", "onnxruntime"]


@dataclass(frozen=True, slots=True)
class Placement:
    """One way to compute an encoder; a part of the features' key."""

    device: str = "cpu"
    precision: Precision = "fp32"
    runtime: Runtime = "torch"

    @property
    def reference(self) -> bool:
        """Whether all other placements are compared with this one."""
        return self.precision == "fp32" and self.runtime == "torch"

    @property
    def name(self) -> str:
        """The name in results and messages.

        >>> Placement("cpu", "bf16", "openvino").name
        'openvino-bf16'
        """
        return f"{self.runtime}-{self.precision}"

    @classmethod
    def named(cls, name: str, device: str = "cpu") -> Placement:
        """The placement of a :attr:`name`; raises UsageError for an unknown one."""
        runtime, _, precision = name.partition("-")
        if runtime in get_args(Runtime) and precision in get_args(Precision):
            return cls(device, cast(Precision, precision), cast(Runtime, runtime))
        raise UsageError(f"there is no way to compute an encoder called '{name}'.")

    @property
    def module(self) -> str:
        """The module below ``encoders/runtimes``."""
        return "pytorch" if self.runtime == "torch" else self.runtime

    def only_reference(self, model: str) -> None:
        """Raise UsageError for another placement, in backends that support the reference only."""
        if not self.reference:
            raise UsageError(
                f"model '{model}' has no {self.name} path; leave out --precision and --runtime."
            )


REFERENCE = Placement()
"""fp32 in torch on the CPU."""
