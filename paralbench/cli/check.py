"""Run the conformance checks on model adapters.

Each model is checked in a separate process, without network. Exit code 0: all checks passed or
do not apply; 1: one failed; 2: wrong usage; 3: the model could not be checked.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

import paralbench
from paralbench.cli import options
from paralbench.records.errors import UsageError
from paralbench.system.progress import Progress

if TYPE_CHECKING:
    from paralbench.records.verdict import Finding

EXAMPLE = "paralbench check my-encoder --catalog my-catalog"
_REMIND = 5.0
"""Seconds without a finding after which the running check is named."""
_MARKS = {"passed": "passed", "failed": "FAILED", "not applicable": "-"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    add = parser.add_argument
    add("model", nargs="+", metavar="MODEL", help="models ('paralbench list models')")
    options.add_weights(parser)
    options.add_results(parser, "folder for the verdict")
    add("--quick", action="store_true",
        help="leave out the long checks (another process, a full window, a long recording, memory); "
        "no verdict is written")  # fmt: skip
    add("--timeout", type=float, default=900, metavar="SECONDS",
        help="a model that takes longer is stopped (default: 900)")  # fmt: skip
    add("--memory", type=float, default=16, metavar="GIB",
        help="limit of a model's address space (default: 16)")  # fmt: skip
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Check each model; exit code 1 where a check failed."""
    from paralbench.encoders.conformance import checks, process
    from paralbench.encoders.loading import loadable
    from paralbench.records.verdict import Verdict
    from paralbench.results import files
    from paralbench.results.provenance import packages

    if not args.timeout > 0 or not args.memory > 0:
        raise UsageError("--timeout and --memory expect numbers above 0.")
    catalog = options.catalog(args)
    weights = options.weights(args)
    verdicts = []
    for name in args.model:
        model = catalog.model(name)
        title = f"checking {name}"
        with Progress(title, len(checks(args.quick)), "checks", quiet=not args.json) as progress:
            encoder = loadable(model, weights)
            began = time.perf_counter()
            report = _Report(progress, quiet=args.json)
            folder = weights.get(model.card.id)
            verdict = Verdict(
                model=model.card.id,
                encoder=encoder.identity,
                findings=process.findings(
                    model,
                    folder,
                    args.timeout,
                    args.memory,
                    report,
                    quick=args.quick,
                    waiting=report.waiting,
                ),
                paralbench=paralbench.__version__,
                packages=packages(),
                seconds=round(time.perf_counter() - began, 3),
            )
        written = "no verdict is written, as the long checks were left out"
        if not args.quick:
            written = f"verdict written to {files.write_verdict(args.results, verdict)}"
        verdicts.append(verdict)
        if not args.json:
            passed = sum(finding.outcome == "passed" for finding in verdict.findings)
            print(
                f"{name}: {passed} passed, {len(verdict.failed)} failed, in {verdict.seconds:.1f} s; "
                f"{written}"
            )
    if args.json:
        print(json.dumps([verdict.model_dump(mode="json") for verdict in verdicts], indent=1))
    return 1 if any(verdict.failed for verdict in verdicts) else 0


class _Report:
    """Prints each finding as it arrives; a failure with a known reason names the earlier check."""

    def __init__(self, progress: Progress, quiet: bool) -> None:
        self._progress, self._quiet = progress, quiet
        self._first: dict[str, str] = {}
        self._since = time.monotonic()

    def __call__(self, finding: Finding) -> None:
        self._progress.step()
        self._since = time.monotonic()
        if self._quiet:
            return
        first = self._first.setdefault(finding.sentence, finding.check)
        same = finding.outcome == "failed" and first != finding.check
        sentence = f"as {first}" if same else finding.sentence
        print(f"{_MARKS[finding.outcome]:7} {finding.check:16} {sentence}", flush=True)

    def waiting(self, check: str) -> None:
        """Say on standard error every few seconds which check is running."""
        if not self._quiet and time.monotonic() - self._since > _REMIND:
            self._since = time.monotonic()
            options.say(f"running {check} ...")
