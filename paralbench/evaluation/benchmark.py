"""Runs many entries: each corpus is read once, each result is written at once, none is repeated."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from paralbench.catalog import Catalog
from paralbench.corpora.facts import release
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import Reading, read
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.encoders.placement import REFERENCE, Placement
from paralbench.evaluation.preparation import Entry, Preparation, prepare
from paralbench.evaluation.transfer import derived, transfer
from paralbench.evaluation.view import View
from paralbench.features.engine import LOCAL, Engine
from paralbench.heads import head as find_head
from paralbench.records.corpus_card import SYNTHETIC_MARK
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.example import Refusal
from paralbench.records.profile import Profile
from paralbench.records.result import Result
from paralbench.results import files

NO_NUMBERS = "it runs entries and keeps their results"

_OPEN = {"open", "own"}
"""Access of corpora whose refused examples may be named in a result."""


@dataclass(frozen=True)
class Request:
    """The entries to run.

    ``fastest`` selects the fastest admitted placement on this machine instead of ``placement``.
    ``across`` names a label set: the head is trained on each of the tasks (or on ``trained`` only)
    and tested on each.
    """

    tasks: Sequence[str]
    models: Sequence[str]
    heads: Sequence[str]
    data: Mapping[str, Path] = field(default_factory=dict)
    weights: Mapping[str, Path] = field(default_factory=dict)
    head_settings: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    placement: Placement = REFERENCE
    fastest: bool = False
    engine: Engine = LOCAL
    across: str | None = None
    trained: str | None = None


@dataclass(frozen=True)
class Done:
    """An entry with a result. ``fresh`` is False if the result on disk was current."""

    result: Result
    file: Path
    refused: tuple[Refusal, ...]
    fresh: bool


@dataclass(frozen=True)
class Failed:
    """An entry that could not be run, and the error."""

    task: str
    model: str
    head: str
    error: ParalbenchError


Costs = Callable[[Preparation, Result], Profile]
"""Profiles an entry. An argument, because this package may not import the profiler."""


class Benchmark:
    """Runs the entries of a request.

    Args:
        catalog: tasks and models.
        request: what to run.
        cache: root of the feature store.
        results: root of the result files.
        again: also run entries whose result is current.
        costs: profiles each new result; None for no profile.
    """

    def __init__(
        self,
        catalog: Catalog,
        request: Request,
        cache: Path,
        results: Path,
        again: bool = False,
        costs: Costs | None = None,
    ) -> None:
        self._catalog, self._request = catalog, request
        self._cache, self._results, self._again = cache, results, again
        self._readings: dict[str, tuple[Reading, bool]] = {}
        self._digests: dict[Path, str | None] = {}
        self._encoders: dict[str, LoadableEncoder] = {}
        self._costs = costs
        self._say: Callable[[str], None] = lambda message: None

    def encoders(self, name: str) -> tuple[LoadableEncoder, ...]:
        """The encoders of a model, or of several joined by '+'; raises as `encoder`."""
        return tuple(self.encoder(part) for part in self._catalog.streams(name))

    def encoder(self, name: str) -> LoadableEncoder:
        """The encoder of a model, with its weights.

        Raises:
            UsageError: for a model that does not exist.
            ParalbenchError: if its weights are not on this machine.
        """
        if name not in self._encoders:
            model = self._catalog.model(name)
            encoder = loadable(model, self._request.weights, self._request.placement)
            if self._request.fastest:
                from paralbench.encoders.fidelity import fastest

                encoder = fastest(encoder, self._cache, self._say)
            self._encoders[name] = encoder
        return self._encoders[name]

    def preparations(self) -> Iterator[Preparation | Failed]:
        """All entries, read and audited; an entry that cannot be prepared is yielded as Failed.

        Raises:
            UsageError: for a task, model or head that does not exist, before any entry is run.
        """
        request = self._request
        for task in request.tasks:
            self._catalog.task(task)
        for model in request.models:
            self._catalog.streams(model)
        for head in request.heads:
            find_head(head)
        for task, view in self._views():
            for model in request.models:
                for head in request.heads:
                    try:
                        yield self._prepare(view(), model, head)
                    except ParalbenchError as error:
                        if error.exit_code == 2:
                            raise
                        yield Failed(task, model, head, error)

    def again(self, entry: Entry, **settings: Any) -> Preparation:
        """Prepare an entry with other settings of its head."""
        changed = replace(entry, head_settings={**entry.head_settings, **settings})
        return prepare(changed, self._digests)

    def run(self, say: Callable[[str], None], quiet: bool = False) -> Iterator[Done | Failed]:
        """Run the entries that have no current result."""
        self._say = say
        for prepared in self.preparations():
            if isinstance(prepared, Failed):
                yield prepared
                continue
            entry = prepared.entry
            file = files.result_path(
                self._results, entry.task.id, entry.model, entry.head, entry.view.synthetic
            )
            current = None if self._again else _current(file, prepared)
            if current is not None:
                refused = tuple(Refusal(r.subject, r.reason) for r in current.data.refused)
                yield Done(current, file, refused, fresh=False)
                continue
            from paralbench.evaluation.entry import run

            try:
                outcome = run(
                    prepared, self._cache, engine=self._request.engine, quiet=quiet, say=say
                )
            except ParalbenchError as error:
                yield Failed(entry.task.id, entry.model, entry.head, error)
                continue
            result = self._profiled(prepared, outcome.result)
            files.write(self._results, result, outcome.predictions)
            shutil.rmtree(self._cache / "fits" / prepared.name, ignore_errors=True)
            yield Done(result, file, outcome.refused, fresh=True)

    def _profiled(self, prepared: Preparation, result: Result) -> Result:
        """The result with the entry's costs; without them if they cannot be measured."""
        if self._costs is None:
            return result
        try:
            return result.model_copy(update={"profile": self._costs(prepared, result)})
        except ParalbenchError as error:
            self._say(f"{result.task} {result.model.id} {result.head}: not profiled: {error}")
            return result

    def _views(self) -> list[tuple[str, Callable[[], View]]]:
        """The name of each task, and a function that reads its data."""
        tasks, across = self._request.tasks, self._request.across
        if across is None:
            return [(task, partial(self._view, task)) for task in tasks]
        labels = self._catalog.label_set(across)

        def crossed(trained: str, tested: str) -> View:
            return transfer(across, labels, self._view(trained), self._view(tested))

        trained = tasks if self._request.trained is None else [self._request.trained]
        cards = {task: self._catalog.task(task) for task in (*tasks, *trained)}
        return [
            (derived(across, labels, cards[train], cards[test]).id, partial(crossed, train, test))
            for test in tasks
            for train in trained
        ]

    def _view(self, task: str) -> View:
        card = self._catalog.task(task)
        corpus = self._catalog.corpus(card.corpus)
        if card.corpus not in self._readings:
            root = locate(corpus.card, self._request.data)
            self._readings[card.corpus] = read(corpus, root), (root / SYNTHETIC_MARK).is_file()
        reading, synthetic = self._readings[card.corpus]
        return View(
            corpus, reading, card, synthetic, corpus.card.access in _OPEN,
            release(corpus.card, reading.examples),
        )  # fmt: skip

    def _prepare(self, view: View, model: str, head: str) -> Preparation:
        request = self._request
        entry = Entry(view, self.encoders(model), head, request.head_settings, request.seeds)
        return prepare(entry, self._digests)


def _current(file: Path, prepared: Preparation) -> Result | None:
    """The result on disk, if it is of this entry and its predictions are complete."""
    try:
        result = files.read(file)
    except CardError:
        return None
    return result if result.entry == prepared.name and files.has_predictions(file, result) else None
