"""Checks of what an encoder leaves alone: the network, the process's state, memory, its weights."""

from __future__ import annotations

import gc
import hashlib
import os
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from paralbench.conformance.subject import Flaw, NotApplicable, Subject

_WARM, _CALLS, _GROWTH = 12, 48, 8 << 20


def network(subject: Subject) -> float | None:
    """Loading and encoding ask nothing of the network."""
    attempts: list[str] = []
    with _watched(attempts):
        try:
            subject.load().encode([subject.audio(min(1.0, subject.card.policy.window))])
        except OSError:
            if not attempts:
                raise
    if attempts:
        raise Flaw(f"it tried to reach {attempts[0]}; weights and all else must be here before")
    return None


@contextmanager
def _watched(attempts: list[str]) -> Iterator[None]:
    """Refuse what would leave the machine, and note where to."""

    def refused(_: Any, address: Any, *__: Any) -> None:
        attempts.append(str(address))
        raise OSError("no network while scoring")

    def unresolved(host: Any, *_: Any, **__: Any) -> None:
        attempts.append(str(host))
        raise socket.gaierror("no network while scoring")

    kept = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
    changed: Any = socket.socket
    changed.connect, changed.connect_ex = refused, refused
    socket.getaddrinfo = unresolved  # type: ignore[assignment]
    try:
        yield
    finally:
        changed.connect, changed.connect_ex = kept[:2]
        socket.getaddrinfo = kept[2]


_STATE: dict[str, Callable[[], Any]] = {
    "torch's random numbers": lambda: torch.random.get_rng_state().numpy().tobytes(),
    "numpy's random numbers": lambda: str(np.random.get_state()),  # noqa: NPY002
    "Python's random numbers": random.getstate,
    "torch's default dtype": torch.get_default_dtype,
    "torch's number of threads": torch.get_num_threads,
    "whether gradients are kept": torch.is_grad_enabled,
    "whether torch is deterministic": torch.are_deterministic_algorithms_enabled,
    "the working directory": Path.cwd,
    "the environment": lambda: dict(os.environ),
}


def global_state(subject: Subject) -> float | None:
    """Seeds, threads, default dtype, gradient mode, folder and environment stay as they were."""
    audio = subject.audio(min(1.0, subject.card.policy.window))
    subject.one(audio)  # what a first call sets up for good is set up
    before = {what: read() for what, read in _STATE.items()}
    subject.load().encode([audio])
    changed = [what for what, read in _STATE.items() if read() != before[what]]
    if changed:
        raise Flaw(f"loading or encoding changes {' and '.join(changed)}", float(len(changed)))
    return None


def memory(subject: Subject) -> float | None:
    """Encoding again and again takes no more memory than encoding once."""
    audio = subject.audio(min(1.0, subject.card.policy.window))
    for _ in range(_WARM):
        subject.one(audio)
    before = _resident()
    for _ in range(_CALLS):
        subject.one(audio)
    growth = _resident() - before
    if growth > _GROWTH:
        raise Flaw(
            f"memory grew by {growth / 2**20:.0f} MiB over {_CALLS} clips of one second",
            growth / 2**20,
        )
    return growth / 2**20


def _resident() -> int:
    """Bytes of memory this process holds."""
    gc.collect()
    file = Path("/proc/self/statm")
    if not file.is_file():
        raise NotApplicable("this system does not tell how much memory a process holds")
    return int(file.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def weights(subject: Subject) -> float | None:
    """Weights on disk and in memory are the same after encoding as before."""
    on_disk, in_memory = subject.weights(), _digest(subject)
    subject.one(subject.audio(min(1.0, subject.card.policy.window)))
    if _digest(subject) != in_memory:
        raise Flaw("encoding changes the weights in memory; an encoder is frozen")
    if subject.weights() != on_disk:
        raise Flaw("encoding changes the weights on disk")
    return None


def _digest(subject: Subject) -> str:
    total = hashlib.sha256()
    for module in subject.modules():
        for name, value in sorted(module.state_dict().items()):
            if isinstance(value, torch.Tensor):
                total.update(
                    name.encode()
                    + value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
                )
    return total.hexdigest()
