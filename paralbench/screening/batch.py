"""Screening a folder of recordings: every one has its row, whatever happens to it or to the run.

What was found is kept as it comes (see journal.py), so the same command goes on where it was
stopped: a recording is done again only where its bytes or its clip changed. The rows are then made
anew of what is listed now, in that order, so nothing is lost, doubled, or left of what was removed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from paralbench.records.assessment import Assessment
from paralbench.records.bundle import Manifest
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Refusal
from paralbench.records.screened import Row, Screened
from paralbench.screener.recordings import Recording, Recordings
from paralbench.screening.audit import Audit
from paralbench.screening.examination import Job
from paralbench.screening.journal import Journal, Run, check_empty
from paralbench.screening.pseudonyms import Pseudonyms, write_key_table
from paralbench.screening.workers import SCRATCH, Opener, Workers
from paralbench.system.progress import Progress


@dataclass(frozen=True, slots=True)
class Screening:
    """A bundle and a way to open it in another process.

    Args:
        manifest: what it says of itself.
        sha256: the bundle's own.
        opener: opens it; a function of a module, or a partial of one.
    """

    manifest: Manifest
    sha256: str
    opener: Opener


@dataclass(frozen=True, slots=True)
class Settings:
    """How a batch is done.

    Args:
        truth: the column of truth, for evaluation in place.
        patient: the column that tells whose recording it is; without it each row is a patient.
        pseudonymise: whether reports hold pseudonyms instead of names.
        salt: the file with their salt; None for one in the output folder.
        key_table: where to write which pseudonym is whose.
        workers: how many processes; None for one a core, at most one a recording.
        quiet: whether to say nothing of the progress.
    """

    truth: str | None = None
    patient: str | None = None
    pseudonymise: bool = False
    salt: Path | None = None
    key_table: Path | None = None
    workers: int | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """What a run made.

    Attributes:
        rows: one for each recording, in the order they were listed.
        fresh: how many were examined in this run; the others stood as they were.
        damaged: lines of the journal that could not be used; their recordings were done again.
        passed_over: files that are no recordings, by suffix.
        audit: sha256 of the audit log's last line.
    """

    rows: Sequence[Row]
    fresh: int
    damaged: int
    passed_over: Mapping[str, int]
    audit: str

    @property
    def counts(self) -> dict[str, int]:
        """Rows by status."""
        found = Counter(row.assessment.status for row in self.rows)
        return {status: found[status] for status in ("scored", "abstained", "not scored")}


def screen(screening: Screening, inputs: Sequence[Path], folder: Path, settings: Settings) -> Batch:
    """Screen all recordings below ``inputs`` into ``folder``, whose lock the caller holds.

    Raises:
        UsageError: where an input does not exist, or a column that was named.
        ParalbenchError: where the folder holds something else, or the bundle cannot be opened.
        OSError: where the folder cannot be written.
    """
    check_empty(folder)
    pseudonyms = Pseudonyms.of(folder, settings.salt) if settings.pseudonymise else None
    recordings = Recordings(inputs, settings.truth)
    listing = _Listing(recordings, settings.patient, pseudonyms)
    if not listing.rows:
        raise ParalbenchError("there is no recording in what was named; see docs/screening.md.")
    if settings.key_table is not None:
        write_key_table(settings.key_table, folder, listing.names())
    run = Run(screening.sha256, pseudonyms=pseudonyms.digest if pseudonyms else "")
    journal = Journal(folder, run)
    audit = Audit(folder)
    try:
        told = {"bundle": screening.sha256, "recordings": len(listing.rows), **run.told()}
        journal.mark(audit.append("begun", **told, truth=settings.truth, patient=settings.patient))
        fresh = _examine(screening, listing, journal, audit, folder, settings)
        batch = Batch(
            rows=list(listing.filled(journal.done)),
            fresh=fresh,
            damaged=journal.damaged,
            passed_over=dict(recordings.passed_over),
            audit="",
        )
        head = audit.append("done", fresh=fresh, **batch.counts)
        journal.mark(head)
    finally:
        audit.close()
        journal.close()
    return replace(batch, audit=head)


def _examine(
    screening: Screening,
    listing: _Listing,
    journal: Journal,
    audit: Audit,
    folder: Path,
    settings: Settings,
) -> int:
    """Examine what has to be; how many that were."""
    jobs = listing.jobs(journal.done)
    workers = min(settings.workers or os.cpu_count() or 1, max(1, len(jobs)))
    fresh = 0
    with (
        Progress("screening", len(jobs), "recordings", settings.quiet) as progress,
        Workers(screening.opener, workers, folder / SCRATCH) as pool,
    ):
        for job, found in pool.examined(jobs):
            progress.step()
            if found is None:
                continue
            found = listing.scrubbed(job, found)
            fresh += 1
            status = found.assessment.status
            line = audit.append("examined", id=found.id, sha256=found.sha256, status=status)
            journal.add(found, line)
    return fresh


@dataclass
class _Listing:
    """What is to be screened, each with the name that reports give it."""

    recordings: Recordings
    patient: str | None
    pseudonyms: Pseudonyms | None
    rows: list[Recording | Refusal] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = list(self.recordings)

    def jobs(self, done: Mapping[str, Screened]) -> list[Job]:
        """One for each recording that can be examined."""
        return [
            Job(row, self._name(row.id), done.get(self._name(row.id)))
            for row in self.rows
            if isinstance(row, Recording)
        ]

    def names(self) -> Iterator[tuple[str, str, str]]:
        """Pseudonym, id and path of each."""
        for row in self.rows:
            if isinstance(row, Recording):
                yield self._name(row.id), row.id, str(row.clip.path)
            else:
                yield self._name(row.subject), row.subject, ""

    def filled(self, done: Mapping[str, Screened]) -> Iterator[Row]:
        """A row for each, as they were listed."""
        for row in self.rows:
            if isinstance(row, Recording):
                yield self._row(row, done[self._name(row.id)])
            else:
                reason = f"{row.reason[:1].upper()}{row.reason[1:].rstrip('.')}."
                where = f" ({row.where})" if row.where else ""
                name = self._name(row.subject)
                found = Screened(
                    id=name,
                    sha256=None,
                    assessment=Assessment("not scored", reason + where, "not listed"),
                )
                yield Row(self._clean(found, (row.where, row.subject)))

    def scrubbed(self, job: Job, found: Screened) -> Screened:
        """The same without the recording's name in its words, where reports hold pseudonyms."""
        path = job.recording.clip.path
        return self._clean(found, (str(path), job.recording.id, path.name, path.stem))

    def _row(self, row: Recording, found: Screened) -> Row:
        attributes = dict(row.attributes)
        patient = attributes.pop(self.patient, None) if self.patient else None
        if self.pseudonyms is not None and patient is not None:
            patient = self.pseudonyms.name(patient)
        path = None if self.pseudonyms is not None else os.fsencode(row.clip.path).decode(
            "utf-8", "backslashreplace"
        )  # fmt: skip
        return Row(found, path, row.truth, patient, attributes)

    def _name(self, name: str) -> str:
        return name if self.pseudonyms is None else self.pseudonyms.name(name)

    def _clean(self, found: Screened, secret: Sequence[str]) -> Screened:
        if self.pseudonyms is None:
            return found

        def clean(said: str) -> str:
            for name in sorted(filter(None, secret), key=len, reverse=True):
                said = said.replace(name, found.id)
            return said

        told = found.assessment
        assessment = replace(
            told, reason=clean(told.reason), warnings=tuple(map(clean, told.warnings))
        )
        return found.model_copy(update={"assessment": assessment})
