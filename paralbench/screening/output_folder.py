"""The output folder of a run: tables and pages, rebuilt from its rows and written atomically."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from paralbench.screening import fhir, results_table
from paralbench.screening.batch import Batch, Settings
from paralbench.screening.drift import drift
from paralbench.screening.local_evaluation import evaluate
from paralbench.screening.report import Report
from paralbench.screening.screener_source import ScreenerSource
from paralbench.system.atomic_file import write_atomically


def write(
    source: ScreenerSource,
    batch: Batch,
    folder: Path,
    settings: Settings,
    made: datetime,
    as_fhir: bool = False,
) -> Report:
    """Write tables and pages, the first page last; remove files that only an earlier run had.

    Args:
        source: the bundle.
        batch: the run's result.
        folder: whose lock the caller holds.
        settings: the batch's.
        made: the report's date and time.
        as_fhir: whether to write fhir.json too.

    Raises:
        OSError: where a file cannot be written.
    """
    named = not settings.pseudonymise
    table = results_table.flat(source.manifest, batch.rows, source.sha256, named)
    report = Report(
        manifest=source.manifest,
        sha256=source.sha256,
        rows=batch.rows,
        drift=drift(source.manifest, batch.rows),
        evaluation=evaluate(source.manifest, batch.rows) if settings.truth else None,
        made=made,
        audit=batch.audit,
        passed_over=batch.passed_over,
        named=named,
        prevalence=settings.prevalence,
        language=settings.language,
    )
    files = {
        "results.csv": results_table.as_csv(table),
        "results.parquet": results_table.as_parquet(table),
    }
    if report.evaluation is not None:
        files["evaluation.json"] = report.evaluation.model_dump_json(indent=1).encode() + b"\n"
    if as_fhir:
        bundle = fhir.bundle(source.manifest, source.sha256, batch.rows, made, named)
        text = json.dumps(bundle, ensure_ascii=False, allow_nan=False)
        files["fhir.json"] = text.encode() + b"\n"
    pages = [(name, text.encode()) for name, text in report.pages()]
    files |= dict(reversed(pages))
    for name, content in files.items():
        write_atomically(folder / name, content)
    optional = [folder / name for name in ("evaluation.json", "fhir.json")]
    for file in [*optional, *folder.glob("recordings/*.html")]:
        if file.relative_to(folder).as_posix() not in files:
            file.unlink(missing_ok=True)
    return report
