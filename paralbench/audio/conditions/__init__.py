"""Conditions: what is done to test clips before a model encodes them, one family a file.

A condition is a function of a waveform at 16 kHz and of a random generator seeded by the clip's own
digest, so that every model meets the same degraded audio and a second run gives the same bytes.
audiomentations draws from the global states of ``random`` and ``numpy.random`` (its issue 362), which
clips degraded in several threads would share; with parameters fixed for each clip, what remains of it
is the few lines of each family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import numpy as np

from paralbench.audio.pieces import Waveform
from paralbench.records.errors import CardError, UsageError
from paralbench.system import sources
from paralbench.system.plug_ins import PlugIn, plug_ins

NO_NUMBERS = "it lists the conditions; each names its own sources"

_FIRST = ("noise", "babble", "room", "codec", "clipping", "band", "gain")
"""Families that tables show first, in this order; others follow by name."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition.

    Args:
        name: as ``--under`` and results call it.
        title: in a few words.
        apply: the degraded waveform of a clean one at 16 kHz, of the same length; the last argument
            holds waveforms of other speakers where ``others`` is not 0.
        others: number of clips of other speakers that it mixes in.
        codec: whether FFmpeg encodes it, so that FFmpeg's version decides the samples.
    """

    name: str
    title: str
    apply: Callable[[Waveform, np.random.Generator, Sequence[Waveform]], Waveform]
    others: int = 0
    codec: bool = False


def conditions() -> Mapping[str, Condition]:
    """All conditions by name, in the order of the families, then those of plug-ins.

    Raises:
        CardError: for a plug-in that cannot be loaded or is no condition.
    """
    return {**_own(), **{name: _loaded(plug_in) for name, plug_in in sorted(_plug_ins().items())}}


def origins() -> dict[str, str]:
    """Where each condition comes from: "paralbench", a file, or a package and its version."""
    of_plug_ins = {name: plug_in.origin for name, plug_in in sorted(_plug_ins().items())}
    return {**dict.fromkeys(_own(), "paralbench"), **of_plug_ins}


def families() -> list[str]:
    """The modules of this package, each with its ``CONDITIONS``, in the order of tables."""
    files = sorted(module.name for module in iter_modules(__path__))
    return sorted(files, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))


@cache
def _own() -> Mapping[str, Condition]:
    modules = (import_module(f"{__name__}.{family}") for family in families())
    return {condition.name: condition for module in modules for condition in module.CONDITIONS}


def _plug_ins() -> dict[str, PlugIn]:
    return plug_ins("conditions", tuple(_own()))


def _loaded(plug_in: PlugIn) -> Condition:
    condition = plug_in.load()
    if not isinstance(condition, Condition):
        raise CardError(
            f"{plug_in.origin}: expected {plug_in.attribute} to be a Condition, got a "
            f"{type(condition).__name__}."
        )
    return condition


def chosen(names: Sequence[str]) -> list[Condition]:
    """The named conditions, "all" for all of them.

    Raises:
        UsageError: for an unknown name.
    """
    known = conditions()
    for name in names:
        if name != "all" and name not in known:
            raise UsageError(f"there is no condition '{name}'; there are: all, {', '.join(known)}.")
    return [known[name] for name in known if name in names or "all" in names]


def identity(condition: Condition) -> str:
    """What decides the degraded samples: the name, the sources of its family, FFmpeg's version.

    Of a plug-in, the sources of its module and of what that imports of its package and this one.
    """
    plug_in = _plug_ins().get(condition.name)
    module = plug_in.module if plug_in else _module(condition)
    parts = [condition.name, sources.digest(sources.reached(module, "paralbench.audio.degraded"))]
    if condition.codec:
        import av

        versions = sorted(av.library_versions.items())
        parts.append(" ".join(f"{name} {'.'.join(map(str, v))}" for name, v in versions))
    return "/".join(parts)


def _module(condition: Condition) -> str:
    """The module of the function that degrades, also where its first arguments are bound."""
    return str(getattr(condition.apply, "func", condition.apply).__module__)
