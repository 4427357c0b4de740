"""All that a run leaves for people and programs, made anew from its rows and written atomically."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from paralbench.screening import fhir, table
from paralbench.screening.batch import Batch, Screening, Settings
from paralbench.screening.drift import drift
from paralbench.screening.in_place import evaluate
from paralbench.screening.report import Report
from paralbench.system.atomic_file import write_atomically


def write(
    screening: Screening,
    batch: Batch,
    folder: Path,
    settings: Settings,
    made: datetime,
    as_fhir: bool = False,
) -> Report:
    """Write tables and pages, the first page last; what an earlier run had more is removed.

    Args:
        screening: the bundle.
        batch: what was found.
        folder: whose lock the caller holds.
        settings: the batch's.
        made: the time that stands in the report.
        as_fhir: whether to write fhir.json too.

    Raises:
        OSError: where something cannot be written.
    """
    named = not settings.pseudonymise
    flat = table.flat(batch.rows, screening.sha256, named)
    report = Report(
        manifest=screening.manifest,
        sha256=screening.sha256,
        rows=batch.rows,
        drift=drift(screening.manifest, batch.rows),
        evaluation=evaluate(screening.manifest, batch.rows) if settings.truth else None,
        made=made,
        audit=batch.audit,
        passed_over=batch.passed_over,
        named=named,
    )
    files = {"results.csv": table.as_csv(flat), "results.parquet": table.as_parquet(flat)}
    if report.evaluation is not None:
        files["evaluation.json"] = report.evaluation.model_dump_json(indent=1).encode() + b"\n"
    if as_fhir:
        told = fhir.bundle(screening.manifest, screening.sha256, batch.rows, made)
        files["fhir.json"] = json.dumps(told, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    pages = [(name, text.encode()) for name, text in report.pages()]
    for name, content in [*files.items(), *reversed(pages)]:
        write_atomically(folder / name, content)
    written = {folder / name for name, _ in [*files.items(), *pages]}
    earlier = [folder / name for name in ("evaluation.json", "fhir.json")]
    for file in [*earlier, *folder.glob("recordings/*.html")]:
        if file not in written:
            file.unlink(missing_ok=True)
    return report
