"""HRF heads on Whisper tiny.en's frames: trained and folded form, and the plain backbone beside them."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.heads import head, settings
from paralbench.heads.training.counting import macs
from paralbench.heads.training.frames import Shape, StreamShape
from paralbench.heads.training.network import Network, folded, parameters
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.sequences import Batch
from paralbench.heads.training.standard import Standard
from paralbench.records.errors import ParalbenchError
from paralbench.synthetic.voice import Delivery, speak, speaker

HEADS = ("hrf-conformer", "hrf-conv-transformer", "hrf-speechformer")
SECONDS, CLIPS, STEPS, ROUNDS, CLASSES = 5.0, 4, 5, 300, 4


def run() -> list[tuple[str, str]]:
    """Features of generated voices; a few steps of training so that factors are no longer as drawn."""
    try:
        batch = _voices()
    except ParalbenchError as error:
        return [("HRF", f"not measured: {error}")]
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [row for name in HEADS for row in _rows(name, batch)]
    finally:
        torch.set_num_threads(before)


def _rows(name: str, batch: Batch) -> list[tuple[str, str]]:
    chosen = settings(name, {})
    network_head = cast(NetworkHead, head(name))
    assert network_head.plain is not None
    trained = _trained(network_head, chosen, batch)
    deployed, plain = folded(trained), _trained(network_head, network_head.plain(chosen), batch)
    first = _first(batch)
    with torch.inference_mode():
        worst, changed = _differences(network_head, batch)
        ratios = _ratios(lambda: deployed(first), lambda: plain(first))
        grown = _ratios(lambda: trained(first), lambda: plain(first))
    low, high = np.percentile(ratios, [25, 75])
    return [
        (
            f"{name}: latency, folded / plain",
            f"{median(ratios):.3f} (aim: within 0.02 of 1; middle half {low:.3f} to {high:.3f}); "
            f"trained / plain {median(grown):.2f}",
        ),
        (
            f"{name}: parameters trained, folded, plain",
            f"{parameters(trained):,}, {parameters(deployed):,}, {parameters(plain):,}; MACs "
            f"{macs(trained, first) / 1e6:.1f} M, {macs(deployed, first) / 1e6:.1f} M, "
            f"{macs(plain, first) / 1e6:.1f} M for {SECONDS:g} s",
        ),
        (
            f"{name}: folded against trained, ranks 2, 4, 8 and 2 or 3 factors",
            f"outputs differ by {worst:.1e} of the largest at most (aim: 1e-5), {changed} predictions changed",
        ),
    ]


def _differences(network_head: NetworkHead, batch: Batch) -> tuple[float, int]:
    """The largest over all ranks and factors, and how many predictions changed in all."""
    worst, changed = 0.0, 0
    for rank in (2, 4, 8):
        for factors in (2, 3):
            chosen = settings(network_head.name, {"hrf": {"rank": rank, "factors": factors}})
            with torch.inference_mode(mode=False):
                trained = _trained(network_head, chosen, batch)
            before, after = trained(batch), folded(trained)(batch)
            worst = max(worst, float((before - after).abs().max() / before.abs().max()))
            changed += int((before.argmax(1) != after.argmax(1)).sum())
    return worst, changed


def _trained(network_head: NetworkHead, chosen: Any, batch: Batch) -> Network:
    torch.manual_seed(0)
    layers, width = batch.values[0].shape[1], batch.values[0].shape[3]
    deviation, mean = torch.std_mean(batch.values[0].transpose(1, 2).flatten(0, 1), 0)
    standard = Standard(mean, 1 / deviation.clamp_min(1e-5))
    assert standard.mean.shape == (layers, width)
    shape = Shape((StreamShape(width, batch.rates[0]),), CLASSES, series=False)
    network = Network([standard], network_head.build(shape, chosen)).train()
    descent = torch.optim.AdamW(network.parameters(), lr=1e-3)
    targets = torch.arange(len(batch.values[0])) % CLASSES
    for _ in range(STEPS):
        descent.zero_grad()
        nn.functional.cross_entropy(network(batch), targets).backward()  # type: ignore[no-untyped-call]
        descent.step()
    return network.eval()


def _ratios(ours: Callable[[], object], theirs: Callable[[], object]) -> list[float]:
    """Seconds of one over the other, taken in turn, who begins changing every time."""
    ratios = []
    for turn in range(ROUNDS + 20):
        if turn % 2:
            mine, yours = _timed(ours), _timed(theirs)
        else:
            yours, mine = _timed(theirs), _timed(ours)
        if turn >= 20:  # the first ones warm caches up
            ratios.append(mine / yours)
    return ratios


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _voices() -> Batch:
    """Hidden states of some voices, all layers, as a head gets them."""
    encoder = loadable(Catalog().model("whisper-tiny.en")).load()
    states = []
    for number in range(CLIPS):
        rng = np.random.default_rng(number)
        who = speaker(rng, "female" if number % 2 else "male")
        states.append(encoder.encode([speak(who, Delivery(), SECONDS, rng)])[0])
    values = torch.stack(states)
    there = torch.ones(CLIPS, values.shape[2], dtype=torch.bool)
    clips = torch.zeros(there.shape, dtype=torch.long)
    return Batch((values,), (there,), (clips,), (50.0,))


def _first(batch: Batch) -> Batch:
    return Batch(
        (batch.values[0][:1],),
        (batch.masks[0][:1],),
        (batch.clips[0][:1],),
        batch.rates,
    )
