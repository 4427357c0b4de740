"""Screening a batch of recordings: each has its row, whatever happens to it or to the run.

Results are journalled as they come (see journal.py), so that the same command resumes where it was
stopped; a recording is examined again only where its bytes or its clip changed. The rows are then
built from what is listed now, so that none is lost, doubled, or left over from a removed file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from paralbench.records.bundle import Outcome
from paralbench.records.errors import ParalbenchError
from paralbench.records.screened import Row
from paralbench.screener.decision import group
from paralbench.screening.audit import Audit
from paralbench.screening.journal import Journal, Run, check_empty
from paralbench.screening.listing import Listing
from paralbench.screening.local_evaluation import true_value
from paralbench.screening.pseudonyms import Pseudonyms, write_key_table
from paralbench.screening.screener_source import ScreenerSource
from paralbench.screening.workers import SCRATCH, Workers
from paralbench.system.progress import Progress

_WORTH_A_PROCESS = 4
"""Recordings, and cores, for which another process is started: loading the screener takes as long as
a few recordings, and the threads of one process share its memory."""
_FOREIGN = "not a value of the screener"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a batch is screened.

    Args:
        truth: the column of truth, for evaluation on one's own patients.
        patient: the column that says whose recording it is; without it each row is a patient.
        pseudonymise: whether reports show pseudonyms instead of names.
        salt: the file with their salt; None for one in the output folder.
        key_table: where to write which pseudonym is whose.
        workers: number of processes, which share the cores; None for one for four cores, but at most
            one for four recordings.
        quiet: whether to hide the progress.
        prevalence: share of people who have it where the screener is used, for predictive values.
        language: of the report's pages.
    """

    truth: str | None = None
    patient: str | None = None
    pseudonymise: bool = False
    salt: Path | None = None
    key_table: Path | None = None
    workers: int | None = None
    quiet: bool = False
    prevalence: float | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of a run.

    Attributes:
        rows: one for each recording, as listed, or by pseudonym.
        fresh: how many were examined in this run; the others were done before.
        damaged: lines of the journal that could not be used; their recordings were examined again.
        passed_over: files that are not recordings, counted by suffix.
        computed: how this run computed the encoder ("openvino-bf16"); empty where nothing was fresh.
        audit: sha256 of the audit log's last line.
    """

    rows: Sequence[Row]
    fresh: int
    damaged: int
    passed_over: Mapping[str, int]
    computed: Sequence[str]
    audit: str

    @property
    def counts(self) -> dict[str, int]:
        """Rows by status."""
        counter = Counter(row.assessment.status for row in self.rows)
        return {status: counter[status] for status in ("scored", "abstained", "not scored")}


def screen(
    source: ScreenerSource, inputs: Sequence[Path], folder: Path, settings: Settings
) -> Batch:
    """Screen all recordings below ``inputs`` into ``folder``, whose lock the caller holds.

    Raises:
        UsageError: where an input does not exist, or a named column.
        ParalbenchError: where the folder holds something else, or the bundle cannot be opened.
        OSError: where the folder cannot be written.
    """
    check_empty(folder)
    pseudonyms = Pseudonyms.of(folder, settings.salt) if settings.pseudonymise else None
    listing = Listing(
        inputs, settings.truth, settings.patient, pseudonyms, partial(group, source.manifest)
    )
    if not len(listing):
        raise ParalbenchError("the inputs hold no recording; see docs/screening.md.")
    if settings.key_table is not None:
        write_key_table(settings.key_table, folder, listing.names())
    run = Run(source.sha256, pseudonyms=pseudonyms.digest if pseudonyms else "")
    journal, audit = Journal(folder, run), Audit(folder)
    try:
        line = audit.append(
            "begun", bundle=run.bundle, paralbench=run.paralbench, pseudonyms=run.pseudonyms,
            recordings=len(listing), truth=settings.truth, patient=settings.patient,
        )  # fmt: skip
        journal.mark(line)
        fresh, computed = _examine(source, listing, journal, audit, folder / SCRATCH, settings)
        rows = list(listing.rows(journal.done))
        if pseudonyms is not None:
            rows = [_without_foreign_truth(row, source.manifest.outcome) for row in rows]
        batch = Batch(rows, fresh, journal.damaged, listing.passed_over, computed, audit="")
        line = audit.append("done", fresh=fresh, **batch.counts)
        journal.mark(line)
    finally:
        audit.close()
        journal.close()
    return replace(batch, audit=line)


def _without_foreign_truth(row: Row, outcome: Outcome) -> Row:
    """The row without a truth that the screener does not know, which may be a name."""
    if row.truth is None or true_value(row, outcome) is not None:
        return row
    return replace(row, truth=_FOREIGN)


def _examine(
    source: ScreenerSource,
    listing: Listing,
    journal: Journal,
    audit: Audit,
    scratch: Path,
    settings: Settings,
) -> tuple[int, list[str]]:
    """Examine every recording that needs it; how many did, and how the encoder was computed."""
    jobs = listing.jobs(journal.done)
    count = settings.workers or min(os.cpu_count() or 1, len(jobs)) // _WORTH_A_PROCESS
    count = max(1, min(count, len(jobs)))
    fresh = 0
    with (
        Progress("screening", len(jobs), "recordings", settings.quiet) as progress,
        Workers(source.load, count, scratch) as workers,
    ):
        for job, result in workers.examined(jobs):
            progress.step()
            if result is not None:
                result = listing.anonymous(job, result)
                status = result.assessment.status
                line = audit.append("examined", id=result.id, sha256=result.sha256, status=status)
                journal.add(result, line)
                fresh += 1
        computed = sorted(workers.computed)
    if computed:
        journal.mark(audit.append("computed", encoder=computed))
    return fresh, computed
