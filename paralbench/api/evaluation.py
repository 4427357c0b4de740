"""Evaluation of models on tasks, by the flow that ``paralbench run`` takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, overload

from paralbench.api.models import Model, get_model
from paralbench.api.results import Result, Results
from paralbench.api.tasks import Task, get_task
from paralbench.evaluation.benchmark import Benchmark, Done, Failed, Request
from paralbench.evaluation.own_protocol import OwnProtocol
from paralbench.records.errors import UsageError

NO_NUMBERS = "it makes a request of what it is given"

OneModel: TypeAlias = Model | str | Path
OneTask: TypeAlias = Task | str


@overload
def evaluate(  # type: ignore[overload-overlap] # a name is also a sequence of characters
    models: OneModel,
    tasks: OneTask,
    head: str = "linear-probe",
    *,
    settings: Mapping[str, Any] | None = None,
    seeds: int = 5,
    folds: int | Literal["loso", "crossed"] | None = None,
    groups: Sequence[str] = (),
    results: Path | str | None = None,
    again: bool = False,
    replace: bool = False,
    progress: bool = False,
) -> Result: ...
@overload
def evaluate(
    models: OneModel | Sequence[OneModel],
    tasks: OneTask | Sequence[OneTask],
    head: str | Sequence[str] = "linear-probe",
    *,
    settings: Mapping[str, Any] | None = None,
    seeds: int = 5,
    folds: int | Literal["loso", "crossed"] | None = None,
    groups: Sequence[str] = (),
    results: Path | str | None = None,
    again: bool = False,
    replace: bool = False,
    progress: bool = False,
) -> Results: ...
def evaluate(
    models: OneModel | Sequence[OneModel],
    tasks: OneTask | Sequence[OneTask],
    head: str | Sequence[str] = "linear-probe",
    *,
    settings: Mapping[str, Any] | None = None,
    seeds: int = 5,
    folds: int | Literal["loso", "crossed"] | None = None,
    groups: Sequence[str] = (),
    results: Path | str | None = None,
    again: bool = False,
    replace: bool = False,
    progress: bool = False,
) -> Result | Results:
    """Extract features, fit the head on every fold, and score it on the test speakers.

    Args:
        models: a model or several, of :func:`get_model` or as it takes them.
        tasks: a task or several, of :func:`get_task` or their ids.
        head: a head or several (``paralbench list heads``).
        settings: of the heads.
        seeds: how many seeds heads with random numbers get; others get one.
        folds: of own recordings: how many; "loso" leaves one speaker out at a time; "crossed" tests
            unseen speakers on unseen texts. None as the task has it.
        groups: of own recordings: what never stands on two sides of a fold, such as ("speaker",).
        results: folder of the result files; by default in the cache, or for a model in memory in a
            folder that is removed with it. A current result is read, not computed again.
        again: compute current results again.
        replace: also replace results of other data or of more seeds, which otherwise fail.
        progress: show bars on a terminal or in a notebook, and remarks.

    Returns:
        A Result for one model, task and head; otherwise Results of every combination, with those that
        could not be run under ``failed``.

    Raises:
        UsageError: for an unknown name or setting.
        ParalbenchError: where the only entry cannot be run.
    """
    several = [isinstance(x, Sequence) and not isinstance(x, str) for x in (models, tasks, head)]
    chosen = [get_model(model).current() for model in _listed(models)]
    targets = [task if isinstance(task, Task) else get_task(task) for task in _listed(tasks)]
    if not chosen or not targets or not _listed(head):
        raise UsageError("evaluate expects a model, a task and a head at least; one is missing.")
    for kind, names in (("models", [m.id for m in chosen]), ("tasks", [t.id for t in targets])):
        if len(set(names)) < len(names):
            raise UsageError(f"evaluate expects {kind} of different names, got {', '.join(names)}.")
    if folds not in (None, "loso", "crossed") and (isinstance(folds, str) or folds < 2):
        raise UsageError(
            f"evaluate expects folds of 2 or more, 'loso' or 'crossed', got {folds!r}."
        )
    if isinstance(groups, str):
        raise UsageError(f"evaluate expects a list of groups, got {groups!r}; give [{groups!r}].")
    done: list[Result] = []
    failed: list[Failed] = []
    for batch, group in _groups(chosen, targets):
        cache = batch[0].cache
        request = Request(
            tasks=tuple(task.id for task in group),
            models=tuple(model.id for model in batch),
            heads=tuple(_listed(head)),
            data={task.card.corpus: task.data for task in group},
            head_settings=settings or {},
            seeds=tuple(range(seeds)),
            protocol=OwnProtocol(folds, tuple(groups)) if folds is not None or groups else None,
            encoders={model.id: model.encoders for model in batch},
        )
        folder = cache / "results" if results is None else Path(results).expanduser()
        benchmark = Benchmark(group[0].catalog, request, cache, folder, again, replace=replace)
        for outcome in benchmark.run(_say if progress else _silent, quiet=not progress):
            if isinstance(outcome, Done):
                refused = tuple(map(str, outcome.refused))
                done.append(Result(outcome.result, outcome.file, outcome.examples, refused))
            else:
                failed.append(outcome)
    if any(several):
        return Results(tuple(done), tuple(failed))
    if failed:
        raise failed[0].error
    return done[0]


def _groups(
    models: Sequence[Model], tasks: Sequence[Task]
) -> Iterator[tuple[list[Model], list[Task]]]:
    """Models that share a cache, with tasks that share a catalogue and read each corpus in one place."""
    batches: dict[Path, list[Model]] = {}
    for model in models:
        batches.setdefault(model.cache, []).append(model)
    groups: list[list[Task]] = []
    for task in tasks:
        for group in groups:
            same = group[0].catalog.folders == task.catalog.folders
            places = {other.data for other in group if other.card.corpus == task.card.corpus}
            if same and places <= {task.data}:
                group.append(task)
                break
        else:
            groups.append([task])
    for batch in batches.values():
        for group in groups:
            yield batch, group


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _silent(message: str) -> None:
    pass
