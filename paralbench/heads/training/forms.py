"""The trained and the deployable form of a head beside each other: the same answers, what each costs."""

from __future__ import annotations

import time
from statistics import median

import torch
from torch import Tensor

from paralbench.heads.training.counting import macs
from paralbench.heads.training.network import Network, parameters
from paralbench.heads.training.sequences import Batch
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Form

TOLERANCE = 1e-5
_ROUNDS = 15


def compared(forms: dict[str, Network], batch: Batch) -> list[Form]:
    """Parameters, MACs and median seconds of each form for one batch, timed in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    with torch.inference_mode():
        for turn in range(_ROUNDS + 3):
            for name, network in forms.items():
                began = time.perf_counter()
                network(batch)
                if turn >= 3:  # the first ones warm caches up
                    seconds[name].append(time.perf_counter() - began)
    return [
        Form(
            name=name,
            parameters=parameters(network),
            macs=macs(network, batch),
            latency=median(seconds[name]),
        )
        for name, network in forms.items()
    ]


def difference(trained: Tensor, deployed: Tensor, classes: bool) -> tuple[float, int]:
    """Largest difference relative to the largest output, and how many predictions changed.

    Raises:
        ParalbenchError: where the deployable form says something else; it must not be saved.
    """
    apart = float((trained - deployed).abs().max() / trained.abs().max().clamp_min(1e-12))
    changed = int((trained.argmax(1) != deployed.argmax(1)).sum()) if classes else 0
    if apart > TOLERANCE or changed:
        raise ParalbenchError(
            f"the deployable form differs from the trained one by {apart:.1e} of the largest output "
            f"(allowed: {TOLERANCE:.0e}) and changes {changed} predictions."
        )
    return apart, changed
