"""docs/heads/README.md: every head with its settings and cost, read from the code."""

from __future__ import annotations

import re
from inspect import cleandoc
from typing import Any

import torch

from paralbench import heads
from paralbench.heads.training.counting import macs
from paralbench.heads.training.frames import Frames, Shape, StreamShape
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.recipe import Recipe

NO_NUMBERS = "it writes a page of the documentation"

_WIDTH, _RATE, _SECONDS, _CLASSES = 768, 50.0, 10, 4

_START = f"""# Heads

Written from the code by `make docs`; a test sees that it
is current. Cost is of the network as it is trained, with its recipe's settings, for four classes and
{_SECONDS} s of {_WIDTH} features at {_RATE:g} Hz ({{streams}}); MACs are multiply-accumulates, counted by torch,
Fourier transforms apart. `paralbench run --head HEAD --set KEY=VALUE` overrides a setting, `--recipe FILE`
many of them. What is common to all networks' training stands under [training](#training).

| head | learns | encoders | parameters | MACs |
|---|---|---|---|---|
"""


def markdown() -> str:
    """The whole page."""
    rows, sections = [], []
    for name in heads.names():
        found = heads.head(name)
        learns = ", ".join(sorted(found.targets))
        cost = (
            "see [scores](../scores.md) | " if not isinstance(found, NetworkHead) else _cost(found)
        )
        page = f"[{name}]({_page(name)})"
        rows.append(f"| {page} | {learns} | {found.streams} | {cost} |")
        sections.append(_settings(name, found.settings))
    start = _START.format(streams="several encoders: three of them")
    shared = "\n".join(["## Training", "", _prose(Recipe), ""])
    return start + "\n".join(rows) + "\n\n" + "\n".join(sections) + "\n" + shared


def _page(name: str) -> str:
    """The page that tells of a head: its own, or its family's."""
    return f"{_FAMILIES.get(name, name)}.md"


_FAMILIES = {
    "linear-probe": "baselines", "sgd-probe": "baselines", "mlp": "baselines", "attentive-statistics": "baselines",
    "lstm": "baselines", "transformer": "baselines",
    "conformer": "hrf", "conv-transformer": "hrf", "speechformer": "hrf",
    "hrf-conformer": "hrf", "hrf-conv-transformer": "hrf", "hrf-speechformer": "hrf",
    "concatenation": "graph-fusion", "late-fusion": "graph-fusion",
    "graph-fusion-plain-edges": "graph-fusion",
}  # fmt: skip


def _cost(found: NetworkHead) -> str:
    settings = heads.settings(found.name, {})
    streams = 1 if found.streams == "one" else 3
    pooled = settings.spec().kind == "pooled"
    width, frames = (2 * _WIDTH, 1) if pooled else (_WIDTH, round(_SECONDS * _rate(settings)))
    rate = 0.0 if pooled else _rate(settings)
    torch.manual_seed(0)
    shape = Shape((StreamShape(width, rate),) * streams, _CLASSES, series=False)
    network = found.build(shape, settings).eval()
    mask = torch.ones(1, frames, dtype=torch.bool)
    heard = Frames(torch.randn(1, frames, width), mask, torch.zeros(1, frames).long(), rate)
    count = sum(one.numel() for one in network.parameters())
    return f"{count / 1e3:,.1f} k | {macs(network, [heard] * streams) / 1e6:,.2f} M"


def _rate(settings: Any) -> float:
    return float(settings.frame_rate or _RATE)


def _settings(name: str, card: type[Any]) -> str:
    """Its own settings, and the training settings that its recipe sets."""
    recipe = heads.recipe(name)
    shared = Recipe.model_fields if issubclass(card, Recipe) else {}
    own = [key for key in card.model_fields if key not in shared]
    values = heads.settings(name, {}).model_dump(mode="json")
    told = ", ".join(f"`{key} = {_value(values[key])}`" for key in own)
    trained = ", ".join(f"`{key} = {_value(values[key])}`" for key in recipe if key in shared)
    lines = [f"### {name}", "", _prose(card), ""]
    lines.append(f"Its own: {told or 'none'}." + (f" Its training: {trained}." if trained else ""))
    return "\n".join([*lines, ""])


def _prose(card: type[Any]) -> str:
    """A docstring as Markdown: its attributes as a list."""
    lines: list[str] = []
    listing = False
    for line in cleandoc(card.__doc__ or "").splitlines():
        if line.strip() == "Attributes:":
            listing = True
        elif listing and re.match(r"    \w+:", line):
            name, _, about = line.strip().partition(":")
            lines.append(f"- `{name}`:{about}")
        else:
            lines.append(f"  {line.strip()}" if listing and line.strip() else line)
    return "\n".join(lines).replace("``", "`")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_value(one)}" for key, one in value.items())
        return "{" + inner + "}"
    return repr(value).replace("'", '"').replace("True", "true").replace("False", "false")
