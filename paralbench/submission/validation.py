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
from paralbench.submission.folds import under_protocol
from paralbench.submission.loading import load
from paralbench.submission.problem import MOST, Problem
from paralbench.submission.recomputation import recomputed
from paralbench.submission.siblings import Facts, Sibling, beside, facts, sibling
from paralbench.system.processes import parallel_map
from paralbench.system.third_party_code import third_party

_FEW = 8
"""Up to this many results are checked faster than processes start."""


@dataclass(frozen=True)
class Report:
    """The outcome for one archive or folder: how many results it holds, and its problems.

    ``problems`` are the first ``MOST``; ``more`` counts the others.
    """

    name: str
    results: int
    problems: tuple[Problem, ...]
    more: int = 0


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
        found, problems = contents(root)
        problems = [*refused, *problems]
        models, wrong = submitted(found.models, catalog)
        cards = Cards(catalog, models)
        problems += wrong
        names = found.entries
        if not names and not problems:
            raise ParalbenchError(
                f"{place}: expected results (<model>/<task>/<head>.json), there are none."
            )
        workers = 1 if len(names) <= _FEW else workers
        checked = parallel_map(partial(_check, cards, found.results), names, workers)
        problems += [problem for _, faults in checked for problem in faults]
        actual = [result for result, _ in checked if result is not None]
        known, roots = _known(actual, found, against)
        roots |= {result.name: found.results for result in actual}
        problems += beside(actual, known, partial(_facts, roots))
        problems += [
            Problem(result.name, "standing", "own data stay where they are; nobody can check it")
            for result in actual
            if found.manifest and result.standing == "local"
        ]
        problems += _attached(found)
        problems += _strays(found)
        if not problems:
            problems = board_faults([*([against] if against else []), found.results], catalog)
        distinct = sorted(set(problems))
        more = max(0, len(distinct) - MOST)
        return Report(str(place), len(names), tuple(distinct[:MOST]), more)


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
    return sibling(loaded), problems


def _known(
    actual: Sequence[Sibling], found: Contents, against: Path | None
) -> tuple[list[Sibling], dict[str, Path]]:
    """The board's results of the same tasks, other than the submitted files."""
    if against is None or against.resolve() == found.results.resolve():
        return [], {}
    tasks = {result.task[0] for result in actual}
    own = {result.name for result in actual}
    known: list[Sibling] = []
    for file in files.find(against):
        name = file.relative_to(against).as_posix()
        if file.parent.name not in tasks or name in own:
            continue
        loaded, _ = load(against, name)
        if loaded is not None:
            known.append(sibling(loaded))
    return known, {result.name: against for result in known}


def _facts(roots: Mapping[str, Path], result: Sibling) -> Facts:
    loaded, _ = load(roots[result.name], result.name)
    return {} if loaded is None else facts(loaded)


def _attached(found: Contents) -> list[Problem]:
    """Problems of verdicts and layer analyses, on which no score depends."""
    problems = []
    for file in [
        *sorted(found.results.glob("*/conformance.json")),
        *files.find_layers(found.results),
    ]:
        name = file.relative_to(found.results).as_posix()
        try:
            if file.name == "conformance.json":
                verdict = files.verdict(found.results, file.parent.name)
                if verdict is not None and verdict.model != file.parent.name:
                    message = f"expected '{file.parent.name}', got '{verdict.model}'"
                    problems.append(Problem(name, "model", message))
            else:
                LayerAnalysis.from_json(file)
        except CardError as error:
            problems.append(Problem(name, "", sentence(error, found.results)))
    return problems


def _strays(found: Contents) -> list[Problem]:
    """Predictions without a result."""
    results = {Path(name).with_suffix("") for name in found.entries}
    tables = sorted(found.results.glob("*/*/*.parquet"))
    strays = [file.relative_to(found.results) for file in tables]
    return [
        Problem(file.as_posix(), "", "these predictions have no result beside them")
        for file in strays
        if file.with_suffix("") not in results
    ]
