"""A limit on the memory that this process may take beyond what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NO_NUMBERS = "it refuses or does nothing"

_STATUS = Path("/proc/self/status")


@contextmanager
def memory_capped(spare: int) -> Iterator[None]:
    """Allow ``spare`` more bytes within the block; an allocation beyond them is a MemoryError.

    The cap is on address space, of all threads. Systems without ``/proc`` have no cap.
    """
    try:
        import resource
    except ImportError:  # Windows
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    capped = _STATUS.is_file()
    if capped:
        cap = _held() + spare
        bounds = [limit for limit in before if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min([cap, *bounds]), before[1]))
    try:
        yield
    finally:
        if capped:
            resource.setrlimit(resource.RLIMIT_AS, before)


def _held() -> int:
    """Bytes of address space."""
    lines = _STATUS.read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmSize:")).split()[1]) * 1024
