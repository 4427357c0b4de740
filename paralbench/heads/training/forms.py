"""The forms of a head compared: whether their outputs agree, and what each of them costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor

from paralbench.heads.training.counting import macs
from paralbench.heads.training.network import Network, parameters
from paralbench.heads.training.sequences import Batch
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Form

TOLERANCE = 1e-5
_ROUNDS, _WARM = 15, 3


def compared(
    forms: dict[str, Network], batch: Batch, clock: Callable[[], float] = time.perf_counter
) -> list[Form]:
    """Parameters, MACs and median seconds of each form for one batch.

    Every round times all of them and begins with another one, so that none gains by its place.
    """
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    names = list(forms)
    with torch.inference_mode():
        for turn in range(_WARM + _ROUNDS):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                began = clock()
                forms[name](batch)
                if turn >= _WARM:
                    seconds[name].append(clock() - began)
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
        ParalbenchError: where the deployable form's outputs are others; it must not be saved.
    """
    relative = float((trained - deployed).abs().max() / trained.abs().max().clamp_min(1e-12))
    changed = int((trained.argmax(1) != deployed.argmax(1)).sum()) if classes else 0
    if relative > TOLERANCE or changed:
        raise ParalbenchError(
            f"the deployable form differs from the trained one by {relative:.1e} of the largest "
            f"output (allowed: {TOLERANCE:.0e}) and changes {changed} predictions."
        )
    return relative, changed
