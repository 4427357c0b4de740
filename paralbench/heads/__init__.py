"""Heads: the light trainable part, one a file, found by its name.

A head is a Python file here with a ``HEAD``, a preset (``presets/<name>.toml``), or a plug-in
(:mod:`paralbench.system.plug_ins`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from paralbench.heads.head import Control, Head
from paralbench.heads.preset import Preset
from paralbench.records.errors import CardError, UsageError
from paralbench.system.plug_ins import PlugIn, plug_ins
from paralbench.system.sources import reached

NO_NUMBERS = "it finds heads by name"

_HERE = Path(__file__).parent
_NOT_HEADS = {
    "__init__", "deployable", "estimator_head", "head", "layer_choice", "linear_map", "module_head",
    "pooled_head", "preset",
}  # fmt: skip


def names() -> list[str]:
    """The names of all heads.

    >>> "hrf-conformer" in names()
    True
    """
    return sorted({*own_names(), *_plug_ins()})


def own_names() -> list[str]:
    """The names of the heads of this package."""
    own = [f.stem.replace("_", "-") for f in _HERE.glob("*.py") if f.stem not in _NOT_HEADS]
    return sorted([*own, *(file.stem for file in (_HERE / "presets").glob("*.toml"))])


def origins() -> dict[str, PlugIn | None]:
    """Every head's plug-in by name, None for a head of this package; nothing is imported."""
    return {**dict.fromkeys(own_names()), **_plug_ins()}


def described() -> dict[str, dict[str, str]]:
    """What ``paralbench list heads`` says of each head of this package, read without its code."""
    table: dict[str, dict[str, str]] = tomllib.loads(
        (_HERE / "described.toml").read_text(encoding="utf-8")
    )
    return table


def _plug_ins() -> dict[str, PlugIn]:
    return plug_ins("heads", own_names())


def preset(name: str) -> Preset | None:
    """The preset that declares this head; None for a head written in Python."""
    file = _HERE / "presets" / f"{name}.toml"
    return Preset.from_toml(file) if file.is_file() else None


def head(name: str) -> Head:
    """The head called ``name``; raises :class:`UsageError` where there is none."""
    declared = preset(name)
    if declared is not None:
        plain = control_settings(name)
        changed = {**declared.settings, **declared.fixed}
        control = Control({key: getattr(plain, key) for key in changed}) if plain else None
        return head(declared.architecture).preset(name, control)
    module = name.replace("-", "_")
    if (_HERE / f"{module}.py").is_file() and module not in _NOT_HEADS:
        return cast(Head, import_module(f"{__name__}.{module}").HEAD)
    if plug_in := _plug_ins().get(name):
        return cast(Head, plug_in.load())
    raise UsageError(f"there is no head '{name}'; there are: {', '.join(names())}.")


def control_settings(name: str) -> Any:
    """The settings of the head that a preset names as its control; None where there is none."""
    declared = preset(name)
    return settings(declared.control, {}) if declared and declared.control else None


def deterministic(name: str) -> bool:
    """Whether a head is known here and draws no random numbers, so that it has one seed.

    >>> deterministic("linear-probe"), deterministic("mlp"), deterministic("of-another-package")
    (True, False, False)
    """
    return name in names() and head(name).deterministic


def sources(name: str) -> frozenset[str]:
    """The modules that decide what a head computes; its recipe is in its settings."""
    declared = preset(name)
    if declared is not None:
        return sources(declared.architecture)
    if plug_in := _plug_ins().get(name):
        return reached(plug_in.module)
    return reached(f"{__name__}.{name.replace('-', '_')}")


def recipe(name: str) -> dict[str, Any]:
    """The defaults of ``recipes/<head>.toml``, a preset's own over its architecture's.

    A head without such a file has its defaults in its settings' class.
    """
    declared = preset(name)
    if declared is not None:
        return {**recipe(declared.architecture), **declared.settings}
    file = _HERE / "recipes" / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def settings(name: str, overrides: Mapping[str, Any]) -> Any:
    """A head's settings: its recipe, with ``overrides`` over it.

    Raises:
        UsageError: for a setting that the head does not have, or a value it cannot have.

    >>> settings("concatenation", {"width": 8}).fusion
    'concatenation'
    """
    card = head(name).settings
    declared = preset(name)
    fixed = {} if declared is None else declared.fixed
    for key, value in fixed.items():
        if overrides.get(key, value) != value:
            raise UsageError(
                f"head '{name}', settings: key '{key}': expected {value!r}, got {overrides[key]!r}."
            )
    try:
        return card.checked({**recipe(name), **overrides, **fixed}, f"head '{name}', settings")
    except CardError as error:
        raise UsageError(str(error)) from error
