"""The closing: whatever is changed after a run ended is named."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.records.errors import ParalbenchError
from paralbench.screening.audit import NAME as AUDIT
from paralbench.screening.audit import Audit
from paralbench.screening.batch import Settings, screen
from paralbench.screening.closing import NAME, check, close
from paralbench.screening.journal import NAME as JOURNAL
from tests.screening.fakes import SHA256, screening, tones
from tests.system.test_signing import keys


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closed")
    tones(folder / "in", 4)
    report = folder / "report"
    report.mkdir()
    screen(screening(), [folder / "in"], report, Settings(quiet=True, workers=1))
    (report / "recordings").mkdir()
    for name in ("results.csv", "report.html", "recordings/0001.html"):
        (report / name).write_text(name)
    close(report, SHA256, 4)
    return report


@pytest.fixture
def report(closed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(closed, tmp_path / "report"))


def _cut(report: Path) -> None:
    for name in (AUDIT, JOURNAL):
        lines = (report / name).read_bytes().splitlines(keepends=True)
        (report / name).write_bytes(b"".join(lines[:-1]))


def _forge(report: Path) -> None:
    log = Audit(report)  # the next line of the chain, by the program's own code
    log.append("examined", id="forged", status="scored")
    log.close()


def _edit(name: str) -> Callable[[Path], object]:
    return lambda report: (report / name).write_text("edited")


CHANGES: list[tuple[Callable[[Path], object], str]] = [
    (_cut, "audit.jsonl lacks 1 of its"),
    (_forge, r"audit.jsonl has 1 line\(s\) after the closing"),
    (_edit("results.csv"), "results.csv was changed"),
    (_edit("report.html"), "report.html was changed"),
    (_edit("recordings/0001.html"), "recordings/0001.html was changed"),
    (_edit("more.html"), "more.html was added"),
    (lambda report: (report / "results.csv").unlink(), "results.csv is missing"),
    (lambda report: (report / AUDIT).unlink(), "audit.jsonl is missing"),
]


def test_an_untouched_report_is_intact(report: Path) -> None:
    checked = check(report)
    assert (checked.changes, checked.signed_by) == ([], None)
    assert check(report, expected=checked.sha256.upper()).changes == []
    (report / ".lock").touch()  # a later look at it takes the lock
    assert check(report).changes == []


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_every_change_is_named(
    report: Path, change: Callable[[Path], object], expected: str
) -> None:
    change(report)
    assert any(re.search(expected, sentence) for sentence in check(report).changes)


def test_a_closing_made_again_is_noticed_by_hash_and_by_signature(
    report: Path, tmp_path: Path
) -> None:
    private, public = keys(tmp_path)
    sha256 = close(report, SHA256, 4, private)
    signer = check(report, public, sha256).signed_by
    assert signer is not None
    (report / "results.csv").write_text("edited")
    close(report, SHA256, 4)
    assert check(report).changes == []  # nothing kept elsewhere, nothing noticed
    assert any("made again" in change for change in check(report, expected=sha256).changes)
    with pytest.raises(ParalbenchError, match="not signed"):
        check(report, public)
    other, _ = keys(tmp_path, "other")
    close(report, SHA256, 4, other)
    with pytest.raises(ParalbenchError, match="not that of"):
        check(report, public)


def test_a_run_that_was_stopped_has_no_closing(report: Path) -> None:
    (report / NAME).unlink()
    with pytest.raises(ParalbenchError, match="finishes a stopped run"):
        check(report)


def test_the_closing_lists_every_output_and_counts_lines(report: Path) -> None:
    closing = json.loads((report / NAME).read_text())
    assert set(closing["outputs"]) == {
        AUDIT, JOURNAL, "results.csv", "report.html", "recordings/0001.html",
    }  # fmt: skip
    assert closing["lines"][AUDIT] == len((report / AUDIT).read_bytes().splitlines())
    assert closing["recordings"] == 4
