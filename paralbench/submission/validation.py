"""Validate submissions: checks of single results in parallel, then across results."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.records.errors import CardError, ParalbenchError, UsageError
from paralbench.records.layer_analysis import LayerAnalysis
from paralbench.results import files
from paralbench.submission.archive import unpack
from paralbench.submission.board_trial import board_faults
from paralbench.submission.cards import Cards, of_cards, submitted
from paralbench.submission.comparisons import compared
from paralbench.submission.contents import Contents, contents, sentence
from paralbench.submission.copies import copied, impostors
from paralbench.submission.folds import under_protocol
from paralbench.submission.loading import json_values, load
from paralbench.submission.problem import MOST, Problem
from paralbench.submission.profiled import other_costs, profiled
from paralbench.submission.recomputation import recomputed
from paralbench.submission.replacement import attached_replaced, replaced
from paralbench.submission.siblings import Facts, Sibling, beside, facts, sibling
from paralbench.submission.wording import wording
from paralbench.system.processes import parallel_map
from paralbench.system.third_party_code import third_party

_FEW = 8
"""Up to this many results are checked faster than processes start."""


@dataclass(frozen=True)
class Report:
    """The outcome for one archive or folder: how many results it holds, and its problems.

    ``problems`` are the first ``MOST``; ``more`` counts the others. ``notes`` are for a reviewer to
    judge: what is replaced, and claims that cannot be checked.
    """

    name: str
    results: int
    problems: tuple[Problem, ...]
    more: int = 0
    notes: tuple[str, ...] = ()


def validate(
    place: Path, catalog: Catalog, against: Path | None = None, workers: int | None = None
) -> Report:
    """Check everything in an archive or folder.

    Args:
        place: a submission's zip file, one unpacked, or a folder of results as the board has it.
        catalog: the reviewer's.
        against: results that are on the board already.
        workers: processes; as many as there are cores by default.

    Raises:
        ParalbenchError: where nothing in it can be read.
    """
    with _unpacked(place) as (root, refused):
        submission, problems = contents(root)
        problems = [*refused, *problems]
        models, wrong = submitted(submission.models, catalog)
        cards = Cards(catalog, models)
        problems += wrong
        names = submission.entries
        if not names and not problems:
            raise ParalbenchError(
                f"{place}: expected results (<model>/<task>/<head>.json), there are none."
            )
        workers = 1 if len(names) <= _FEW else workers
        checked = parallel_map(partial(_check, cards, submission.results), names, workers)
        problems += [problem for _, faults in checked for problem in faults]
        actual = [result for result, _ in checked if result is not None]
        known, roots = _known(actual, submission, against)
        submitted_names = {result.name for result in actual}
        previous = [result for result in known if result.name in submitted_names]
        known = [result for result in known if result.name not in submitted_names]
        notes, worse = replaced(actual, previous)
        problems += worse
        problems += copied(actual, known)
        problems += impostors(models, catalog)
        problems += other_costs(actual, [*known, *previous])
        roots |= {result.name: submission.results for result in actual}
        problems += beside(actual, known, partial(_facts, roots))
        problems += [
            Problem(result.name, "standing", "own data stay where they are; nobody can check it")
            for result in actual
            if submission.manifest and result.standing == "local"
        ]
        problems += _attached(submission)
        problems += _strays(submission)
        if not problems:
            problems = board_faults([*([against] if against else []), submission.results], catalog)
        distinct = sorted(set(problems))
        more = max(0, len(distinct) - MOST)
        if against is not None:
            notes += attached_replaced(submission, against)
        notes += [
            f"models/{name}/model.toml: says that its list of training data is complete; nobody can check it"
            for name, card in sorted(models.items())
            if card.training_complete and name not in catalog.models
        ]
        notes += [
            f"{result.name}: {len(result.unstored)} scores under conditions are without their "
            "predictions; nobody can make them again"
            for result in actual
            if result.unstored
        ]
        return Report(str(place), len(names), tuple(distinct[:MOST]), more, tuple(notes))


@contextmanager
def _unpacked(place: Path) -> Iterator[tuple[Path, list[Problem]]]:
    if place.is_dir():
        yield place, []
        return
    with tempfile.TemporaryDirectory(prefix="paralbench-") as folder:
        try:
            refused = unpack(place, Path(folder))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise ParalbenchError(
                f"{place}: expected a submission's archive, it cannot be opened ({error})."
            ) from error
        yield Path(folder), refused


def _check(cards: Cards, root: Path, name: str) -> tuple[Sibling | None, list[Problem]]:
    """All checks of a single result; an error that none of them foresees is a problem as well."""
    try:
        with third_party("checking it"):
            return _checked(cards, root, name)
    except ParalbenchError as error:
        message = str(error).split(" --debug")[0].removesuffix(".")
        return None, [Problem(name, "", message)]


def _checked(cards: Cards, root: Path, name: str) -> tuple[Sibling | None, list[Problem]]:
    loaded, problems = load(root, name)
    if loaded is None:
        return None, problems
    try:
        card = cards.task(loaded.result)
    except UsageError as error:
        return None, [*problems, Problem(name, "task", str(error).removesuffix("."))]
    problems += of_cards(loaded, card, cards)
    problems += under_protocol(loaded, card)
    problems += recomputed(loaded, card)
    problems += compared(name, loaded.result)
    problems += profiled(name, loaded.result)
    return sibling(loaded), problems


def _known(
    actual: Sequence[Sibling], submission: Contents, against: Path | None
) -> tuple[list[Sibling], dict[str, Path]]:
    """The board's results of the same tasks."""
    if against is None or against.resolve() == submission.results.resolve():
        return [], {}
    tasks = {result.task[0] for result in actual}
    known: list[Sibling] = []
    for file in files.find(against):
        name = file.relative_to(against).as_posix()
        if file.parent.name not in tasks:
            continue
        loaded, _ = load(against, name)
        if loaded is not None:
            known.append(sibling(loaded))
    return known, {result.name: against for result in known}


def _facts(roots: Mapping[str, Path], result: Sibling) -> Facts:
    loaded, _ = load(roots[result.name], result.name)
    return {} if loaded is None else facts(loaded)


def _attached(submission: Contents) -> list[Problem]:
    """Problems of verdicts and layer analyses, on which no score depends."""
    problems = []
    for file in [
        *sorted(submission.results.glob("*/conformance.json")),
        *files.find_layers(submission.results),
    ]:
        name = file.relative_to(submission.results).as_posix()
        values, faults = json_values(file, name)
        if values is None:
            problems += faults
            continue
        problems += wording(name, values)
        try:
            if file.name == "conformance.json":
                verdict = files.verdict(submission.results, file.parent.name)
                if verdict is not None and verdict.model != file.parent.name:
                    message = f"expected '{file.parent.name}', got '{verdict.model}'"
                    problems.append(Problem(name, "model", message))
            else:
                analysis = LayerAnalysis.from_json(file)
                expected = files.layers_path(submission.results, analysis)
                if expected != file:
                    message = (
                        f"holds the layers of {expected.relative_to(submission.results).as_posix()}"
                    )
                    problems.append(Problem(name, "", message))
        except CardError as error:
            problems.append(Problem(name, "", sentence(error, submission.results)))
    return problems


def _strays(submission: Contents) -> list[Problem]:
    """Predictions without a result."""
    results = {name.removesuffix(".json") for name in submission.entries}
    tables = sorted(submission.results.glob("*/*/*.parquet"))
    strays = [file.relative_to(submission.results).as_posix() for file in tables]
    return [
        Problem(name, "", "these predictions have no result beside them")
        for name in strays
        if name.removesuffix(files.CONDITIONS).removesuffix(".parquet") not in results
    ]
