"""Keys move with what decides the numbers and with nothing else; the numbers, with what is keyed."""

from __future__ import annotations

import ast
import inspect
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import paralbench
from paralbench import heads
from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.evaluation import keys
from paralbench.evaluation.preparation import required_spec
from paralbench.features.key import feature_sources
from paralbench.heads import settings as find_settings
from paralbench.system import sources
from paralbench.system.sources import Source
from tests.evaluation import key_run
from tests.evaluation.cases import task
from tests.evaluation.toy import write_catalog, write_corpus

PACKAGE = Path(paralbench.__file__).parent
ENTRIES: dict[str, tuple[dict[str, Any], str, str]] = {
    "pooled": ({}, "log-mel", "linear-probe"),
    "frames": ({}, "log-mel", "transformer"),
    "number": ({"target": {"kind": "number", "label": "target"}}, "s3prl-mfcc", "linear-probe"),
    "series": (
        {
            "target": {"kind": "series", "label": "target", "rate": 10.0},
            "metrics": {"ranking": "ccc", "report": ["ccc"]},
        },
        "log-mel",
        "linear-probe",
    ),
    "fused": ({}, "log-mel+s3prl-mfcc", "late-fusion"),
}
"""A task's fields, a model and a head; together they use every kind of source."""


def _components(name: str, **settings: Any) -> dict[str, str]:
    return keys.components(*_entry(name, **settings), seeds=[0])


def _entry(name: str, **settings: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Task, encoders, head, its settings and its spec."""
    fields, model, head = ENTRIES[name]
    catalog, card = Catalog(), task(**fields)
    chosen = find_settings(head, settings)
    spec = required_spec(card, model, head, chosen)
    encoders = [loadable(catalog.model(part)) for part in catalog.streams(model)]
    return card, encoders, head, chosen, spec


@pytest.fixture(scope="module")
def before() -> dict[str, dict[str, str]]:
    return {name: _components(name) for name in ENTRIES}


@contextmanager
def _edited(
    monkeypatch: pytest.MonkeyPatch, module: str, edit: Callable[[str], str]
) -> Iterator[None]:
    """The package as if one module's text were another."""
    text = sources.read(module)
    assert text is not None, module
    changed, read = Source.parsed(edit(text)), sources.source
    with monkeypatch.context() as patch:
        patch.setattr(sources, "source", lambda name: changed if name == module else read(name))
        yield


def _moved(before: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    """Which components of which entries are not as before."""
    now = {name: _components(name) for name in ENTRIES}
    moved = {
        name: {part for part, value in now[name].items() if value != before[name][part]}
        for name in ENTRIES
    }
    return {name: parts for name, parts in moved.items() if parts}


_LOG_MEL, _MFCC = "features.log-mel.", "features.s3prl-mfcc."


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (
            "features.pooling",  # network heads standardise with its moments
            {
                "pooled": {f"{_LOG_MEL}extraction.sources"},
                "number": {f"{_MFCC}extraction.sources"},
                "frames": {"head.sources"},
                "fused": {"head.sources"},
            },
        ),
        (
            "features.frames",
            {
                "frames": {f"{_LOG_MEL}extraction.sources"},
                "fused": {f"{_LOG_MEL}extraction.sources", f"{_MFCC}extraction.sources"},
            },
        ),
        ("features.windows", {"series": {f"{_LOG_MEL}extraction.sources"}}),
        (
            "audio.decoding",
            {
                "pooled": {f"{_LOG_MEL}decoding.sources"},
                "frames": {f"{_LOG_MEL}decoding.sources"},
                "series": {f"{_LOG_MEL}decoding.sources"},
                "number": {f"{_MFCC}decoding.sources"},
                "fused": {f"{_LOG_MEL}decoding.sources", f"{_MFCC}decoding.sources"},
            },
        ),
        (
            "features.clip_encoder",
            {
                "pooled": {f"{_LOG_MEL}extraction.sources"},
                "frames": {f"{_LOG_MEL}extraction.sources"},
                "series": {f"{_LOG_MEL}extraction.sources"},
                "number": {f"{_MFCC}extraction.sources"},
                "fused": {f"{_LOG_MEL}extraction.sources", f"{_MFCC}extraction.sources"},
            },
        ),
        (
            "encoders.backends.log_mel",
            {
                "pooled": {f"{_LOG_MEL}encoder.sources"},
                "frames": {f"{_LOG_MEL}encoder.sources"},
                "series": {f"{_LOG_MEL}encoder.sources"},
                "fused": {f"{_LOG_MEL}encoder.sources"},
            },
        ),
        (
            "encoders.backends.s3prl",
            {"number": {f"{_MFCC}encoder.sources"}, "fused": {f"{_MFCC}encoder.sources"}},
        ),
        ("metrics.wa", {name: {"metric.wa.sources"} for name in ("pooled", "frames", "fused")}),
        ("metrics.ccc", {name: {"metric.ccc.sources"} for name in ("number", "series")}),
        (
            "metrics.brier",  # calibration is reported with it
            {name: {"metric.brier.sources"} for name in ("pooled", "frames", "fused")},
        ),
        ("metrics.mae", {}),
        (
            "heads.linear_probe",
            {name: {"head.sources"} for name in ("pooled", "number", "series")},
        ),
        ("heads.conformer", {}),
        ("heads.training.fitting", {"frames": {"head.sources"}, "fused": {"head.sources"}}),
        ("statistics.bootstrap", {name: {"intervals.sources"} for name in ENTRIES}),
        ("evaluation.folds", {name: {"evaluation.sources"} for name in ENTRIES}),
        ("evaluation.cutting", {}),
        ("evaluation.comparing", {}),
        ("features.threads", {}),
        ("features.store", {}),
        ("encoders.conformance.inputs", {}),
        ("encoders.fidelity", {}),
        ("records.card", {}),
        ("leaderboard.board", {}),
        ("cli.run", {}),
    ],
)  # fmt: skip
def test_an_edit_moves_the_keys_that_depend_on_it(
    before: dict[str, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    expected: dict[str, set[str]],
) -> None:
    module = f"paralbench.{module}"
    with _edited(monkeypatch, module, lambda text: f"{text}\nEDITED = 1\n"):
        assert _moved(before) == expected
    with _edited(monkeypatch, module, lambda text: f"# edited\n{text}\n\n"):
        assert _moved(before) == {}


def test_every_declared_module_moves_keys_and_no_other_does(
    before: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    declared, read = _declared(), sources.source

    def edit(*modules: str) -> None:
        def source(name: str) -> Source | None:
            known = read(name)
            return known and replace(known, digest="edited") if name in modules else known

        monkeypatch.setattr(sources, "source", source)

    edit(*(module for module in sources.modules() if module not in declared))
    assert _moved(before) == {}
    for module, name in declared.items():
        edit(module)
        assert _components(name) != before[name], module


def test_settings_cards_and_seeds_move_their_own_component(
    before: dict[str, dict[str, str]],
) -> None:
    changed = _components("frames", epochs=3)
    assert {name for name in changed if changed[name] != before["frames"][name]} == {
        "head.settings"
    }
    assert _components("frames") == before["frames"]


def test_the_control_that_a_preset_names_is_keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    def components() -> dict[str, str]:
        encoder = loadable(Catalog().model("log-mel"))
        settings = find_settings("hrf-conformer", {})
        spec = heads.head("hrf-conformer").spec(settings)
        return keys.components(task(), [encoder], "hrf-conformer", settings, spec, seeds=[0])

    before, declared = components(), heads.preset
    for control in (None, "conv-transformer"):

        def changed(name: str, control: str | None = control) -> Any:
            card = declared(name)
            return card and card.model_copy(update={"control": control})

        monkeypatch.setattr(heads, "preset", changed)
        after = components()
        moved = {name for name in before | after if before.get(name) != after.get(name)}
        assert moved == {"head.control"}


def _declared() -> dict[str, str]:
    """Every module that an entry declares, and one such entry."""
    return {
        module: name
        for name in ENTRIES
        for modules in keys.modules(*_entry(name)).values()
        for module in modules
    }


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("toy")
    return write_catalog(root / "catalog"), write_corpus(root / "data")


@pytest.fixture(scope="module")
def recorded(
    toy: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, object], set[str]]:
    """The numbers of a small run, and the modules whose functions it called."""
    called: set[str] = set()

    def record(frame: FrameType, event: str, argument: object) -> None:
        # A class body runs on import; only functions keep their locals apart.
        if event == "call" and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            called.add(frame.f_globals.get("__name__", ""))

    before = sys.getprofile()
    threading.setprofile(record)
    sys.setprofile(record)
    try:
        numbers = key_run.numbers(*toy, tmp_path_factory.mktemp("work"))
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
    return numbers, {name for name in called if name.startswith("paralbench.")}


def test_whatever_runs_is_keyed_or_says_that_it_makes_no_numbers(
    toy: tuple[Path, Path], recorded: tuple[dict[str, object], set[str]]
) -> None:
    catalog = Catalog([toy[0]])
    encoder, card = loadable(catalog.model("bands")), catalog.task("toy-tone")
    keyed: set[str] = set()
    for spec in key_run.SPECS:
        keyed.update(*feature_sources(encoder, spec).values())
    for head, settings in key_run.HEADS.items():
        chosen = find_settings(head, settings)
        spec = required_spec(card, "bands", head, chosen)
        keyed.update(*keys.modules(card, [encoder], head, chosen, spec).values())
    called = recorded[1]
    assert {module for module in called - keyed if not sources.no_numbers(module)} == set()
    assert {
        "paralbench.audio.decoding", "paralbench.features.pooling", "paralbench.features.windows",
        "paralbench.features.threads", "paralbench.heads.training.fitting",
        "paralbench.metrics.uar", "paralbench.statistics.bootstrap",
    } <= called, "the recording misses what surely ran"  # fmt: skip


@pytest.mark.slow
def test_modules_without_numbers_change_none(
    toy: tuple[Path, Path], recorded: tuple[dict[str, object], set[str]], tmp_path: Path
) -> None:
    """A copy of the package runs with every such module's messages reversed and code added."""
    copy = tmp_path / "copy"
    shutil.copytree(PACKAGE, copy / "paralbench", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("tasks", "models"):
        (copy / folder).symlink_to(PACKAGE.parent / folder)
    edited = [name for name in sources.modules() if sources.no_numbers(name)]
    for module in edited:
        place = copy / module.replace(".", "/")
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        tree = _Disturbed().visit(ast.parse(file.read_text("utf-8")))
        file.write_text(ast.unparse(ast.fix_missing_locations(tree)), "utf-8")
    assert len(recorded[1].intersection(edited)) > 20, "few of those that run are edited"
    run = subprocess.run(
        [sys.executable, "-m", "tests.evaluation.key_run", *map(str, toy), str(tmp_path / "work")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(copy), str(PACKAGE.parent)])},
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    package, numbers = json.loads(run.stdout)
    assert Path(package).is_relative_to(copy)
    assert numbers == json.loads(json.dumps(recorded[0]))


class _Disturbed(ast.NodeTransformer):
    """Other words in whatever is raised, and a statement more in every function."""

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                part.value = part.value[::-1]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.body.append(ast.parse("disturbed = len('nothing')").body[0])
        node.body.insert(0, ast.parse("undisturbed = len('nothing')").body[0])
        return node
