"""Which source files a number depends on, followed from import to import, and their digest.

A digest is of the syntax tree: comments, docstrings, layout and what only type checkers read do not
count. Files are read, not imported. A module that changes no number states why in a constant
``NO_NUMBERS``; for all modules of a package its ``__init__`` does in ``NO_NUMBERS_BELOW``. Imports
are not followed into those. What is imported by name at run time (a backend, a head, a metric) is
not seen: whoever imports it so names it as a root.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parents[1]
_LAYOUT = {"ctx", "kind", "type_comment", "type_ignores"}


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its digest, the names in its imports, and why it, or all in its package, changes
    no number."""

    digest: str
    imports: frozenset[str]
    no_numbers: str | None = None
    none_below: str | None = None

    @classmethod
    def parsed(cls, text: str) -> Source:
        """Read from a file's text; raises SyntaxError where it is not Python."""
        tree = _Stripped().visit(ast.parse(text))
        reasons = {}
        for statement in tree.body:
            match statement:
                case ast.Assign([ast.Name(name)], ast.Constant(str(reason))):
                    reasons[name] = reason
        digest = hashlib.sha256(_form(tree).encode()).hexdigest()
        found = frozenset(_imports(tree))
        return cls(digest, found, reasons.get("NO_NUMBERS"), reasons.get("NO_NUMBERS_BELOW"))


class _Stripped(ast.NodeTransformer):
    """Leaves out docstrings and what stands under ``if TYPE_CHECKING``."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if text else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        typing = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return None if typing else self.generic_visit(node)


def _form(node: Any) -> str:
    """A tree as text that is the same under every version of Python, unlike ``ast.dump``."""
    if isinstance(node, list):
        return f"[{','.join(map(_form, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (
        f"{name}={_form(value)}"
        for name, value in ast.iter_fields(node)
        if value is not None and value != [] and name not in _LAYOUT
    )
    return f"{type(node).__name__}({','.join(fields)})"


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules() -> list[str]:
    """All modules of the package.

    >>> "paralbench.system.sources" in modules()
    True
    """
    files = (file.relative_to(_PACKAGE.parent).with_suffix("") for file in _PACKAGE.rglob("*.py"))
    return sorted(".".join(file.parts).removesuffix(".__init__") for file in files)


@cache
def plugins() -> dict[str, Path]:
    """The top-level packages whose entry points extend this one, and where they are."""
    groups = (group for group in entry_points().groups if group.startswith(f"{_PACKAGE.name}."))
    names = {p.module.partition(".")[0] for group in groups for p in entry_points(group=group)}
    specs = {name: find_spec(name) for name in names}
    return {
        name: Path(spec.origin.removesuffix("/__init__.py")).with_suffix("")
        for name, spec in specs.items()
        if spec is not None and spec.origin is not None
    }


def read(module: str) -> str | None:
    """The text of a module of the package or a plugin; None where there is no such module."""
    top = module.partition(".")[0]
    package = _PACKAGE if top == _PACKAGE.name else plugins().get(top)
    if package is None:
        return None
    place = package.parent.joinpath(*module.split("."))
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.is_file():
            return file.read_text(encoding="utf-8")
    return None


@cache
def source(module: str) -> Source | None:
    """A module of the package, parsed once a process; None where there is no such module."""
    text = read(module)
    return None if text is None else Source.parsed(text)


def no_numbers(module: str) -> str | None:
    """Why a module, or a package it stands in, changes no number; None where it may."""
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        known = source(".".join(parts[:end]))
        if known is not None:
            own = known.no_numbers if end == len(parts) else None
            if reason := own or known.none_below:
                return reason
    return None


def reached(
    *roots: str,
    without: Sequence[str] = (),
    skip: Callable[[str], Any] = no_numbers,
) -> frozenset[str]:
    """The modules that ``roots`` import, directly or through others, and the roots.

    Args:
        roots: modules of the package.
        without: modules and packages that are not followed: keys of other names hold them.
        skip: true for further modules that are not followed; by default those without numbers.

    Raises:
        ValueError: for a root that does not exist.
    """
    if missing := [root for root in roots if source(root) is None]:
        raise ValueError(f"there is no module '{missing[0]}' in {_PACKAGE}")
    return followed(roots, without, skip)


def followed(
    names: Sequence[str] | frozenset[str],
    without: Sequence[str] = (),
    skip: Callable[[str], Any] = no_numbers,
) -> frozenset[str]:
    """As :func:`reached`, from names in import statements, some of them of other packages."""
    outside = tuple(f"{name}." for name in without)
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        module = waiting.pop()
        known = source(module)
        if known is None or module in found or skip(module):
            continue
        if not f"{module}.".startswith(outside):
            found.add(module)
            waiting += known.imports
    return frozenset(found)


def digest(names: Sequence[str] | frozenset[str]) -> str:
    """sha256 over the syntax trees of these modules, in any order.

    >>> len(digest(["paralbench.metrics.uar"]))
    64
    """
    lines = (f"{name} {known.digest}\n" for name in sorted(names) if (known := source(name)))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def of_file(file: Path) -> Source:
    """A file outside the package: parsed where it is Python, digested as bytes otherwise."""
    content = file.read_bytes()
    if file.suffix == ".py":
        with suppress(SyntaxError):  # running it raises this with its place
            return Source.parsed(content.decode())
    return Source(hashlib.sha256(content).hexdigest(), frozenset())
