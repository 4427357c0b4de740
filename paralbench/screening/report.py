"""report.html: the run as pages for people, without scripts and without loading anything.

In a run of many recordings, their sections are on pages below recordings/, a hundred per page, and
the first page shows only the start of the longest lists.
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

from markupsafe import Markup

import paralbench
from paralbench.pages.templates import STYLE, strict
from paralbench.records.bundle import NOTICE, Manifest
from paralbench.records.screened import Row
from paralbench.screener.points import hundredths
from paralbench.screener.quality_measures import amount, label
from paralbench.screening import charts, report_text, row_state
from paralbench.screening.drift import Drift
from paralbench.screening.frequencies import Frequencies, counted, frequencies
from paralbench.screening.local_evaluation import Evaluation
from paralbench.screening.local_verdict import Verdict, verdict
from paralbench.screening.row_state import State

NAME = "report.html"
ALONE = 60
"""The most recordings whose sections are on the first page."""
PAGE = 100
LISTED = 200
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Report:
    """Everything that the pages show.

    Args:
        manifest: the screener's.
        sha256: the bundle's.
        rows: of the run.
        drift: whether these recordings are like those of validation.
        evaluation: on the user's own patients; None without a column of truth.
        made: date and time.
        audit: sha256 of the audit log's last line.
        passed_over: files that are not recordings, counted by suffix.
        named: whether names and the list's columns are shown.
        prevalence: share of people who have it where the screener is used; None where not given.
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
    prevalence: float | None = None

    def pages(self) -> Iterator[tuple[str, str]]:
        """Each page's name below the report's folder, and its text."""
        environment = strict(TEMPLATES)
        style = STYLE.read_text("utf-8") + (TEMPLATES / "report.css").read_text("utf-8")
        digest = hashlib.sha256(style.encode()).digest()
        environment.globals.update(
            report=self, report_text=report_text, row_state=row_state, counted=counted,
            label=label, amount=amount, wave_path=wave_path,
            style=Markup(style), style_digest=base64.b64encode(digest).decode(), notice=NOTICE,
            version=paralbench.__version__, listed=LISTED,
        )  # fmt: skip
        environment.filters["visible"] = visible
        environment.filters["hundredths"] = hundredths
        environment.filters["percent"] = "{:.0%}".format
        environment.filters["percent_precise"] = "{:.3g} %".format
        environment.filters["sentence"] = lambda words: words[:1].upper() + words[1:]
        figures = {"distribution": charts.distribution(self.manifest, self.rows)}
        if self.evaluation is not None:
            figures["calibration"] = charts.calibration(self.evaluation)
            figures["benefit"] = charts.benefit(self.evaluation)
        yield NAME, environment.get_template("report.html").render(charts=figures)
        if not self.alone:
            template, count = environment.get_template("recordings.html"), len(self.rows)
            for start in range(0, count, PAGE):
                text = template.render(
                    number=start // PAGE + 1, of=-(-count // PAGE),
                    shown=range(start, min(start + PAGE, count)),
                )  # fmt: skip
                yield _page(start), text

    @property
    def alone(self) -> bool:
        """Whether the first page is the only one."""
        return len(self.rows) <= ALONE

    @property
    def synthetic(self) -> bool:
        """Whether the screener was made from and validated on synthetic voices only."""
        validated = self.manifest.validation.population
        return self.manifest.population.synthetic and (validated is None or validated.synthetic)

    @cached_property
    def order(self) -> list[int]:
        """The rows' numbers, what needs action first."""
        return row_state.worklist(self.manifest, self.rows)

    @property
    def counts(self) -> list[tuple[State, int]]:
        """The states that occur, and in how many rows."""
        counter = Counter(row_state.state(self.manifest, row.assessment) for row in self.rows)
        return [(state, counter[state]) for state in State if counter[state]]

    @cached_property
    def doubtful(self) -> int:
        """How many results are to be used only after listening to the recording."""
        return sum(
            bool(row_state.doubts(self.manifest, row.assessment, row.attributes))
            for row in self.rows
        )

    @cached_property
    def verdict(self) -> Verdict | None:
        """Whether the screener may be used here; None without a column of truth."""
        return None if self.evaluation is None else verdict(self.manifest, self.evaluation)

    @property
    def expected(self) -> Frequencies | None:
        """What the threshold means in people; None without one, or where no prevalence is known."""
        point, prevalence = self.manifest.operating_point, self.prevalence
        if prevalence is None:
            prevalence = self.manifest.population.prevalence
        return None if point is None or prevalence is None else frequencies(point, prevalence)

    def place(self, number: int) -> str:
        """The address of a row's own section, as linked from the first page."""
        return f"#r{number}" if self.alone else f"{_page(number)}#r{number}"


def _page(number: int) -> str:
    """The name of the page that shows a row."""
    return f"recordings/{number // PAGE + 1:04}.html"


def visible(name: object) -> str:
    """A name in which characters that are invisible or reorder text are escaped.

    >>> visible("a\\u202eb")
    'a\\\\u202eb'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in str(name)
    )


def wave_path(peaks: Sequence[int]) -> str:
    """The SVG path of a waveform's outline: 100 high, one unit wide per peak.

    >>> wave_path([0, 100])
    'M0,50 1,0 L1,100 0,50 Z'
    """
    upper = [f"{place},{50 - peak / 2:g}" for place, peak in enumerate(peaks)]
    lower = [f"{place},{50 + peak / 2:g}" for place, peak in enumerate(peaks)]
    return f"M{' '.join(upper)} L{' '.join(reversed(lower))} Z"
