"""report.html: the run on one page that a human reads, without scripts, with nothing loaded.

A run of many recordings has their own sections on pages below recordings/, a hundred a page, and
the longest lists cut short on the first page, which then says where the rest stands.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import jinja2
from markupsafe import Markup

import paralbench
from paralbench.pages.chart import Chart
from paralbench.pages.templates import STYLE, strict
from paralbench.records.bundle import NOTICE, Manifest
from paralbench.records.screened import Row
from paralbench.screening import charts, wording
from paralbench.screening.drift import Drift
from paralbench.screening.in_place import Evaluation

NAME = "report.html"
ALONE = 60
"""So many recordings have their sections on the first page."""
PAGE = 100
LISTED = 200
_HERE = Path(__file__).parent
_CAUSES = {
    "unreadable": "not usable audio files", "not-finite": "damaged files", "silent": "silent",
    "dead-channel": "a channel without sound", "seconds": "too short", "longest": "too long",
    "rate": "sampling rate too low", "bandwidth": "telephone quality", "clipped": "too loud",
    "level": "too faint", "offset": "faulty sound card or cable", "speech": "too little speech",
    "noise-ratio": "too much background noise", "not listed": "lines of a list that cannot be used",
    "stopped": "stopped the program", "failed": "the screener failed",
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """Everything that the pages show.

    Args:
        manifest: the screener's.
        sha256: the bundle's own.
        rows: of the run.
        drift: whether these recordings are like those of validation.
        evaluation: what was found in place; None without a column of truth.
        made: when.
        audit: sha256 of the audit log's last line.
        passed_over: files that are no recordings, by suffix.
        named: whether names and the list's columns are shown.
    """

    manifest: Manifest
    sha256: str
    rows: Sequence[Row]
    drift: Drift
    evaluation: Evaluation | None
    made: datetime
    audit: str
    passed_over: Mapping[str, int]
    named: bool = True

    def pages(self) -> Iterator[tuple[str, str]]:
        """Each page's name below the report's folder, and its text."""
        environment = _environment()
        yield NAME, self._rendered(environment, "report.html", "")
        if self.alone:
            return
        starts = range(0, len(self.rows), PAGE)
        for number, start in enumerate(starts, start=1):
            yield (
                page(number - 1),
                self._rendered(
                    environment, "recordings.html", "../", number=number, of=len(starts),
                    shown=range(start, min(start + PAGE, len(self.rows))),
                ),
            )  # fmt: skip

    @property
    def alone(self) -> bool:
        """Whether the first page is the only one."""
        return len(self.rows) <= ALONE

    @property
    def synthetic(self) -> bool:
        """Whether the screener has heard synthetic voices only."""
        validated = self.manifest.validation.population
        return self.manifest.population.synthetic and (validated is None or validated.synthetic)

    @cached_property
    def order(self) -> list[int]:
        """The rows' numbers, what needs action first."""
        return wording.worklist(self.manifest, self.rows)

    @cached_property
    def unscored(self) -> list[int]:
        """The numbers of rows that were not scored."""
        return [n for n, row in enumerate(self.rows) if row.assessment.status == "not scored"]

    @property
    def counts(self) -> dict[str, int]:
        """Rows by what became of them; "positive" is part of "scored"."""
        found = Counter(row.assessment.status for row in self.rows)
        above = sum(wording.positive(self.manifest, row.assessment) for row in self.rows)
        return {
            "scored": found["scored"], "abstained": found["abstained"],
            "not scored": found["not scored"], "positive": above,
        }  # fmt: skip

    @property
    def causes(self) -> list[tuple[str, int]]:
        """Why rows were not scored, in plain words, the most frequent first."""
        found = Counter(self.rows[number].assessment.cause for number in self.unscored)
        return [(_CAUSES.get(cause, cause), count) for cause, count in found.most_common()]

    def place(self, number: int, root: str = "") -> str:
        """Where a row's own section stands, seen from a page."""
        return f"#r{number}" if self.alone else f"{root}{page(number // PAGE)}#r{number}"

    def _rendered(
        self, environment: jinja2.Environment, template: str, root: str, **told: object
    ) -> str:
        style = _style()
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        return environment.get_template(template).render(
            report=self, style=Markup(style), style_digest=digest, root=root, notice=NOTICE,
            charts=_charts(self) if not root else [], version=paralbench.__version__, listed=LISTED,
            **told,
        )  # fmt: skip


def page(number: int) -> str:
    """The name of a page of recordings, from 0."""
    return f"recordings/{number + 1:04}.html"


def _charts(report: Report) -> dict[str, Chart | None]:
    found = {"distribution": charts.distribution(report.manifest, report.rows)}
    if report.evaluation is not None:
        found["calibration"] = charts.calibration(report.evaluation)
        found["benefit"] = charts.benefit(report.evaluation)
    return found


def _style() -> str:
    return STYLE.read_text("utf-8") + (_HERE / "templates" / "report.css").read_text("utf-8")


def _environment() -> jinja2.Environment:
    environment = strict(_HERE / "templates")
    environment.globals.update(wording=wording, wave=wave)
    environment.filters["visible"] = visible
    environment.filters["percent"] = "{:.0%}".format
    return environment


def visible(name: object) -> str:
    """A name in which what cannot be seen, or would turn the text round, is written out."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in str(name)
    )


def wave(peaks: Sequence[int]) -> str:
    """The path of a wave's outline, 100 high, one wide a part."""
    upper = " ".join(f"{place},{50 - peak / 2:g}" for place, peak in enumerate(peaks))
    lower = " ".join(
        f"{place},{50 + peak / 2:g}" for place, peak in reversed(list(enumerate(peaks)))
    )
    return f"M{upper} L{lower} Z"
