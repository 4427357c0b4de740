"""The catalogue of corpora, tasks and models, in the package and in the user's folders.

A catalogue is a folder with ``tasks/<corpus>/`` and ``models/<id>/``. Its cards are data; its
adapters are Python, loaded only when their corpus or model is used. Installed packages add such folders
by entry points of the groups ``paralbench.corpora``, ``paralbench.encoders`` and ``paralbench.nulls``;
the value is the folder's dotted name.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import CardError, UsageError
from paralbench.records.example import Example
from paralbench.records.label_sets import LabelSet, LabelSets
from paralbench.records.model_card import HubWeights, ModelCard
from paralbench.records.model_lists import ModelList, ModelLists
from paralbench.records.suite_card import Suite, Suites
from paralbench.records.task_card import TaskCard
from paralbench.system import plug_ins
from paralbench.system.suggestion import suggestion
from paralbench.system.third_party_code import third_party
from paralbench.system.unpickling_guard import unpickling_refused

NO_NUMBERS = "it finds cards, which are keyed by what they declare"

REFERENCES = ("dir:", "hf:")
"""How references to models without a card begin."""

Named = TypeVar("Named")


@dataclass(frozen=True)
class Corpus:
    """A corpus folder: its card, its tasks and its adapter."""

    folder: Path
    card: CorpusCard
    tasks: tuple[TaskCard, ...]

    @cached_property
    def adapter(self) -> ModuleType:
        """The corpus's ``adapter.py``."""
        return load_module(self.folder / "adapter.py")

    def read(self, root: Path) -> Iterable[Example]:
        """Read the corpus at ``root`` with its adapter; no pickle in it can run code."""
        with (
            third_party(f"the adapter of corpus '{self.card.id}'"),
            unpickling_refused(f"while corpus '{self.card.id}' is read"),
        ):
            yield from self.adapter.read(root)

    @cached_property
    def synthesize(self) -> Callable[[Path, int], None]:
        """The corpus's ``synth.py``: (root, seed) -> a small synthetic corpus in its layout."""
        if not (self.folder / "synth.py").is_file():
            raise UsageError(f"corpus '{self.card.id}' has no synthetic form (no synth.py).")
        function: Callable[[Path, int], None] = load_module(self.folder / "synth.py").synthesize
        return function


@dataclass(frozen=True)
class Model:
    """A model folder: its card, and its adapter unless a backend loads the model."""

    folder: Path
    card: ModelCard

    @cached_property
    def adapter(self) -> ModuleType:
        """The model's ``adapter.py``."""
        return load_module(self.folder / "adapter.py")


class Catalog:
    """All corpora, tasks, suites, label sets, models and lists of models.

    Args:
        folders: extra catalogue folders, searched before the platform's own.
        describe: the model behind a reference to one without a card, ``dir:PATH`` or ``hf:ORG/NAME``;
            None where there are only cards.

    Raises:
        CardError: for a card that is not valid, or an id that appears twice in one catalogue.
    """

    def __init__(
        self, folders: Sequence[Path] = (), describe: Callable[[str], Model] | None = None
    ) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise UsageError(f"the catalogue folder {folder} does not exist.")
        package = Path(__file__).parent
        packaged = package / "_catalog"
        self.folders = (*folders, packaged if packaged.is_dir() else package.parent)
        self._describe = describe
        self._described: dict[str, Model] = {}

    @cached_property
    def corpora(self) -> dict[str, Corpus]:
        """Corpora by id."""
        by_id: dict[str, Corpus] = {}
        for folder in self._subfolders("tasks", "corpus.toml", ("corpora",)):
            card = CorpusCard.from_toml(folder / "corpus.toml")
            _check_id(folder / "corpus.toml", card.id, by_id.get(card.id))
            by_id.setdefault(card.id, Corpus(folder, card, _tasks(folder, card.id)))
        return by_id

    @cached_property
    def tasks(self) -> dict[str, TaskCard]:
        """Task cards by id."""
        return {task.id: task for corpus in self.corpora.values() for task in corpus.tasks}

    @cached_property
    def models(self) -> dict[str, Model]:
        """Models by id."""
        by_id: dict[str, Model] = {}
        for folder in self._subfolders("models", "model.toml", ("encoders", "nulls")):
            card = ModelCard.from_toml(folder / "model.toml")
            _check_id(folder / "model.toml", card.id, by_id.get(card.id))
            by_id.setdefault(card.id, Model(folder, card))
        return by_id

    @cached_property
    def suites(self) -> dict[str, Suite]:
        """Suites by name, from the ``tasks/suites.toml`` of every catalogue."""
        return self._tables("tasks/suites.toml", lambda file: Suites.from_toml(file).suites)

    def suite(self, name: str) -> tuple[str, ...]:
        """The tasks of the suite ``name``; raises :class:`UsageError` if it or a task is missing."""
        tasks = _named("suite", name, self.suites).tasks
        return _present(f"suite '{name}'", tasks, self.tasks)

    @cached_property
    def label_sets(self) -> dict[str, LabelSet]:
        """Label sets by name, from the ``tasks/label-sets.toml`` of every catalogue."""
        return self._tables("tasks/label-sets.toml", lambda file: LabelSets.from_toml(file).sets)

    def label_set(self, name: str) -> LabelSet:
        """The label set ``name``; raises :class:`UsageError` if there is none."""
        return _named("label set", name, self.label_sets)

    @cached_property
    def lists(self) -> dict[str, ModelList]:
        """Lists of models by name, from the ``models/lists.toml`` of every catalogue."""
        return self._tables("models/lists.toml", lambda file: ModelLists.from_toml(file).lists)

    def listed(self, name: str) -> tuple[str, ...]:
        """The models of the list ``name``; raises :class:`UsageError` if it or a model is missing."""
        models = _named("list", name, self.lists).models
        return _present(f"the list of models '{name}'", models, self.models)

    def corpus(self, name: str) -> Corpus:
        """The corpus ``name``; raises :class:`UsageError` if there is none."""
        return _named("corpus", name, self.corpora)

    def task(self, name: str) -> TaskCard:
        """The task ``name``; raises :class:`UsageError` if there is none."""
        return _named("task", name, self.tasks)

    def model(self, name: str) -> Model:
        """The model ``name``; raises :class:`UsageError` if there is none.

        ``hf:ORG/NAME`` is the model whose card names this repository, where there is one.
        """
        if name not in self.models and name.startswith(REFERENCES):
            if name not in self._described:
                self._described[name] = self._referenced(name)
            return self._described[name]
        if name not in self.models and name not in self._ids and Path(name).is_dir():
            raise UsageError(f"there is no model '{name}'; for that folder, write dir:{name}.")
        return self._ids.get(name) or _named("model", name, self.models)

    def streams(self, name: str) -> tuple[str, ...]:
        """The models in ``a+b+c`` or of the list ``@list``.

        A model with a '+' in its own name takes precedence over its parts. A reference takes all
        that follows, up to the next reference.

        Raises:
            UsageError: if a part is not a model, a model is repeated, or there is no such list.
        """
        if name.startswith("@"):
            return self.listed(name[1:])
        parts: list[str] = []
        words = name.split("+")
        while words:
            ends = (end for end in range(len(words), 0, -1) if "+".join(words[:end]) in self.models)
            end = next(ends, 1)
            if words[0].startswith(REFERENCES):
                starts = (at for at, word in enumerate(words) if at and word.startswith(REFERENCES))
                end = next(starts, len(words))
            parts.append(self.model("+".join(words[:end])).card.id)
            words = words[end:]
        if len(set(parts)) < len(parts):
            raise UsageError(f"'{name}' names an encoder twice; expected each once.")
        return tuple(parts)

    @property
    def _ids(self) -> dict[str, Model]:
        """Models that were described here, by the id on the card."""
        return {model.card.id: model for model in self._described.values()}

    def _referenced(self, name: str) -> Model:
        for model in self.models.values():
            for source in model.card.weights:
                if isinstance(source, HubWeights) and name == f"hf:{source.repository}":
                    return model
        if self._describe is None:
            raise UsageError(f"'{name}': this command takes models with a card only.")
        return self._describe(name)

    def _tables(self, name: str, read: Callable[[Path], dict[str, Named]]) -> dict[str, Named]:
        """The entries of the files ``name``; earlier catalogues take precedence."""
        entries: dict[str, Named] = {}
        for catalogue in self.folders:
            if (catalogue / name).is_file():
                entries = read(catalogue / name) | entries
        return entries

    def _subfolders(self, kind: str, card: str, groups: Sequence[str]) -> list[Path]:
        folders = [
            folder
            for catalogue in self.folders
            for folder in sorted((catalogue / kind).glob("*"))
            if (folder / card).is_file()
        ]
        for group in groups:
            for folder, origin in plug_ins.packaged_folders(group):
                if not (folder / card).is_file():
                    raise CardError(
                        f"{origin}: its entry point in paralbench.{group} names {folder}, which has "
                        f"no {card}."
                    )
                folders.append(folder)
        return folders


def from_environment(
    extra: Sequence[Path] = (), describe: Callable[[str], Model] | None = None
) -> Catalog:
    """The catalogue with the folders ``extra`` and those of PARALBENCH_CATALOG.

    Heads and metrics in the folders ``extra`` are found from now on.
    """
    plug_ins.add_folders(extra)
    paths = os.environ.get(plug_ins.FOLDERS, "").split(os.pathsep)
    return Catalog([*extra, *(Path(path) for path in paths if path)], describe)


def load_module(file: Path) -> ModuleType:
    """Load a catalogue's Python file under a unique name; raises :class:`CardError`."""
    if not file.is_file():
        raise CardError(f"{file} is missing; the folder's card needs it.")
    name = plug_ins.module_name(file)
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with third_party(str(file)):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _tasks(folder: Path, corpus: str) -> tuple[TaskCard, ...]:
    files: dict[str, Path] = {}
    tasks = []
    for file in sorted(folder.glob("*.toml")):
        if file.name == "corpus.toml":
            continue
        task = TaskCard.from_toml(file)
        if task.corpus != corpus:
            raise CardError(f"{file}: key 'corpus' is '{task.corpus}', expected '{corpus}'.")
        if task.id in files:
            raise CardError(f"{file}: key 'id': '{task.id}' is already used in {files[task.id]}.")
        files[task.id] = file
        tasks.append(task)
    return tuple(tasks)


def _check_id(file: Path, name: str, known: Corpus | Model | None) -> None:
    folder = file.parent
    # Hyphens and dots may be underscores in the name of a folder, to make it importable.
    if re.sub(r"[_.]", "-", folder.name) != re.sub(r"[_.]", "-", name):
        raise CardError(f"{file}: key 'id' is '{name}', expected the folder's name.")
    if known is not None and known.folder.parent == folder.parent:
        raise CardError(f"{file}: key 'id': '{name}' is already used in {known.folder}.")


def _present(owner: str, names: tuple[str, ...], known: Container[str]) -> tuple[str, ...]:
    if missing := [name for name in names if name not in known]:
        raise UsageError(f"{owner} names {', '.join(missing)}, which this catalogue does not have.")
    return names


def _named(kind: str, name: str, known: dict[str, Named]) -> Named:
    if name in known:
        return known[name]
    plurals = {"corpus": "corpora", "list": "model-lists", "label set": "label-sets"}
    hint = suggestion(name, known)
    raise UsageError(
        f"there is no {kind} '{name}'.{hint} 'paralbench list {plurals.get(kind, f'{kind}s')}' shows all."
    )
