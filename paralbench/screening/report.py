"""report.html: the run as pages for people, without scripts and without loading anything.

In a run of many recordings, their sections are on pages below recordings/, a hundred per page, and
the first page shows only the start of the longest lists.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
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
from paralbench.screening import charts, language, report_text, row_state
from paralbench.screening.drift import Drift
from paralbench.screening.frequencies import Frequencies, counted, frequencies
from paralbench.screening.journalled import translated
from paralbench.screening.language import ENGLISH, date, numbers, reader, text
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
        language: the pages' (:mod:`paralbench.screening.language`).
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
    language: str = ENGLISH

    def pages(self) -> list[tuple[str, str]]:
        """Each page's name below the report's folder, and its text."""
        with reader(self.language):
            return self._pages()

    def _pages(self) -> list[tuple[str, str]]:
        environment = strict(TEMPLATES)
        style = STYLE.read_text("utf-8") + (TEMPLATES / "report.css").read_text("utf-8")
        digest = hashlib.sha256(style.encode()).digest()
        environment.globals.update(
            report=self, report_text=report_text, row_state=row_state, rate=counted,
            wave_path=wave_path, _=text, ngettext=language.counted, language=self.language,
            translated=translated, date=date, verdict=self.verdict, joined=joined,
            style=Markup(style), style_digest=base64.b64encode(digest).decode(), notice=text(NOTICE),
            version=paralbench.__version__, listed=LISTED,
        )  # fmt: skip
        environment.filters["visible"] = visible
        environment.filters["hundredths"] = hundredths
        environment.filters["percent"] = "{:.0%}".format
        environment.filters["precise"] = lambda value: numbers(f"{value:.3g}")
        environment.filters["decimals"] = lambda value: numbers(f"{value:.3f}")
        environment.filters["tenths"] = lambda value: numbers(f"{value:.1f}")
        environment.filters["count"] = lambda value: numbers(f"{value:,}")
        environment.filters["sentence"] = lambda words: words[:1].upper() + words[1:]
        figures = {"distribution": charts.distribution(self.manifest, self.rows)}
        if self.evaluation is not None:
            figures["calibration"] = charts.calibration(self.evaluation)
            figures["benefit"] = charts.benefit(self.evaluation)
        pages = [(NAME, environment.get_template("report.html").render(charts=figures))]
        if not self.alone:
            template, count = environment.get_template("recordings.html"), len(self.rows)
            for start in range(0, count, PAGE):
                page = template.render(
                    number=start // PAGE + 1, of=-(-count // PAGE),
                    shown=range(start, min(start + PAGE, count)),
                )  # fmt: skip
                pages.append((_page(start), page))
        return pages

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

    @property
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


def joined(sentences: Sequence[str]) -> str:
    """Sentences one after another; Chinese has no space between them."""
    return ("" if language.current() == "zh" else " ").join(sentences)


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
