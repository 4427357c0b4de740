"""The source files that a number depends on, found by following imports, and their digest.

A digest covers the syntax tree without comments, docstrings, layout and type-checking blocks. Files
are read, not imported. A module that changes no number states why in a constant ``NO_NUMBERS``, a
package in ``NO_NUMBERS_BELOW`` of its ``__init__``; imports are not followed into those. Modules
imported by name at run time (a backend, a head, a metric) must be passed as roots.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from paralbench.system import plug_ins
from paralbench.system.atomic_file import write_atomically
from paralbench.system.cache_folder import default_cache

_PACKAGE = Path(__file__).parents[1]
_LAYOUT = {"ctx", "kind", "type_comment", "type_ignores"}


@dataclass(frozen=True, slots=True)
class Source:
    """A file's digest, its imports, and why it or its package changes no number."""

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
        return cls(
            digest,
            frozenset(_imports(tree)),
            reasons.get("NO_NUMBERS"),
            reasons.get("NO_NUMBERS_BELOW"),
        )


class _Stripped(ast.NodeTransformer):
    """Removes docstrings and blocks under ``if TYPE_CHECKING``."""

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


def read(module: str) -> str | None:
    """The text of a module of the package or a plug-in; None if unknown."""
    file: Path | None = None
    if module.partition(".")[0] == _PACKAGE.name:
        path = _PACKAGE.parent.joinpath(*module.split("."))
        files = (path.with_suffix(".py"), path / "__init__.py")
        file = next((file for file in files if file.is_file()), None)
    else:
        file = plug_ins.module_file(module)
    return None if file is None else file.read_text(encoding="utf-8")


@cache
def source(module: str) -> Source | None:
    """A module of the package, parsed once; None if unknown."""
    text = read(module)
    return None if text is None else _remembered(text)


def _remembered(text: str) -> Source:
    """As :meth:`Source.parsed`, from the cache where the same text was parsed before.

    Parsing a hundred modules takes longer than all else in a run whose results are current.
    """
    name = hashlib.sha256(f"{_parser()}\n{text}".encode()).hexdigest()[:32]
    file = default_cache() / "sources" / f"{name}.json"
    with suppress(OSError, ValueError, TypeError, KeyError):
        fields = json.loads(file.read_bytes())
        return Source(**{**fields, "imports": frozenset(fields["imports"])})
    parsed = Source.parsed(text)
    with suppress(OSError):  # a cache that cannot be written saves no time, and loses nothing
        content = json.dumps({**asdict(parsed), "imports": sorted(parsed.imports)})
        write_atomically(file, content)
    return parsed


@cache
def _parser() -> str:
    """The version of Python and of this file, on which a parsed form may depend."""
    return f"{sys.version_info[:2]} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"


def no_numbers(module: str) -> str | None:
    """Why a module, or a package that contains it, changes no number; None if it may."""
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
        without: modules and packages that are not followed, as other keys cover them.
        skip: true for more modules that are not followed; by default those without numbers.

    Raises:
        ValueError: for an unknown root.
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
    modules: set[str] = set()
    pending = list(names)
    while pending:
        module = pending.pop()
        known = source(module)
        if known is None or module in modules or skip(module):
            continue
        if not f"{module}.".startswith(outside):
            modules.add(module)
            pending += known.imports
    return frozenset(modules)


def digest(names: Sequence[str] | frozenset[str]) -> str:
    """sha256 over the syntax trees of these modules, in any order.

    >>> len(digest(["paralbench.metrics.uar"]))
    64
    """
    known = {plug_ins.label(name): source(name) for name in names}
    lines = (f"{name} {file.digest}\n" for name, file in sorted(known.items()) if file)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def of_file(file: Path) -> Source:
    """A file outside the package: parsed if it is Python, else digested as bytes."""
    content = file.read_bytes()
    if file.suffix == ".py":
        with suppress(SyntaxError):  # running the file reports the error
            return Source.parsed(content.decode())
    return Source(hashlib.sha256(content).hexdigest(), frozenset())
