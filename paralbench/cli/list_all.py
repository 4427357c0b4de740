"""List corpora, tasks, suites, label sets, models, heads, metrics, conditions or results."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import ParalbenchError
from paralbench.system.text_table import columns, terminal_width

if TYPE_CHECKING:
    from paralbench.catalog import Catalog, Corpus

EXAMPLE = "paralbench list tasks"
Rows = list[dict[str, str]]
_ABSENT = "not here"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument("what", choices=sorted(_LISTS))
    options.add_results(parser, "for 'list results': the folder")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    rows = _LISTS[args.what](args)
    if args.json:
        print(json.dumps(rows, indent=1))
    elif rows:
        print(columns(list(rows[0]), [list(row.values()) for row in rows], terminal_width()))
    else:
        print(f"there are no {args.what} yet")
    return 0


def corpora_here(catalog: Catalog) -> dict[str, str]:
    """The path of each corpus found on this machine."""
    from paralbench.corpora.locating import locate

    paths = {}
    for corpus in catalog.corpora.values():
        try:
            paths[corpus.card.id] = str(locate(corpus.card, {}))
        except ParalbenchError:
            paths[corpus.card.id] = _ABSENT
    return paths


def models_here(catalog: Catalog) -> dict[str, str]:
    """The format of each model's weights found on this machine."""
    from paralbench.encoders.weights import find

    formats = {}
    for model in catalog.models.values():
        try:
            formats[model.card.id] = find(model.card, model.folder, {}).format
        except ParalbenchError:
            formats[model.card.id] = _ABSENT
    return formats


def _conditions(args: argparse.Namespace) -> Rows:
    from paralbench.audio.conditions import conditions, origins

    options.catalog(args)  # adds the conditions of its folders
    places = origins()
    return [
        {"condition": item.name, "where": places[item.name], "about": item.title}
        for item in conditions().values()
    ]


def _label_sets(args: argparse.Namespace) -> Rows:
    return [
        {"label set": name, "classes": " ".join(labels.classes), "tasks": " ".join(labels.tasks)}
        for name, labels in options.catalog(args).label_sets.items()
    ]


def _corpora(args: argparse.Namespace) -> Rows:
    from paralbench.results.eligibility import never_ranked

    catalog = options.catalog(args)
    paths = corpora_here(catalog)

    def ranked(corpus: Corpus) -> str:
        reasons = [never_ranked(task, corpus.card) for task in corpus.tasks]
        return f"no: {reasons[0]}" if reasons and all(reasons) else "yes"

    return [
        {"corpus": name, "access": corpus.card.access, "tasks": str(len(corpus.tasks)),
         "ranked": ranked(corpus), "here": paths[name], "licence": corpus.card.licence,
         "title": corpus.card.title}
        for name, corpus in catalog.corpora.items()
    ]  # fmt: skip


def _tasks(args: argparse.Namespace) -> Rows:
    from paralbench.results.eligibility import never_ranked

    return [
        {"task": task.id, "target": task.target.kind, "protocol": task.protocol.kind, "ranked by": task.metrics.ranking,
         "examples": str(task.examples or ""),
         "never ranked": never_ranked(task, corpus.card), "title": task.title}
        for corpus in options.catalog(args).corpora.values()
        for task in corpus.tasks
    ]  # fmt: skip


def _suites(args: argparse.Namespace) -> Rows:
    """One row per task; a suite of thirteen tasks does not fit into one cell."""
    catalog = options.catalog(args)
    return [
        {"suite": name, "task": task, "member": "known" if task in suite.known else "assumed",
         "title": catalog.tasks[task].title if task in catalog.tasks else "not in this catalogue"}
        for name, suite in catalog.suites.items()
        for task in suite.tasks
    ]  # fmt: skip


def _models(args: argparse.Namespace) -> Rows:
    from paralbench.encoders.weights import commands

    catalog = options.catalog(args)
    formats = models_here(catalog)
    return [
        {"model": name, "parameters": f"{model.card.parameters / 1e6:.1f} M",
         "layers": str(model.card.layers), "width": str(model.card.width), "weights": formats[name],
         "null": "null" if model.card.null else "",
         "get them with": commands(model.card) if formats[name] == _ABSENT else "",
         "licence": model.card.licence, "title": model.card.title}
        for name, model in catalog.models.items()
    ]  # fmt: skip


def _model_lists(args: argparse.Namespace) -> Rows:
    """One row per model."""
    catalog = options.catalog(args)
    models = {row["model"]: row for row in _models(args)}
    unknown = {"parameters": "", "weights": "not in this catalogue", "licence": ""}
    return [
        {"list": name, "model": model, "member": "known" if model in members.known else "assumed",
         **{key: models.get(model, unknown)[key] for key in unknown}}
        for name, members in catalog.lists.items()
        for model in members.models
    ]  # fmt: skip


def _heads(args: argparse.Namespace) -> Rows:
    from paralbench import heads

    options.catalog(args)  # adds the heads of its folders
    own = heads.described()
    rows = []
    for name, plug_in in sorted(heads.origins().items()):
        known = own.get(name, {}) if plug_in is None else {"about": plug_in.about()}
        rows.append(
            {"head": name,
             **{key: known.get(key, "") for key in ("learns", "from", "encoders")},
             "where": "paralbench" if plug_in is None else plug_in.origin,
             "about": known.get("about", "")}
        )  # fmt: skip
    return rows


def _metrics(args: argparse.Namespace) -> Rows:
    from paralbench import metrics

    options.catalog(args)  # adds the metrics of its folders
    rows = []
    for name, plug_in in sorted(metrics.origins().items()):
        metric = metrics.metric(name)
        rows.append(
            {"metric": name, "of": metric.target, "better": "higher" if metric.higher_is_better else "lower",
             "version": str(metric.version), "where": "paralbench" if plug_in is None else plug_in.origin}
        )  # fmt: skip
    return rows


def _results(args: argparse.Namespace) -> Rows:
    """By task, the best first; what cannot be read is left to 'leaderboard build' to refuse."""
    from paralbench.metrics import metric
    from paralbench.results import files

    results = []
    for file in files.find(args.results):
        with suppress(ParalbenchError):
            results.append(files.read(file))
    best_first = sorted(
        results,
        key=lambda r: r.score(r.ranking).value * (-1 if metric(r.ranking).higher_is_better else 1),
    )
    return [
        {"task": result.task, "model": result.model.id, "head": result.head,
         "metric": result.ranking, "score": f"{result.score(result.ranking).value:.3f}",
         "standing": result.standing}
        for result in sorted(best_first, key=lambda result: result.task)
    ]  # fmt: skip


_LISTS: dict[str, Callable[[argparse.Namespace], Rows]] = {
    "corpora": _corpora, "tasks": _tasks, "suites": _suites, "models": _models,
    "model-lists": _model_lists, "label-sets": _label_sets,
    "heads": _heads, "metrics": _metrics, "conditions": _conditions, "results": _results,
}  # fmt: skip
