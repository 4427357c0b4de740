"""The recordings of a batch, in order, under the names that its reports give them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from paralbench.records.assessment import Assessment
from paralbench.records.example import Refusal
from paralbench.records.screened import Row, Screened
from paralbench.screener.recordings import Recording, Recordings
from paralbench.screening.examiner import Job
from paralbench.screening.pseudonyms import Pseudonyms

_MAY_NAME = ("unreadable", "encoder", "engine", "failed", "stopped")
"""Causes whose reason may quote a name; every other sentence is composed of measures and limits."""


class Listing:
    """What is to be screened; with pseudonyms sorted by them, so that order reveals no name.

    Args:
        inputs: recordings, folders and CSV lists.
        truth: the column of truth, or None.
        patient: the column that says whose recording it is, or None.
        pseudonyms: None where reports show names.
        group: the group of people of a recording's attributes, whose conformal sets are used.
    """

    def __init__(
        self,
        inputs: Sequence[Path],
        truth: str | None = None,
        patient: str | None = None,
        pseudonyms: Pseudonyms | None = None,
        group: Callable[[Mapping[str, str]], str] = lambda attributes: "",
    ) -> None:
        recordings = Recordings(inputs, truth, quoted=pseudonyms is None)
        self._inputs, self._patient, self._pseudonyms = inputs, patient, pseudonyms
        self._group = group
        self._rows = [(self._name(_id(row)), row) for row in recordings]
        if pseudonyms is not None:
            self._rows.sort(key=lambda named: named[0])
        self.passed_over = dict(recordings.passed_over)

    def __len__(self) -> int:
        return len(self._rows)

    def jobs(self, done: Mapping[str, Screened]) -> list[Job]:
        """A job for each recording; lines of a list that cannot be used have none."""
        return [
            Job(row, name, done.get(name), self._group(row.attributes))
            for name, row in self._rows
            if isinstance(row, Recording)
        ]

    def names(self) -> Iterator[tuple[str, str, str]]:
        """Pseudonym, id and path of each row."""
        for name, row in self._rows:
            yield name, _id(row), str(row.clip.path) if isinstance(row, Recording) else ""

    def rows(self, done: Mapping[str, Screened]) -> Iterator[Row]:
        """The report's rows, once every job is done."""
        for name, row in self._rows:
            if isinstance(row, Refusal):
                reason = f"{row.reason[:1].upper()}{row.reason[1:].rstrip('.')}."
                where = f" ({row.where})" if row.where and self._pseudonyms is None else ""
                refused = Assessment("not scored", reason + where, "not listed")
                yield Row(Screened(id=name, sha256=None, assessment=refused))
                continue
            attributes = dict(row.attributes)
            patient = attributes.pop(self._patient, None) if self._patient else None
            path = None
            if self._pseudonyms is None:
                path = os.fsencode(row.clip.path).decode("utf-8", "backslashreplace")
            elif patient is not None:
                patient = self._pseudonyms.name(patient)
            yield Row(done[name], path, row.truth, patient, attributes)

    def anonymous(self, job: Job, screened: Screened) -> Screened:
        """The result without the recording's name in its reason, where reports show pseudonyms."""
        path = job.recording.clip.path
        return self._without(screened, (str(path), job.recording.id, path.name, path.stem))

    def _name(self, name: str) -> str:
        return name if self._pseudonyms is None else self._pseudonyms.name(name)

    def _without(self, screened: Screened, names: Collection[str]) -> Screened:
        assessment = screened.assessment
        if self._pseudonyms is None or assessment.cause not in _MAY_NAME:
            return screened
        lists = (str(path) for path in self._inputs if path.suffix)
        longest_first = sorted({*names, *lists} - {""}, key=len, reverse=True)
        # Entire names only: a recording called "a" must not change every "a" of the sentence.
        pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"
        reason = re.sub(pattern, screened.id, assessment.reason)
        return screened.model_copy(update={"assessment": replace(assessment, reason=reason)})


def _id(row: Recording | Refusal) -> str:
    return row.id if isinstance(row, Recording) else row.subject
