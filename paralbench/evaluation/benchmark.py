"""Runs many entries: each corpus is read once, each result is written at once, none is repeated."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from paralbench.catalog import Catalog
from paralbench.corpora.facts import release
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import Reading, read
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.encoders.placement import REFERENCE, Placement
from paralbench.evaluation.annotations import NothingToReadError
from paralbench.evaluation.own_protocol import OwnProtocol
from paralbench.evaluation.preparation import Entry, Preparation, prepare
from paralbench.evaluation.transfer import derived, transfer
from paralbench.evaluation.view import View
from paralbench.features.engine import LOCAL, Engine
from paralbench.heads import head as find_head
from paralbench.records.corpus_card import SYNTHETIC_MARK
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.example import Example, Refusal
from paralbench.records.profile import Profile
from paralbench.records.result import Result
from paralbench.results import files, local

if TYPE_CHECKING:
    from paralbench.audio.conditions import Condition
    from paralbench.evaluation.entry import Under
    from paralbench.evaluation.inputs import Inputs
    from paralbench.heads.head import Fits
    from paralbench.records.result import UnderCondition
    from paralbench.results.predictions import Predictions

NO_NUMBERS = "it runs entries and keeps their results"

OWN = "own"
"""Access of corpora that are the user's own data."""
NULL_HEAD = "linear-probe"
_OPEN = {"open"}
"""Access of corpora whose refused examples may be named in a result."""


@dataclass(frozen=True)
class Request:
    """The entries to run.

    ``fastest`` selects the fastest admitted placement on this machine instead of ``placement``.
    ``across`` names a label set: the head is trained on each of the tasks (or on ``trained`` only)
    and tested on each. ``protocol`` replaces that of tasks on own data. ``nulls`` are models that
    run beside the others with the linear probe: on own data, or with ``nulls_everywhere`` on every
    task. One that has nothing to read in a task is passed over. ``under`` names conditions.
    ``encoders`` are models that are in no catalogue, by name.
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
    protocol: OwnProtocol | None = None
    nulls: Sequence[str] = ()
    nulls_everywhere: bool = False
    under: Sequence[str] = ()
    encoders: Mapping[str, tuple[LoadableEncoder, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """An entry with a result. ``fresh`` is False if the result on disk was current.

    ``examples`` are the task's, by their id in the predictions; their names never leave the machine.
    """

    result: Result
    file: Path
    refused: tuple[Refusal, ...]
    fresh: bool
    examples: Mapping[str, Example] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """An entry that could not be run, and the error."""

    task: str
    model: str
    head: str
    error: ParalbenchError


Costs = Callable[[Preparation, Result], Profile | None]
"""Profiles an entry; None where it is not to be profiled. An argument, because this package may not
import the profiler."""


class Benchmark:
    """Runs the entries of a request.

    Args:
        catalog: tasks and models.
        request: what to run.
        cache: root of the feature store.
        results: root of the result files.
        again: also run entries whose result is current.
        costs: profiles each result that has no profile; None for no profile.
        replace: also replace a result of other data or of more seeds.
    """

    def __init__(
        self,
        catalog: Catalog,
        request: Request,
        cache: Path,
        results: Path,
        again: bool = False,
        costs: Costs | None = None,
        replace: bool = False,
    ) -> None:
        self._catalog, self._request = catalog, request
        self._cache, self._results, self._again = cache, results, again
        self._readings: dict[str, tuple[Reading, bool]] = {}
        self._digests: dict[Path, str | None] = {}
        self._encoders: dict[str, LoadableEncoder] = {}
        self._costs, self._replace = costs, replace
        self._remarked: set[tuple[str, str]] = set()
        self._say: Callable[[str], None] = lambda message: None

    def encoders(self, name: str) -> tuple[LoadableEncoder, ...]:
        """The encoders of a model, or of several joined by '+'; raises as `encoder`."""
        if name in self._request.encoders:
            return self._request.encoders[name]
        return tuple(self.encoder(part) for part in self._catalog.streams(name))

    def encoder(self, name: str) -> LoadableEncoder:
        """The encoder of a model, with its weights.

        Raises:
            UsageError: for a model that does not exist.
            ParalbenchError: if its weights are not on this machine.
        """
        if name not in self._encoders:
            model = self._catalog.model(name)
            # A null computes in numpy, whatever the models beside it are computed by.
            placement = REFERENCE if model.card.null else self._request.placement
            encoder = loadable(model, self._request.weights, placement)
            if self._request.fastest and not model.card.null:
                from paralbench.encoders.fidelity import fastest

                encoder = fastest(encoder, self._cache, self._say)
            self._encoders[name] = encoder
        return self._encoders[name]

    def preparations(
        self, say: Callable[[str], None] = lambda message: None
    ) -> Iterator[Preparation | Failed]:
        """All entries, read and audited; an entry that cannot be prepared is yielded as Failed.

        ``say`` is called once with each remark on the data.

        Raises:
            UsageError: for a task, model or head that does not exist, before any entry is run.
        """
        request = self._request
        for task in request.tasks:
            self._catalog.task(task)
        for model in request.models:
            if model not in request.encoders:
                self._catalog.streams(model)
        for head in request.heads:
            find_head(head)
        pairs = [(model, head) for model in request.models for head in request.heads]
        for task, view, own in self._views():
            beside = own or request.nulls_everywhere
            nulls = [(null, NULL_HEAD) for null in request.nulls if beside]
            for model, head in dict.fromkeys([*pairs, *nulls]):
                try:
                    prepared = self._prepare(view(), model, head)
                    for remark in prepared.remarks:
                        if (task, remark) not in self._remarked:
                            self._remarked.add((task, remark))
                            say(f"{task}: {remark}")
                    yield prepared
                except NothingToReadError as error:
                    if (model, head) in pairs:
                        yield Failed(task, model, head, error)
                    else:
                        self._say(f"{task}: {error} It is passed over.")
                except ParalbenchError as error:
                    if error.exit_code == 2:
                        raise
                    yield Failed(task, model, head, error)

    def again(self, entry: Entry, **settings: Any) -> Preparation:
        """Prepare an entry with other settings of its head."""
        changed = replace(entry, head_settings={**entry.head_settings, **settings})
        return prepare(changed, self._digests)

    def run(
        self,
        say: Callable[[str], None],
        quiet: bool = False,
        begun: Callable[[Preparation], None] = lambda prepared: None,
        scored: Callable[[Done], None] = lambda done: None,
    ) -> Iterator[Done | Failed]:
        """Run the entries that have no current result.

        Args:
            say: called with remarks for the user.
            quiet: show no progress.
            begun: called before an entry is run.
            scored: called with each result that is stored, before its costs are measured.
        """
        self._say = say
        task, engine = "", self._request.engine
        for prepared in self.preparations(say):
            if isinstance(prepared, Failed):
                yield prepared
                continue
            entry = prepared.entry
            examples = {
                prepared.ids[example.id]: example for example in prepared.selection.examples
            }
            file = files.result_path(
                self._results, entry.task.id, entry.model, entry.head, entry.view.synthetic
            )
            current = None if self._again else _current(file, prepared)
            missing = self._missing(prepared, current)
            if current is not None and not missing:
                refused = local.read_refused(file) or tuple(
                    Refusal(r.subject, r.reason) for r in current.data.refused
                )
                done = Done(current, file, refused, fresh=False, examples=examples)
                scored(done)
                yield replace(done, result=self._profiled(prepared, current, file))
                continue
            if not self._replace and (kept := _better(file, prepared)):
                yield Failed(entry.task.id, entry.model, entry.head, ParalbenchError(kept))
                continue
            begun(prepared)
            from paralbench.evaluation.entry import run
            from paralbench.evaluation.local_predictions import rows as local_rows

            if entry.task.id != task:
                task, engine = entry.task.id, self._engine()
            try:
                # BLAS threads gain nothing on an entry's small matrices, and wait by spinning.
                with threadpool_limits(1, "blas"):
                    outcome = run(
                        prepared,
                        self._cache,
                        engine=engine,
                        quiet=quiet,
                        say=say,
                        under=self._under(prepared, missing, quiet) if missing else None,
                    )
            except ParalbenchError as error:
                yield Failed(entry.task.id, entry.model, entry.head, error)
                continue
            result, conditions = outcome.result, None
            if missing:
                from paralbench.evaluation.conditions import joined

                result, conditions = joined(outcome, current, file)
            files.write(self._results, result, outcome.predictions, conditions)
            local.write(file, local_rows(outcome), outcome.refused)
            shutil.rmtree(self._cache / "fits" / prepared.name, ignore_errors=True)
            done = Done(result, file, outcome.refused, fresh=True, examples=examples)
            scored(done)
            yield replace(done, result=self._profiled(prepared, result, file))

    def _engine(self) -> Engine:
        """The request's engine; where several models encode a task's clips, with audio they share."""
        engine, models = self._request.engine, {*self._request.models, *self._request.nulls}
        if engine.kind != "local" or len(models) < 2:
            return engine
        from paralbench.audio.kept_audio import KeptAudio

        return replace(engine, kept=KeptAudio())

    def _missing(self, prepared: Preparation, current: Result | None) -> list[Condition]:
        """The requested conditions that a result does not have, has of other audio, or has without
        their predictions.

        Nulls are not run under conditions: nobody would use one.
        """
        if not self._request.under or all(encoder.card.null for encoder in prepared.entry.encoders):
            return []
        from paralbench.audio.conditions import chosen, identity

        stored = current is not None and current.conditions_sha256 is not None
        known = {item.identity for item in current.conditions} if current and stored else set()
        return [item for item in chosen(self._request.under) if identity(item) not in known]

    def _under(self, prepared: Preparation, conditions: list[Condition], quiet: bool) -> Under:
        from paralbench.evaluation.conditions import under

        def scored(
            inputs: Inputs, fits: Fits, clean: Predictions
        ) -> list[tuple[UnderCondition, Predictions]]:
            return under(
                prepared, inputs, fits, clean, conditions, self._cache,
                engine=self._request.engine, quiet=quiet, say=self._say,
            )  # fmt: skip

        return scored

    def _profiled(self, prepared: Preparation, result: Result, file: Path) -> Result:
        """The result with the entry's costs, stored; as it was if they cannot be measured."""
        if self._costs is None or result.profile is not None:
            return result
        try:
            profile = self._costs(prepared, result)
        except ParalbenchError as error:
            self._say(f"{result.task} {result.model.id} {result.head}: not profiled: {error}")
            return result
        if profile is None:
            return result
        result = result.model_copy(update={"profile": profile})
        files.write(self._results, result, file.with_suffix(".parquet").read_bytes())
        return result

    def _views(self) -> list[tuple[str, Callable[[], View], bool]]:
        """The name of each task, a function that reads its data, and whether they are the user's."""
        tasks, across = self._request.tasks, self._request.across
        if across is None:
            return [(task, partial(self._view, task), self._own(task)) for task in tasks]
        labels = self._catalog.label_set(across)

        def crossed(trained: str, tested: str) -> View:
            return transfer(across, labels, self._view(trained), self._view(tested))

        trained = tasks if self._request.trained is None else [self._request.trained]
        cards = {task: self._catalog.task(task) for task in (*tasks, *trained)}
        return [
            (
                derived(across, labels, cards[train], cards[test]).id,
                partial(crossed, train, test),
                False,
            )
            for test in tasks
            for train in trained
        ]

    def _own(self, task: str) -> bool:
        return self._catalog.corpus(self._catalog.task(task).corpus).card.access == OWN

    def _view(self, task: str) -> View:
        card = self._catalog.task(task)
        corpus = self._catalog.corpus(card.corpus)
        if self._request.protocol is not None:
            card = self._request.protocol.applied(card, corpus.card)
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


def _better(file: Path, prepared: Preparation) -> str:
    """Why a result on disk may not be replaced: it is of other data, or of more seeds; "" otherwise."""
    try:
        result = files.read(file)
    except (CardError, OSError):
        return ""
    if result.data.fingerprint != prepared.fingerprint:
        why = f"is of other data ({result.data.scored} examples scored)"
    elif len(result.seeds) > len(prepared.seeds):
        why = f"has {len(result.seeds)} seeds, this run {len(prepared.seeds)}"
    else:
        return ""
    return (
        f"{file} {why}; give --replace to lose it (in Python replace=True), or another folder with "
        "--results (results=)."
    )
