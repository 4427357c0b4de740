"""docs/heads/README.md: every head with its settings and cost, read from the code."""

from __future__ import annotations

import inspect
import json
import re
from inspect import cleandoc
from pathlib import Path
from typing import Any

import numpy as np
import torch

from paralbench import heads
from paralbench.heads.deployable import Layout
from paralbench.heads.training.recipe import Recipe
from paralbench.records.model_card import ModelCard

NO_NUMBERS = "it writes a page of the documentation"

_WIDTH, _RATE, _SECONDS, _CLASSES, _ROWS = 768, 50.0, 10, 4, 1000
_PANEL = Path(__file__).parents[1] / "heads" / "panel.md"
_ENCODER = ModelCard(
    id="encoder", title="Any encoder", backend="any", rate=16000, layers=1, width=_WIDTH,
    frame_rate=_RATE, parameters=0, licence="any", citation="none",
)  # fmt: skip

_START = f"""# Heads

Written from the code by `make docs`; a test checks that it is current. Cost is of the head as it is
trained, with its recipe's settings, for four classes and {_SECONDS} s of one layer of {_WIDTH} features at
{_RATE:g} Hz ({{streams}}), of knn and svm with {_ROWS:,} training rows; MACs are multiply-accumulates,
Fourier transforms included.
`paralbench run --head HEAD --set KEY=VALUE` overrides a setting, `--recipe FILE` many of them. The
settings that all networks share are listed under [training](#training).

| head | learns | encoders | parameters | MACs |
|---|---|---|---|---|
"""


def markdown() -> str:
    """The whole page."""
    rows, sections = [], []
    for name in heads.own_names():
        head = heads.head(name)
        learns = ", ".join(sorted(head.targets))
        rows.append(f"| [{name}]({_page(name)}) | {learns} | {head.streams} | {_cost(name)} |")
        sections.append(_settings(name, head.settings))
    start = _START.format(streams="several encoders: three of them")
    shared = "\n".join(["## Training", "", _prose(Recipe), ""])
    panel = _PANEL.read_text("utf-8")
    table, described = "\n".join(rows), "\n".join(sections)
    return f"{start}{table}\n\n{panel}\n## Settings\n\n{described}\n{shared}"


def described() -> str:
    """paralbench/heads/described.toml, which ``paralbench list heads`` reads."""
    sections = [
        "# Written by 'python -m docs.generate' from the heads, to be read without importing them.\n"
    ]
    for name in heads.own_names():
        head, preset = heads.head(name), heads.preset(name)
        module = inspect.getmodule(getattr(head, "build", type(head)))
        about = preset.about if preset else (module.__doc__ or "").strip().splitlines()[0]
        values = {
            "learns": ", ".join(sorted(head.targets)),
            "from": head.spec(heads.settings(name, {})).kind,
            "encoders": head.streams,
            "about": about,
        }
        lines = [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()
        ]
        sections.append("\n".join([f"[{name}]", *lines, ""]))
    return "\n".join(sections)


def _page(name: str) -> str:
    """The page that describes a head: its family's, or else its section here."""
    preset = heads.preset(name)
    architecture = name if preset is None else preset.architecture
    page = _PAGES.get(architecture)
    return f"#{name}" if page is None else f"{page}.md"


_PAGES = {
    "linear-probe": "linear-probe", "fair-probe": "fair-probe",
    "knn": "baselines", "lda": "baselines", "svm": "baselines", "sgd-probe": "baselines", "mlp": "baselines",
    "attentive-statistics": "baselines", "lstm": "baselines", "transformer": "baselines",
    "conformer": "hrf", "conv-transformer": "hrf", "speechformer": "hrf",
    "graph-fusion": "graph-fusion", "haffformer": "haffformer", "s4d": "s4d",
}  # fmt: skip


def _cost(name: str) -> str:
    head, settings = heads.head(name), heads.settings(name, {})
    cards = (_ENCODER,) if head.streams == "one" else (_ENCODER,) * 3
    rows = _ROWS if head.stores_rows(settings) else 0
    layout = Layout(cards, head.spec(settings), _CLASSES, rows)
    torch.manual_seed(0)
    form = head.forms(settings, layout).trained
    rate = layout.spec.frame_rate(_ENCODER) or _RATE
    rows = round(_SECONDS * rate) if layout.spec.kind == "frames" else 2
    records = [np.ones((1, rows, _WIDTH), np.float32)] * len(cards)
    macs = form.macs(form.prepare(records))
    counted = "uncounted" if macs is None else f"{macs / 1e6:,.2f} M"
    return f"{form.parameters / 1e3:,.1f} k | {counted}"


def _settings(name: str, card: type[Any]) -> str:
    """Its own settings, and the training settings that its recipe sets."""
    recipe = heads.recipe(name)
    shared = Recipe.model_fields if issubclass(card, Recipe) else {}
    own = [key for key in card.model_fields if key not in shared]
    values = heads.settings(name, {}).model_dump(mode="json")
    told = ", ".join(f"`{key} = {_value(values[key])}`" for key in own)
    trained = ", ".join(f"`{key} = {_value(values[key])}`" for key in recipe if key in shared)
    preset = heads.preset(name)
    about = _prose(card)
    if preset is not None:
        about = (
            f"{preset.about} Its architecture is [{preset.architecture}](#{preset.architecture})."
        )
    lines = [f"### {name}", "", about, ""]
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
