"""What every network is held to, whatever it is: padding, gradients, memory, shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from paralbench.heads import head, settings
from paralbench.heads.training.frames import Frames, Shape, StreamShape
from paralbench.heads.training.network_head import NetworkHead

WIDTH = 6

WIDTHS = {1: (6,), 2: (2, 4), 3: (1, 2, 3), 4: (1, 1, 1, 3), 5: (1, 1, 1, 1, 2)}
"""The same features as so many streams."""


def build(
    name: str,
    outputs: int = 3,
    series: bool = False,
    rate: float = 50.0,
    streams: int | None = None,
    **given: Any,
) -> nn.Module:
    """A head's network with its recipe's settings and what is ``given`` over them, in eval mode.

    One that fuses hears the features in two streams or as many as are asked for.
    """
    torch.manual_seed(0)
    chosen = cast(NetworkHead, head(name))
    widths = WIDTHS[streams or (1 if chosen.streams == "one" else 2)]
    shape = Shape(tuple(StreamShape(width, rate) for width in widths), outputs, series)
    network = chosen.build(shape, settings(name, given))
    return (network if len(widths) == 1 else Parted(network, widths)).eval()


class Parted(nn.Module):
    """A network of several streams that is given one, whose features are theirs side by side."""

    def __init__(self, network: nn.Module, widths: Sequence[int]) -> None:
        super().__init__()
        self.network, self.widths = network, list(widths)

    def forward(self, streams: Sequence[Frames]) -> Tensor:
        (complete,) = streams
        parts = torch.split(complete.values, self.widths, 2)
        answer: Tensor = self.network([replace(complete, values=part) for part in parts])
        return answer


def heard(lengths: Sequence[int], rate: float = 50.0, clips: int = 1, seed: int = 0) -> Frames:
    """A batch of noise; each example has so many frames, cut into ``clips`` of like length."""
    longest = max(lengths)
    values = torch.randn(
        len(lengths), longest, WIDTH, generator=torch.Generator().manual_seed(seed)
    )
    place = torch.arange(longest).expand(len(lengths), -1)
    mask = place < torch.tensor(lengths)[:, None]
    of = place * clips // torch.tensor(lengths)[:, None]
    return Frames(values * mask[:, :, None], mask, torch.where(mask, of, -1), rate)


def alone(batch: Frames, example: int) -> Frames:
    """One example of a batch without its padding."""
    mask = batch.mask[example]
    return Frames(
        batch.values[example, mask][None], mask[mask][None], batch.clip[example, mask][None],
        batch.rate,
    )  # fmt: skip


def padding_leak(network: nn.Module, batch: Frames, series: bool = False) -> float:
    """Largest difference between an example in a padded batch and the example alone."""
    with torch.no_grad():
        together: Tensor = network([batch])
        separate = []
        for example in range(len(batch.mask)):
            item = network([alone(batch, example)])[0]
            other = together[example]
            separate.append((item - (other[batch.mask[example]] if series else other)).abs().max())
    return float(torch.stack(separate).max())


def without_gradient(network: nn.Module, batch: Frames) -> list[str]:
    """Names of parameters that no gradient reaches."""
    network.train()([batch]).square().sum().backward()
    silent = [
        name
        for name, item in network.named_parameters()
        if item.grad is None or not item.grad.abs().sum()
    ]
    network.eval()
    return silent


def overfitted(network: nn.Module, batch: Frames, steps: int = 150, rate: float = 5e-3) -> float:
    """Cross-entropy on a handful of examples of three classes after so many steps."""
    targets = torch.arange(len(batch.mask)) % 3
    descent = torch.optim.Adam(network.parameters(), lr=rate)
    network.train()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    loss = torch.tensor(0.0)
    for _ in range(steps):
        descent.zero_grad()
        loss = nn.functional.cross_entropy(network([batch]), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        descent.step()
    network.eval()
    return loss.item()
