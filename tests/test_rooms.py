"""The order of the rooms: nothing imports from a room above its own, and no files import in a circle.

Imports inside functions count: a circle that works by luck of timing is still a circle.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import paralbench

ROOMS = (
    "records", "system", "audio", "metrics", "statistics", "synthetic", "catalog", "corpora",
    "results", "encoders", "features", "heads", "evaluation", "profiler", "pages", "leaderboard",
    "submission", "screener", "bundling", "federation", "screening", "api", "cli", "__main__",
)  # fmt: skip
"""Lowest first: a room may import from itself and from those before it."""

ROOT = Path(paralbench.__file__).parent


def test_every_room_has_its_place() -> None:
    rooms = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or _is_package(path)}
    assert rooms - {"__init__"} <= set(ROOMS), "add the new room to ROOMS, above what it imports"


def test_no_room_imports_from_one_above() -> None:
    faults = list(_upward(_imports(ROOT)))
    assert not faults, "\n".join(faults)


def test_no_files_import_each_other_in_a_circle() -> None:
    circle = _circle(_imports(ROOT))
    assert circle is None, (
        f"{' -> '.join(circle or ())}: move what both need into a file of its own below them"
    )


def test_an_upward_import_and_a_circle_are_noticed(tmp_path: Path) -> None:
    files = {
        "records/card.py": "def read():\n    from paralbench.system import lock\n",
        "system/lock.py": "from paralbench.system import clock\n",
        "system/clock.py": "import paralbench.system.lock\n",
        "system/__init__.py": "",
        "records/__init__.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    imports = _imports(tmp_path)
    assert list(_upward(imports)) == [
        "paralbench.records.card imports paralbench.system.lock: 'records' stands below 'system'; "
        "move the import's user up to 'system', or what it needs down to 'records'"
    ]
    assert set(_circle(imports) or ()) == {"paralbench.system.lock", "paralbench.system.clock"}


def _is_package(path: Path) -> bool:
    return (path / "__init__.py").is_file()


def _imports(root: Path) -> dict[str, set[str]]:
    """The modules of the package that each of its modules imports."""
    files = {}
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        files[".".join(("paralbench", *parts)).removesuffix(".__init__")] = file
    return {
        module: {result for name in _names(_at_run_time(module, file))
                 if (result := _module(name, files)) not in (None, module)}
        for module, file in files.items()
    }  # fmt: skip


def _at_run_time(module: str, file: Path) -> ast.Module:
    """A module's code; of the package itself without what only type checkers import.

    Its public names are imported when they are used, so that every room may import its version.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if module == "paralbench":
        tree.body = [node for node in tree.body if not isinstance(node, ast.If)]
    return tree


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module(name: str, known: Mapping[str, Path]) -> str | None:
    """The module that an imported name is, or stands in; None outside the package."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None


def _upward(imports: Mapping[str, Set[str]]) -> Iterator[str]:
    for module, imported in imports.items():
        for other in sorted(imported):
            if module == "paralbench" or other == "paralbench":
                continue  # its version and name belong to no room
            room, above = module.split(".")[1], other.split(".")[1]
            if ROOMS.index(above) > ROOMS.index(room):
                yield (
                    f"{module} imports {other}: '{room}' stands below '{above}'; move the import's "
                    f"user up to '{above}', or what it needs down to '{room}'"
                )


def _circle(imports: Mapping[str, Set[str]]) -> list[str] | None:
    """Modules that import each other in a circle, if there are any."""
    done: set[str] = set()

    def search(path: list[str]) -> list[str] | None:
        for other in sorted(imports[path[-1]]):
            if other in path:
                return [*path[path.index(other) :], other]
            if other not in done and (circle := search([*path, other])):
                return circle
        done.add(path[-1])
        return None

    return next((circle for module in imports if (circle := search([module]))), None)
