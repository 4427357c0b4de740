"""Plug-ins: files of the user's catalogue folders, and entry points of installed packages.

A head, a metric or a condition is ``<name>.py`` in ``heads``, ``metrics`` or ``conditions`` of a
catalogue folder, or an entry point of the group ``paralbench.heads``, ``paralbench.metrics`` or
``paralbench.conditions`` with its name. Nothing is imported before it is loaded.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from paralbench.records.errors import CardError
from paralbench.system.third_party_code import third_party

NO_NUMBERS = "it finds code, whose source is in the key"

Kind = Literal["heads", "metrics", "conditions"]
_ATTRIBUTES: dict[Kind, str] = {"heads": "HEAD", "metrics": "METRIC", "conditions": "CONDITION"}
"""How the object of each kind is called in a catalogue's file."""
FOLDERS = "PARALBENCH_CATALOG"
"""The variable with the user's catalogue folders."""
_ADDED = "PARALBENCH_CATALOG_ADDED"
"""The variable with folders added in this process, for the processes it starts."""
PREFIX = "paralbench_catalog_"
"""How the names of modules begin that are files of a catalogue."""


@dataclass(frozen=True)
class PlugIn:
    """A head, metric or condition outside of this package.

    Args:
        name: its name.
        module: the module that holds it.
        attribute: its name there.
        origin: where it comes from: a file, or a package and its version.
    """

    name: str
    module: str
    attribute: str
    origin: str

    def load(self) -> Any:
        """The object; raises :class:`CardError` where it is missing or has another name."""
        with third_party(self.origin):
            plug_in = getattr(import_module(self.module), self.attribute, None)
        if getattr(plug_in, "name", None) != self.name:
            raise CardError(
                f"{self.origin}: expected {self.attribute} with the name '{self.name}', got "
                f"{getattr(plug_in, 'name', None)!r}."
            )
        return plug_in

    def about(self) -> str:
        """The first line of the module's docstring, read without importing it."""
        import ast

        file = module_file(self.module)
        if file is None:
            return ""
        text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
        return (text or "").split("\n")[0]


def add_folders(folders: Sequence[Path]) -> None:
    """Search these catalogue folders too, in this process and in those it starts."""
    added = [str(folder.resolve()) for folder in folders]
    before = os.environ.get(_ADDED, "").split(os.pathsep)
    os.environ[_ADDED] = os.pathsep.join(dict.fromkeys(filter(None, [*added, *before])))


def folders() -> list[Path]:
    """The user's catalogue folders, those added in this process first."""
    variables = (os.environ.get(name, "") for name in (_ADDED, FOLDERS))
    names = [name for text in variables for name in text.split(os.pathsep) if name]
    return list(dict.fromkeys(Path(name).resolve() for name in names))


def plug_ins(kind: Kind, own: Sequence[str] = ()) -> dict[str, PlugIn]:
    """The plug-ins of a kind by name; a catalogue folder takes precedence over a package.

    Raises:
        CardError: for one with a name of paralbench's ``own``.
    """
    attribute = _ATTRIBUTES[kind]
    known: dict[str, PlugIn] = {}
    for point in _entry_points(f"paralbench.{kind}"):
        known[point.name] = PlugIn(
            point.name, point.module, point.attr or attribute, _origin(point)
        )
    for file in _files(kind):
        name = file.stem.replace("_", "-")
        known[name] = PlugIn(name, module_name(file), attribute, str(file))
    for name in known.keys() & set(own):
        raise CardError(
            f"{known[name].origin}: '{name}' is a name of paralbench's own {kind}; choose another."
        )
    return known


def _entry_points(group: str) -> Sequence[EntryPoint]:
    """The entry points of a group, searched once for what can be imported now."""
    return _searched(group, tuple(sys.path))


@cache
def _searched(group: str, path: tuple[str, ...]) -> Sequence[EntryPoint]:
    """Reading the metadata of every installed package takes 25 ms; a run asks 25 times."""
    return tuple(entry_points(group=group))


def packaged_folders(group: str) -> list[tuple[Path, str]]:
    """The folders of the entry points of a group, and the package of each; none is imported.

    The value of such an entry point is the dotted name of a folder in the package.
    """
    folders = []
    for point in _entry_points(f"paralbench.{group}"):
        top, *parts = point.module.split(".")
        spec = find_spec(top)
        for place in (spec and spec.submodule_search_locations) or ():
            folders.append((Path(place, *parts), _origin(point)))
    return folders


def module_name(file: Path) -> str:
    """The name under which a catalogue's file is imported.

    It depends on the content, so that a file changed during the process is loaded again.
    """
    content = str(file.resolve()).encode() + b"\0" + file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return f"{PREFIX}{digest}_{file.stem}"


def label(module: str) -> str:
    """A module's name without what depends on the place of a catalogue's file.

    >>> label("paralbench_catalog_0123456789ab_mine"), label("paralbench.heads.mlp")
    ('catalogue mine', 'paralbench.heads.mlp')
    """
    if not module.startswith(PREFIX):
        return module
    return f"catalogue {module.removeprefix(PREFIX).partition('_')[2]}"


def module_file(module: str) -> Path | None:
    """The file of a catalogue's module or of an installed plug-in's; None if unknown."""
    if module.startswith(PREFIX):
        known = {module_name(file): file for kind in _ATTRIBUTES for file in _files(kind)}
        return known.get(module)
    package = packages().get(module.partition(".")[0])
    if package is None:
        return None
    path = package.parent.joinpath(*module.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


@cache
def packages() -> dict[str, Path]:
    """The top-level packages whose entry points extend this one, and where they are."""
    groups = (group for group in entry_points().groups if group.startswith("paralbench."))
    names = {p.module.partition(".")[0] for group in groups for p in entry_points(group=group)}
    specs = {name: find_spec(name) for name in names}
    return {
        name: Path(spec.origin.removesuffix("/__init__.py")).with_suffix("")
        for name, spec in specs.items()
        if spec is not None and spec.origin is not None
    }


class _Finder(MetaPathFinder):
    """Finds a catalogue's module by name, also in a process that unpickles one of its classes."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See :class:`MetaPathFinder`."""
        file = module_file(name) if name.startswith(PREFIX) else None
        return None if file is None else spec_from_file_location(name, file)


sys.meta_path.append(_Finder())


def _files(kind: str) -> Iterator[Path]:
    """Python files of a kind in the catalogue folders, those of later folders first."""
    for folder in reversed(folders()):
        for file in sorted((folder / kind).glob("*.py")):
            if not file.name.startswith(("_", "test_")):
                yield file


def _origin(point: EntryPoint) -> str:
    if point.dist is None:
        return f"package {point.module.partition('.')[0]}"
    return f"package {point.dist.name} {point.dist.version}"
