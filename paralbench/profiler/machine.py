"""What the costs were measured on: hardware class, threads, governor, instruction sets, packages."""

from __future__ import annotations

from pathlib import Path

from paralbench.records.profile import Machine
from paralbench.results.provenance import hardware, packages

THREADS = 1
"""One clip on one core, as extraction runs them; throughput uses all cores, a clip on each."""
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def machine(device: str = "cpu") -> Machine:
    """This machine, as far as a device of it is concerned."""
    details = hardware()
    return Machine(
        hardware_class=hardware_class(device),
        device=device,
        threads=THREADS,
        governor=governor(),
        instructions=details["instructions"],
        packages=packages(),
    )


def hardware_class(device: str) -> str:
    """The processor with its cores and widest instructions, or the GPU's name."""
    if device != "cpu":
        import torch

        return f"GPU {torch.cuda.get_device_name(device)}"
    details = hardware()
    widest = "+".join(details["instructions"]) or "baseline"
    return f"CPU {details['processor']}, {details['cores']} cores, {widest}"


def governor(place: Path = _GOVERNOR) -> str:
    """How the system sets the clock's rate, or that it does not show it."""
    try:
        return place.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown: the system does not show it"
