"""The report and the page in the reader's language: complete, with the same meaning in each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import read_po

from docs.generate.catalogues import updated
from paralbench.records.quality import Quality
from paralbench.records.quality_limits import QualityLimits
from paralbench.screener.gate import judged
from paralbench.screening import journalled, language, local_page, row_state
from paralbench.screening.drift import Drift
from paralbench.screening.journalled import translated
from paralbench.screening.language import CATALOGUES, ENGLISH, LANGUAGES, numbers, reader, text
from paralbench.screening.messages import messages
from paralbench.screening.report import Report
from tests.screener.bundles import manifest
from tests.screening.rows import QUALITY, row
from tests.screening.test_row_state import TABLE

OTHERS = [code for code in LANGUAGES if code != ENGLISH]
NUMBER = re.compile(r"\d[\d.,\u202f\u00a0]*")


def _entries(code: str) -> Iterator[Entry]:
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        yield from (entry for entry in read_po(file, locale=code) if entry.id)


def _variants(strings: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [strings] if isinstance(strings, str) else list(strings or [""])


def test_the_languages() -> None:
    assert LANGUAGES == ("en", "de", "es", "fr", "zh")


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_has_a_translation_and_no_other(code: str) -> None:
    entries = list(_entries(code))
    assert {entry.id for entry in entries} == set(messages())
    for entry in entries:
        assert all(_variants(entry.string)), entry.id
        assert not entry.fuzzy, entry.id


@pytest.mark.parametrize("code", OTHERS)
def test_placeholders_agree(code: str) -> None:
    def places(message: str) -> list[str]:
        return sorted(re.findall(r"\{\w*\}", message))

    for entry in _entries(code):
        expected = places(_variants(entry.id)[-1])
        for variant in _variants(entry.string):
            assert places(variant) == expected, entry.id


@pytest.mark.parametrize("code", OTHERS)
def test_the_generator_would_write_the_catalogue_as_it_is(code: str) -> None:
    file = CATALOGUES / f"{code}.po"
    assert updated(file, messages()) == file.read_text("utf-8"), (
        "python -m docs.generate.catalogues"
    )


@pytest.mark.parametrize("code", OTHERS)
def test_a_sentence_of_the_state_table_means_one_state_only(code: str) -> None:
    with reader(code):
        titles = {state: text(words.title) for state, words in row_state.WORDS.items()}
        shared = "Not scored: {cause}"
        distinct = [title for title in titles.values() if title != text(shared)]
        assert len(set(distinct)) == len(distinct)
        for assessment, state in TABLE:
            title = row_state.title(manifest(), assessment)
            assert title.startswith(titles[state].split("{")[0])
            assert "{" not in title
            words = row_state.WORDS[state]
            assert row_state.action(manifest(), assessment) == text(words.action) != words.action


@pytest.mark.parametrize("code", OTHERS)
def test_every_reason_of_the_gate_is_translated_with_its_numbers(code: str) -> None:
    broken: dict[str, list[Quality]] = {
        "seconds": [replace(QUALITY, seconds=0.5), replace(QUALITY, seconds=30000.0)],
        "rest": [
            replace(QUALITY, silent=0.6), replace(QUALITY, silent=0.3),
            replace(QUALITY, dead_channels=(1,), channels=2),
            replace(QUALITY, dead_channels=(0, 2), channels=4), replace(QUALITY, rate=8000),
            replace(QUALITY, bandwidth=4000.0), replace(QUALITY, bandwidth=5000.0),
            replace(QUALITY, clipped=0.03), replace(QUALITY, clipped=0.002),
            replace(QUALITY, offset=0.2), replace(QUALITY, offset=0.03),
            replace(QUALITY, speech_level=-60.0), replace(QUALITY, speech_level=-50.0),
            replace(QUALITY, speech=0.5), replace(QUALITY, speech=2.0),
            replace(QUALITY, noise_ratio=1.0), replace(QUALITY, noise_ratio=7.0),
            replace(QUALITY, speaker_contrast=7.0), replace(QUALITY, not_finite=1234),
            replace(QUALITY, level=None, speech_level=None),
        ],
    }  # fmt: skip
    for quality in [*broken["seconds"], *broken["rest"]]:
        admission = judged(quality, QualityLimits())
        sentences = [admission.reason] if admission.reason else list(admission.warnings)
        assert sentences, quality
        for sentence in sentences:
            with reader(code):
                other = translated(sentence)
            assert not re.search(r"\b(the|recording|least|most|better|allowed|needed)\b", other), (
                other
            )
            assert sorted(map(_digits, NUMBER.findall(other))) == sorted(
                map(_digits, NUMBER.findall(sentence))
            )


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize(
    "sentence",
    [
        "The file is not a usable recording: it is a PNG picture named .wav.",
        "The file is not a usable recording: it is a web page, not audio.",
        "The file is not a usable recording: truncated: 2.500 s of the audio its header declares are missing.",
        "The file is not a usable recording: the file is empty (0 bytes).",
        "The score of 61 of 100 is near the threshold of 60: between 55 and 65 the screener was wrong too often in validation.",
        "The score of 61 of 100 is near the threshold of 60: with 90 % confidence the true answer may lie on either side.",
        "It differs too much from the recordings that the screener was validated on (distance 1.20, at most 1 is allowed). Another microphone, room, language or task may be the cause.",
        "Its start is 'x', not a number. (list.csv:3)",
    ],
)
def test_a_sentence_of_the_journal_is_found_again(code: str, sentence: str) -> None:
    with reader(code):
        other = translated(sentence)
    assert other != sentence
    assert not re.search(r"\b(the|The|its|is|not|named|picture)\b", other)
    assert translated(sentence) == sentence  # in English nothing changes


def test_what_no_template_fits_stays_as_it_is() -> None:
    with reader("fr"):
        assert translated("libsndfile: xyz 1.5") == "libsndfile: xyz 1,5"


def test_numbers_have_the_readers_form() -> None:
    for code, expected in {
        "en": "1,234.50",
        "de": "1.234,50",
        "es": "1.234,50",
        "zh": "1,234.50",
    }.items():
        with reader(code):
            assert numbers("1,234.50") == expected
    with reader("de"):
        assert numbers("v0.1.0 r2 9.80") == "v0.1.0 r2 9,80"


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_report_is_in_one_language(code: str) -> None:
    rows = [
        row("fine", 0.1), row("sure", 0.93, quality={"speaker_contrast": 7.0}, doubts=("clipped",)),
        row("bad", status="not scored", reason="There is no sound in the recording. Listen to it before you use the score.", cause="silent"),
    ]  # fmt: skip
    report = Report(
        manifest=manifest(), sha256="ab" * 32, rows=rows, drift=Drift(recordings=3), evaluation=None,
        made=datetime(2026, 3, 2, 9, 5, tzinfo=UTC), audit="cd" * 32, passed_over={".txt": 2},
        prevalence=0.1, language=code,
    )  # fmt: skip
    ((_, page),) = report.pages()
    assert f'<html lang="{code}">' in page
    assert ("Worklist" in page) == (code == ENGLISH)
    assert ("What to do" in page) == (code == ENGLISH)
    expected = {
        "en": "02 March",
        "de": "2. März 2026",
        "es": "2 de marzo de 2026",
        "fr": "2 mars 2026",
        "zh": "2026年3月2日",
    }
    assert expected[code] in page
    assert language.current() == ENGLISH
    assert row_state.action(manifest(), rows[0].assessment).startswith("No follow-up")


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_pages_script_gets_its_texts(code: str) -> None:
    script = (Path(local_page.__file__).parent / "templates" / "local_page.js").read_text("utf-8")
    with reader(code):
        words = local_page.words()
    assert set(re.findall(r'say\("(\w+)"', script)) == set(words)


def test_the_templates_of_the_journal_are_those_of_the_code() -> None:
    """Every refusal that reading a file can raise has a template, or names a library's own words."""
    root = Path(journalled.__file__).parents[1]
    known = [re.escape(template).replace(r"\{\}", ".+") for template in journalled.messages()]
    sources = [*(root / "audio").glob("*.py"), root / "corpora" / "clips.py"]
    raised = [
        re.sub(r"\{[^{}]*\}", "7", "".join(re.findall(r'f?"((?:[^"\\]|\\.)*)"', match)))
        for file in sources
        for match in re.findall(
            r"raise Refused\(\s*((?:f?\"(?:[^\"\\]|\\.)*\"\s*)+)\)", file.read_text("utf-8")
        )
    ]
    technical = ("NSP", "the condition", "7not", "77", "7 7")  # the last three: words put together
    missing = [
        sentence for sentence in raised
        if not any(re.fullmatch(pattern, sentence) for pattern in known)
        and not any(word in sentence for word in technical)
    ]  # fmt: skip
    assert len(raised) > 30
    assert not missing
