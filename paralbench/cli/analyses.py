"""Analyses of entries, such as curves: each is printed and written; an entry that fails is reported."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from paralbench.cli.run import report
from paralbench.records.errors import ParalbenchError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from paralbench.evaluation.benchmark import Benchmark
    from paralbench.evaluation.preparation import Preparation

T = TypeVar("T", bound="BaseModel")


def analyse_entries(
    args: argparse.Namespace,
    benchmark: Benchmark,
    analyse: Callable[[Preparation], T],
    write: Callable[[T], Path],
    table: Callable[[T], str],
) -> int:
    """Analyse all entries of a benchmark; print tables, or JSON with ``--json``; return the exit code.

    Raises:
        ParalbenchError: for wrong usage, exit code 2.
    """
    from paralbench.evaluation.benchmark import Failed

    analyses, failed = [], []
    for prepared in benchmark.preparations():
        if isinstance(prepared, Failed):
            failed.append(prepared)
            continue
        entry = prepared.entry
        try:
            analysis = analyse(prepared)
        except ParalbenchError as error:
            if error.exit_code == 2:
                raise
            failed.append(Failed(entry.task.id, entry.model, entry.head, error))
            continue
        file = write(analysis)
        analyses.append(analysis)
        if not args.json:
            print(f"{table(analysis)}\n  {file}\n", flush=True)
    if args.json:
        print(json.dumps([analysis.model_dump() for analysis in analyses], indent=1))
    return report(failed, args.debug)
