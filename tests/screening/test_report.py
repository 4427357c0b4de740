"""The report: every name is shown as text, what needs action comes first, and no page grows too large."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from paralbench.records.bundle import NOTICE, Estimate, OperatingPoint
from paralbench.records.interval import Interval
from paralbench.records.screened import Row
from paralbench.screening.drift import Drift
from paralbench.screening.local_evaluation import evaluate
from paralbench.screening.report import ALONE, PAGE, Report, visible, wave_path
from tests.screener.bundles import manifest
from tests.screening.rows import row

NASTY = '<img src=x onerror="alert(1)">\n😀\u202e"\'&{{ 7*7 }}'
VOID = {"meta", "link", "input", "br", "img"}


class _Elements(HTMLParser):
    """All elements with their attributes; fails where they are not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _report(rows: list[Row], **told: object) -> Report:
    inputs = {
        "manifest": manifest(), "sha256": "ab" * 32, "rows": rows, "drift": Drift(recordings=5),
        "evaluation": None, "made": datetime(2026, 1, 2, tzinfo=UTC), "audit": "cd" * 32,
        "passed_over": {},
    }  # fmt: skip
    return Report(**{**inputs, **told})  # type: ignore[arg-type]


def _pages(rows: list[Row], **told: object) -> dict[str, str]:
    return dict(_report(rows, **told).pages())


def _mixed() -> list[Row]:
    return [
        row("fine", 0.1), row("sure", 0.9), row("likely", 0.6),
        row("unsure", status="abstained", reason="Between.", probability=0.5),
        row("bad", status="not scored", reason="Too short.", cause="seconds"),
    ]  # fmt: skip


def test_the_page_says_what_it_is_and_loads_and_runs_nothing() -> None:
    (page,) = _pages(_mixed()).values()
    result = _Elements(page)
    assert page.count(NOTICE) >= 2
    assert "SYNTHETIC" in page
    policy = next(output["content"] for _, output in result.found if "http-equiv" in output)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in result.found}
    for _, output in result.found:
        assert not [name for name in output if name.startswith("on") or name in ("src", "style")]
        assert re.match(r"(#|results\.csv$|recordings/)", output.get("href") or "#")
    told_ids = [output["id"] for _, output in result.found if "id" in output]
    assert len(set(told_ids)) == len(told_ids)


def test_a_screener_of_real_voices_is_not_called_synthetic() -> None:
    population = manifest().population.model_copy(update={"synthetic": False})
    real = manifest().model_copy(update={"population": population})
    (page,) = _pages(_mixed(), manifest=real).values()
    assert "SYNTHETIC" not in page


def test_what_needs_action_comes_first() -> None:
    report = _report(_mixed())
    names = [report.rows[number].id for number in report.order]
    assert names == ["sure", "likely", "unsure", "bad", "fine"]
    (page,) = _pages(_mixed()).values()
    words = " ".join("".join(_Elements(page).words).split())
    for tile in (
        "2 above threshold",
        "1 near threshold",
        "1 below threshold",
        "1 not scored: quality",
    ):
        assert tile in words
    assert "low, above" not in words  # a side of the threshold, never a label
    assert re.search(r"Not scored: too short ?– ?Too short\.", words)


@pytest.mark.parametrize("many", [False, True])
def test_every_name_is_text(many: bool) -> None:
    rows = [
        replace(
            row(f"{NASTY}{number}", 0.7, NASTY, NASTY, {NASTY: NASTY}, warnings=(NASTY,)),
            path=NASTY,
        )
        for number in range(ALONE + 1 if many else 2)
    ]
    rows.append(row(NASTY, status="not scored", reason=NASTY, cause=NASTY))
    pages = _pages(rows, evaluation=evaluate(manifest(), rows), passed_over={NASTY: 3})
    assert len(pages) == (2 if many else 1)
    for page in pages.values():
        result = _Elements(page)
        assert "img" not in {tag for tag, _ in result.found}
        assert "\u202e" not in page
        assert "😀" in page
        assert "{{ 7*7 }}" in "".join(result.words)
    assert "\\n" in visible(NASTY)


@pytest.mark.slow
def test_many_recordings_have_pages_of_their_own_and_the_first_stays_small() -> None:
    rows = [row(number, 0.7) for number in range(10_000)]
    rows += [row(f"b{number}", status="not scored", reason="Too short.", cause="seconds")
             for number in range(1000)]  # fmt: skip
    pages = _pages(rows)
    assert len(pages) == 1 + len(rows) // PAGE
    assert len(pages["report.html"]) < 200_000
    links = re.findall(r'href="(recordings/\d+\.html)#(r\d+)"', pages["report.html"])
    assert links
    for name, place in links:
        assert f'id="{place}"' in pages[name]
    sections = [place for page in pages.values() for place in re.findall(r'id="(r\d+)"', page)]
    assert sorted(sections) == sorted(f"r{number}" for number in range(len(rows)))


def test_drift_is_the_first_thing_when_it_warns() -> None:
    (page,) = _pages(_mixed(), drift=Drift(recordings=50, far=0.3, warns=True)).values()
    assert (
        0 < page.index("differ from those the screener was validated on") < page.index("Worklist")
    )
    (quiet,) = _pages(_mixed()).values()
    assert quiet.index("Worklist") < quiet.index("like those of validation")


def test_with_pseudonyms_no_column_of_the_list_is_shown() -> None:
    rows = [replace(row("P-1", 0.7, attributes={"name": "Jane"}), path=None)]
    (page,) = _pages(rows, named=False).values()
    assert "Jane" not in page


def test_the_outline_of_a_wave() -> None:
    assert wave_path([0, 100]) == "M0,50 1,0 L1,100 0,50 Z"


def test_a_doubtful_result_says_to_listen_first() -> None:
    doubtful = row("two", 0.9, warnings=("Two voices.",), doubts=("speaker_contrast",))
    (page,) = _pages([doubtful, row("fine", 0.8)]).values()
    words = " ".join("".join(_Elements(page).words).split())
    assert "1 has a result that may be used only after listening" in words
    assert "More than one person may be speaking. Listen to the recording first." in words


def test_the_clinics_prevalence_is_used_and_named() -> None:
    interval = Interval(low=0.51, high=1.0, level=0.95, method="wilson", clusters=4)
    rate = Estimate(value=1.0, interval=interval, people=4, right=4)
    point = OperatingPoint(threshold=0.5, sensitivity=rate, specificity=rate, chosen="Made up.")
    screener = manifest().model_copy(update={"operating_point": point})
    (page,) = _pages(_mixed(), manifest=screener, prevalence=0.02).values()
    words = " ".join("".join(_Elements(page).words).split())
    assert "It found 4 of the 4 people who had it; with so few" in words
    assert "Of 1,000 people where 2 % have it" in words
    assert "20 have it and are above the threshold" in words
    assert page.count("<circle") == 100
    (unknown,) = _pages(_mixed(), manifest=screener).values()
    assert "give it with --prevalence" in unknown
