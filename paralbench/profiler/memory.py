"""Peak memory: the resident set of a fresh process that loads an entry and encodes each clip once."""

from __future__ import annotations

import ctypes
import math
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from paralbench.profiler.clips import COMPARED
from paralbench.profiler.machine import THREADS
from paralbench.profiler.subject import Loaded, Subject
from paralbench.records.errors import Refused
from paralbench.records.profile import Memory, Peak

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_ROOM = 0.5
"""A clip is not tried where it may need more than this share of the memory that is free."""


def measure(subject: Subject, files: Mapping[float, Path], patience: float) -> Memory:
    """Memory at each clip length, the shortest first. To be called in a fresh process.

    The shortest clip is encoded once before, so that one-time allocations count for the process and
    for no part.

    Args:
        subject: what is measured.
        files: a clip of each length.
        patience: seconds that one pass may take; longer ones are left out by name. The clip of
            comparison is measured however long it takes.
    """
    import torch

    # Everything that any entry needs stands in the baseline, and what only some need does not.
    from paralbench.features import clip_encoder  # noqa: F401
    from paralbench.heads.training import network_head  # noqa: F401

    torch.set_num_threads(THREADS)
    gpu = subject.device if subject.device != "cpu" else None
    baseline = resident()
    peaks: list[Peak] = []
    left_out: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch, torch.inference_mode():
        loaded = Loaded(subject, Path(scratch))
        loading, held = peak(), resident()
        shortest = files[min(files)]
        with suppress(Refused):  # reported below; one-time allocations belong to no part
            deployed = loaded.forms.deployed
            deployed.forward(deployed.prepare(loaded.encode(loaded.pieces(shortest))))
        for seconds, file in sorted(files.items()):
            reason = _too_much(peaks, seconds, patience)
            if reason is None:
                try:
                    peaks.append(_measured(loaded, file, seconds, gpu))
                except Refused as refused:
                    reason = str(refused)
            if reason is not None:
                left_out[f"{seconds:g}"] = reason
    return Memory(
        how=_how(), baseline=baseline, loading=loading, loaded=held, peaks=peaks,
        not_measured=left_out,
    )  # fmt: skip


def _measured(loaded: Loaded, file: Path, seconds: float, gpu: str | None) -> Peak:
    """One pass. Memory that was freed is given back before each part, so that no peak is hidden."""
    import torch

    forms = loaded.forms
    if gpu is not None:
        torch.cuda.reset_peak_memory_stats(gpu)
    before = _begun()
    began = time.perf_counter()
    records = loaded.encode(loaded.pieces(file))
    spent, highest = time.perf_counter() - began, peak()
    parts = {"encoder": highest - before}
    between = _begun()
    began = time.perf_counter()
    inputs = forms.deployed.prepare(records)
    forms.deployed.forward(inputs)
    spent, highest = spent + time.perf_counter() - began, max(highest, peak())
    parts["head-deployed"] = peak() - between
    parts["entry"] = highest - before
    if forms.folds:
        between = _begun()
        forms.trained.forward(inputs)
        parts["head-trained"] = peak() - between
    else:
        parts["head-trained"] = parts["head-deployed"]
    allocated = None if gpu is None else torch.cuda.max_memory_allocated(gpu)
    return Peak(
        seconds=seconds,
        parts={name: max(0, needed) for name, needed in parts.items()},
        whole=highest,
        gpu=allocated,
        elapsed=round(spent, 4),
    )


def _begun() -> int:
    """Begin a part: free memory given back, the peak begun anew; what is held then."""
    give_back()
    reset()
    return resident()


def _too_much(peaks: list[Peak], seconds: float, patience: float) -> str | None:
    """Why a clip is not tried, judged by those before it."""
    if not peaks:
        return None
    longer = seconds / peaks[-1].seconds
    if seconds > COMPARED and peaks[-1].elapsed * longer > patience:
        return "budget"
    free = available()
    needed = max(peaks[-1].parts.values()) * longer ** _steepness(peaks)
    if needed > _ROOM * free:
        return "memory: it may need more than is free"
    return None


def _steepness(peaks: list[Peak]) -> float:
    """Exponent by which memory grew between the last two clips, from linear to quadratic."""
    if len(peaks) < 2:
        return 1.0
    before, last = peaks[-2:]
    grown = max(last.parts.values()) / max(1, *before.parts.values())
    return min(2.0, max(1.0, math.log(max(grown, 1)) / math.log(last.seconds / before.seconds)))


def resident() -> int:
    """Bytes held now."""
    return _status("VmRSS")


def peak() -> int:
    """The most bytes held since :func:`reset`, or since the process began where that is refused."""
    return _status("VmHWM")


def reset() -> None:
    """Let the peak begin anew; systems that refuse go on counting from the process's start."""
    try:
        _RESET.write_text("5", encoding="ascii")
    except OSError:
        return


def give_back() -> None:
    """Give freed memory back to the system, where the C library has a way to."""
    if sys.platform == "win32":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def available() -> int:
    """Bytes of memory that are free to be used."""
    return int(psutil.virtual_memory().available)


def _status(field: str) -> int:
    try:
        text = _STATUS.read_text(encoding="utf-8")
    except OSError:
        return _without_status(field)
    return int(text.split(f"{field}:")[1].split()[0]) << 10


def _without_status(field: str) -> int:
    """The same where the system has no /proc; its peak cannot begin anew."""
    held = psutil.Process().memory_info()
    if field == "VmRSS":
        return int(held.rss)
    if hasattr(held, "peak_wset"):  # Windows
        return int(held.peak_wset)
    try:
        import resource
    except ImportError:
        return int(held.rss)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most << 10


def _how() -> str:
    if not _STATUS.is_file():
        return (
            "the system's peak of a fresh process, which never falls: peaks include all before them"
        )
    return "VmRSS and VmHWM of a fresh process, Python and torch included"
