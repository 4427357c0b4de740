"""Energy, where a counter exists: RAPL of a processor, NVML of a GPU. Never a guess.

Both count all that runs on the processor or GPU, not this process alone.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Protocol

_POWERCAP = Path("/sys/class/powercap")


class Meter(Protocol):
    """A counter of joules; ``description`` names it, or gives the reason why there is none."""

    @property
    def description(self) -> str: ...

    def joules(self) -> float | None:
        """The count so far, never falling; None where there is no counter."""
        ...


class Unavailable:
    """No counter."""

    def __init__(self, reason: str) -> None:
        self.description = f"unavailable: {reason}"

    def joules(self) -> float | None:
        """There is none."""
        return None


class Rapl:
    """Packages of a processor: microjoules that wrap around at a known value."""

    def __init__(self, zones: list[Path]) -> None:
        self._zones = zones
        self._range = [_number(zone / "max_energy_range_uj") for zone in zones]
        self._last = self._read()
        self._total = 0.0
        self.description = f"RAPL, {len(zones)} processor package{'s' if len(zones) > 1 else ''}"

    def joules(self) -> float | None:
        """Since this meter was made."""
        now = self._read()
        for before, after, wrap in zip(self._last, now, self._range, strict=True):
            self._total += (after - before) % (wrap + 1)
        self._last = now
        return self._total / 1e6

    def _read(self) -> list[int]:
        return [_number(zone / "energy_uj") for zone in self._zones]


class Nvml:
    """A GPU's own counter, in millijoules since its driver was loaded."""

    def __init__(self, library: ctypes.CDLL, handle: ctypes.c_void_p) -> None:
        self._library, self._handle = library, handle
        self.description = "NVML, the whole GPU"

    def joules(self) -> float | None:
        """As the driver counts; None where it refuses."""
        millijoules = ctypes.c_ulonglong()
        if self._library.nvmlDeviceGetTotalEnergyConsumption(
            self._handle, ctypes.byref(millijoules)
        ):
            return None
        return millijoules.value / 1000


def meter(device: str = "cpu", powercap: Path = _POWERCAP) -> Meter:
    """The counter of the device's energy; :class:`Unavailable` where there is none."""
    return _rapl(powercap) if device == "cpu" else _nvml(int(device.partition(":")[2] or 0))


def _rapl(powercap: Path) -> Meter:
    zones = sorted(powercap.glob("intel-rapl:[0-9]*"))
    zones = [zone for zone in zones if zone.name.count(":") == 1]
    if not zones:
        return Unavailable(f"{powercap} shows no processor package (RAPL)")
    try:
        return Rapl(zones)
    except (OSError, ValueError) as error:
        return Unavailable(f"RAPL's counter cannot be read ({error})")


def _nvml(number: int) -> Meter:
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return Unavailable("NVML's library is not on this machine")
    handle = ctypes.c_void_p()
    if library.nvmlInit_v2() or library.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(handle)):
        return Unavailable(f"NVML does not show GPU {number}")
    counter = Nvml(library, handle)
    return counter if counter.joules() is not None else Unavailable("this GPU counts no energy")


def _number(file: Path) -> int:
    return int(file.read_text(encoding="ascii"))
