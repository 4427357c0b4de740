"""The engine of extractions and fits: this machine's cores, its GPU, or a Ray cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from paralbench.audio.kept_audio import KeptAudio

NO_NUMBERS = "how work is shared out changes no record"

_BATCH = 80.0


@dataclass(frozen=True, slots=True)
class Engine:
    """What computes extractions and fits; no part of a key, since no number depends on it.

    Args:
        kind: ``local``: threads and processes of this machine; ``ray``: workers of a Ray cluster.
        workers: threads, processes or Ray workers; by default one a core, or one a GPU.
        batch: seconds of audio, padding included, that are encoded together. By default clips are
            encoded one by one on a CPU, where batches gain nothing, and in batches on a GPU.
        kept: decoded audio that successive extractions on this machine share.
    """

    kind: Literal["local", "ray"] = "local"
    workers: int | None = None
    batch: float | None = None
    kept: KeptAudio | None = field(default=None, compare=False, repr=False)

    def threads(self, device: str) -> int:
        """Number of threads that encode on this machine."""
        return self.workers or ((os.cpu_count() or 1) if device == "cpu" else 1)

    def together(self, device: str) -> float:
        """Seconds encoded together; 0 for one by one."""
        if self.batch is not None:
            return self.batch
        return 0.0 if device == "cpu" else _BATCH

    def decoders(self, device: str) -> int:
        """Number of threads that decode ahead; with 0 the calling thread decodes.

        Decoding is cheap beside encoding on a core, but a GPU outruns one core's decoding.
        """
        cores = os.cpu_count() or 1
        return self.threads(device) // 4 if device == "cpu" else min(8, cores)


LOCAL = Engine()
"""All cores of this machine, or its GPU."""
