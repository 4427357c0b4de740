"""Checks of side effects of loading and encoding: on the process, the network, memory, the model."""

from __future__ import annotations

import hashlib
import os
import random
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from paralbench.encoders.conformance.subject import (
    CHECKED,
    Failure,
    NotApplicable,
    Subject,
    network_sentence,
)
from paralbench.system.digest import file_digest
from paralbench.system.network_guard import refused

_GROWTH = 1 << 20
_ROUND = 12
_OF_TORCH = "TORCHINDUCTOR_"
"""torch sets these variables on import of some of its modules, beyond an adapter's control."""


def global_state(subject: Subject) -> None:
    """Threads, default dtype, grad mode, flags, folder, environment and seeds are unchanged."""
    before, environment = _state(), _environment()
    assert subject.encoder is not None  # the first access loads it
    before |= _seeds()  # building torch layers draws from torch's seed; encoding may not
    subject.encode(subject.reference())
    after = _state() | _seeds()
    changed = [name for name in before if before[name] != after[name]]
    changed += [
        f"the variable {name} of the environment"
        for name in sorted({name for name, _ in _environment().items() ^ environment.items()})
    ]
    if changed:
        raise Failure(f"Loading and encoding changed {', '.join(changed)}.", len(changed))


def network(subject: Subject) -> None:
    """Neither loading nor encoding tries to reach the network."""
    with refused(CHECKED) as attempts:
        try:
            subject.encode(subject.reference())
        finally:
            if tried := [*subject.attempts, *attempts]:
                raise Failure(network_sentence(tried), len(tried))


def gradient(subject: Subject) -> None:
    """The hidden states carry no gradient."""
    with torch.enable_grad():
        (states,) = subject.encode(subject.reference())
    if states.requires_grad:
        raise Failure("The hidden states carry a gradient; encode under torch.inference_mode().")


def eval_mode(subject: Subject) -> float:
    """Every torch module of the encoder is in eval mode."""
    networks = list(modules(subject.encoder))
    if not networks:
        raise NotApplicable("It holds no torch module that can be found.")
    subject.encode(subject.reference())
    training = sum(part.training for network in networks for part in network.modules())
    if training:
        raise Failure(f"{training} of its modules are in training mode; call eval().", training)
    return float(len(networks))


def weights(subject: Subject) -> None:
    """Encoding changes no weights, in memory or on the disk."""
    networks = list(modules(subject.encoder))
    if not networks and subject.weights is None:
        raise NotApplicable("It holds no weights that can be found.")
    subject.encode(subject.reference())
    before = _digest(networks), _files(subject.weights)
    subject.encode(subject.reference(), subject.speech(subject.length(1.0)))
    after = _digest(networks), _files(subject.weights)
    if before != after:
        where = "memory" if before[0] != after[0] else "the disk"
        raise Failure(f"Encoding changed the weights in {where}.")


def memory(subject: Subject) -> float:
    """Encoding the same waveform repeatedly takes no more memory."""
    waveform = subject.speech(subject.length(0.5))
    sizes = []
    for _ in range(4):
        for _ in range(_ROUND):
            subject.encode(waveform)
        sizes.append(_resident())
    grown = [late - early for early, late in pairwise(sizes)]
    if min(grown) > _GROWTH // 4 and sum(grown) > 2 * _GROWTH:
        each = sum(grown) / (3 * _ROUND) / 2**20
        raise Failure(f"Memory grows by {each:.2f} MiB at each call.", each)
    return max(0.0, sum(grown) / (3 * _ROUND) / 2**20)


def modules(holder: object, depth: int = 4) -> Iterator[torch.nn.Module]:
    """The outermost torch modules an object holds, through attributes, lists and dicts."""
    if isinstance(holder, torch.nn.Module):
        yield holder
    elif depth:
        inside: Any = ()
        if isinstance(holder, dict):
            inside = holder.values()
        elif isinstance(holder, list | tuple):
            inside = holder
        elif hasattr(holder, "__dict__") and not isinstance(holder, type):
            inside = vars(holder).values()
        if closure := getattr(holder, "__closure__", None):
            inside = [*inside, *(cell.cell_contents for cell in closure)]
        for part in list(inside):
            if not isinstance(part, type(sys)):
                yield from modules(part, depth - 1)


def _seeds() -> dict[str, object]:
    generator = np.random.get_state()
    return {
        "Python's seed": random.getstate(),
        "numpy's seed": (generator[0], generator[1].tobytes(), *generator[2:]),  # type: ignore[index]
        "torch's seed": torch.get_rng_state().numpy().tobytes(),
    }


def _state() -> dict[str, object]:
    return {
        "the number of threads": torch.get_num_threads(),
        "the default dtype": torch.get_default_dtype(),
        "the grad mode": torch.is_grad_enabled(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "cudnn's flags": (
            torch.backends.cudnn.enabled,
            torch.backends.cudnn.benchmark,
            torch.backends.cudnn.deterministic,
        ),
        "the working folder": Path.cwd(),
    }


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_OF_TORCH)}


def _digest(networks: list[torch.nn.Module]) -> str:
    joined = hashlib.sha256()
    for module in networks:
        for name, tensor in module.state_dict().items():
            joined.update(name.encode())
            joined.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return joined.hexdigest()


def _files(place: Path | None) -> str:
    joined = hashlib.sha256()
    if place is not None:
        files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
        for file in files:
            joined.update(file_digest(file).encode())
    return joined.hexdigest()


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)
