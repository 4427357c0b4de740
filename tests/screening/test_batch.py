"""A batch: every recording has its row, a second run does what is left, and nothing stops it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import paralbench
from paralbench.records.errors import BundleError, ParalbenchError, UsageError
from paralbench.screening import audit, journal
from paralbench.screening.batch import Batch, Settings, screen
from paralbench.screening.results_table import as_csv, flat
from paralbench.system.json_lines import encoded
from tests.screener.bad_recordings import KINDS, POINTER, good, wav, write
from tests.screener.bundles import manifest
from tests.screening.fakes import refusing, screening, tones, whole_numbers

QUIET = Settings(quiet=True, workers=1)


def _run(inputs: Path, report: Path, settings: Settings = QUIET, sha256: str = "5c" * 32) -> Batch:
    report.mkdir(exist_ok=True)
    return screen(screening(sha256=sha256), [inputs], report, settings)


def test_every_recording_has_its_row_in_order_and_the_second_run_does_nothing(
    tmp_path: Path,
) -> None:
    tones(tmp_path / "in", 9)
    first = _run(tmp_path / "in", tmp_path / "report")
    assert [row.id for row in first.rows] == [f"in/r{n:04}.wav" for n in range(9)]
    assert first.fresh == 9
    assert all(row.screened.sha256 and len(row.screened.sketch) == 240 for row in first.rows)
    second = _run(tmp_path / "in", tmp_path / "report")
    assert (second.fresh, second.rows) == (0, first.rows)
    alone = _run(tmp_path / "in", tmp_path / "alone", replace(QUIET, workers=3))
    assert [row.assessment for row in alone.rows] == [row.assessment for row in first.rows]


@pytest.mark.slow
def test_only_what_changed_is_done_again(tmp_path: Path) -> None:
    tones(tmp_path / "in", 4)
    before = _run(tmp_path / "in", tmp_path / "report").rows
    wav(tmp_path / "in" / "r0001.wav", good(1, 1.0))
    (tmp_path / "in" / "r0002.wav").unlink()
    wav(tmp_path / "in" / "r9.wav", good(2, 1.0))
    after = _run(tmp_path / "in", tmp_path / "report")
    assert after.fresh == 2
    assert [row.id for row in after.rows] == [f"in/r{n}.wav" for n in ("0000", "0001", "0003", "9")]
    assert after.rows[0] == before[0]
    assert after.rows[1].screened.sha256 != before[1].screened.sha256


@pytest.mark.slow
def test_bad_ones_stop_nothing(tmp_path: Path) -> None:
    tones(tmp_path / "in", 6)
    alone = {row.id: row.assessment for row in _run(tmp_path / "in", tmp_path / "alone").rows}
    for name in ("crash.wav", "wrong.wav", "nan.wav"):
        wav(tmp_path / "in" / name, good(3, 1.0))
    (tmp_path / "in" / "pointer.wav").write_bytes(POINTER)
    (tmp_path / "in" / "nowhere.wav").symlink_to(tmp_path / "gone.wav")
    rows = {row.id: row for row in _run(tmp_path / "in", tmp_path / "report").rows}
    assert {name: rows[name].assessment for name in alone} == alone
    record = {name.removeprefix("in/"): rows[name].assessment for name in set(rows) - set(alone)}
    assert {value.status for value in record.values()} == {"not scored"}
    assert "signal 11" in record["crash.wav"].reason
    assert "ZeroDivisionError" in record["wrong.wav"].reason
    assert "not a number" in record["nan.wav"].reason
    assert "Git-LFS" in record["pointer.wav"].reason
    assert rows["in/nowhere.wav"].screened.sha256 is None


@pytest.mark.slow
def test_every_kind_of_bad_file_among_many(tmp_path: Path) -> None:
    """Twelve kinds and more; the gate's words for them are tested where the gate is."""
    tones(tmp_path / "in", 100, 0.1)
    alone = {row.id: row.assessment for row in _run(tmp_path / "in", tmp_path / "alone").rows}
    for number, bad in enumerate(KINDS):
        write(tmp_path / "in", bad, number)
    rows = _run(tmp_path / "in", tmp_path / "report").rows
    assert len({row.id for row in rows}) == len(rows) == 100 + len(KINDS)
    assert {row.id: row.assessment for row in rows if row.id in alone} == alone


def test_what_fails_or_crashed_is_tried_again(tmp_path: Path) -> None:
    wav(tmp_path / "crash.wav", good(3, 1.0))
    for _ in range(2):
        report = tmp_path / "report"
        report.mkdir(exist_ok=True)
        outcome = screen(screening(), [tmp_path / "crash.wav"], report, QUIET)
        assert outcome.fresh == 1


@pytest.mark.slow
def test_another_bundle_or_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    tones(tmp_path / "in", 1)
    _run(tmp_path / "in", tmp_path / "report")
    with pytest.raises(ParalbenchError, match=r"begun with another bundle .*Choose another folder"):
        _run(tmp_path / "in", tmp_path / "report", sha256="ab" * 32)
    with pytest.raises(ParalbenchError, match="begun without --pseudonymise"):
        _run(tmp_path / "in", tmp_path / "report", replace(QUIET, pseudonymise=True))
    with pytest.raises(ParalbenchError, match=r"expected an empty folder .*'r0000.wav'"):
        _run(tmp_path / "in", tmp_path / "in")


def test_a_bundle_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    tones(tmp_path / "in", 3)
    (tmp_path / "report").mkdir()
    with pytest.raises(ParalbenchError, match="its encoder is not installed here"):
        screen(replace(screening(), load=refusing), [tmp_path / "in"], tmp_path / "report", QUIET)
    with pytest.raises(BundleError):
        refusing()


@pytest.mark.slow
def test_a_line_of_a_list_that_cannot_be_used_is_a_row(tmp_path: Path) -> None:
    tones(tmp_path, 2)
    table = tmp_path / "list.csv"
    table.write_text("path,id,sex\nr0000.wav,a,f\nr0001.wav,a,m\nr0001.wav,b,m\n")
    rows = _run(table, tmp_path / "report").rows
    assert [row.assessment.status == "not scored" for row in rows] == [False, True, False]
    assert "id is already used" in rows[1].assessment.reason
    assert rows[2].attributes == {"sex": "m"}
    assert _run(table, tmp_path / "report").fresh == 0


@pytest.mark.slow
def test_pseudonyms_leave_no_name_anywhere(tmp_path: Path) -> None:
    place = tmp_path / "in" / "Jane Doe"
    tones(place, 3)
    (place / "Miller.wav").write_bytes(POINTER)
    table = tmp_path / "in" / "list.csv"
    table.write_text("path,owner\n" + "".join(f"Jane Doe/r{n:04}.wav,Jane\n" for n in range(3))
                     + "Jane Doe/Miller.wav,Miller\nJane Doe/none.wav,Miller\n,Jane\n")  # fmt: skip
    keys, report = tmp_path / "keys.csv", tmp_path / "report"
    settings = replace(QUIET, pseudonymise=True, key_table=keys, patient="owner")
    rows = _run(table, report, settings).rows
    output = repr(rows)
    for file in report.iterdir():
        if file.name != "salt":
            output += file.read_text()
    assert not [
        name for name in ("Jane", "Doe", "Miller", "r0001", str(tmp_path)) if name in output
    ]
    assert (report / "salt").stat().st_mode & 0o777 == 0o600
    assert keys.stat().st_mode & 0o777 == 0o600
    named = {line.split(",")[1]: line.split(",")[0] for line in keys.read_text().splitlines()}
    patients = {name: row.patient for name, key in named.items() for row in rows if row.id == key}
    assert patients["Jane Doe/r0000.wav"] == patients["Jane Doe/r0001.wav"]
    assert patients["Jane Doe/r0000.wav"] != patients["Jane Doe/Miller.wav"]
    assert [row.id for row in rows] == sorted(named[name] for name in named if name != "id")
    assert _run(table, report, settings).fresh == 1  # the one that cannot be read
    with pytest.raises(UsageError, match="handed on"):
        _run(table, report, replace(settings, key_table=report / "keys.csv"))
    other = tmp_path / "salt"
    other.write_bytes(bytes(32))
    with pytest.raises(ParalbenchError, match="another salt"):
        _run(table, report, replace(settings, salt=other))
    other.write_bytes(b"short")
    with pytest.raises(ParalbenchError, match="32 random bytes or more, got 5"):
        _run(table, report, replace(settings, salt=other))


def test_a_pseudonym_replaces_entire_names_only(tmp_path: Path) -> None:
    """A recording called "a" leaves the sentence about it readable."""
    wav(tmp_path / "a.wav", good(3, 1.0))
    (tmp_path / "b.wav").write_text("Jane Doe, born 1950, is a patient of ours.\n")
    table = tmp_path / "list.csv"
    table.write_text("path,id\na.wav,a\nb.wav,is\nb.wav,is\n")
    rows = _run(table, tmp_path / "report", replace(QUIET, pseudonymise=True)).rows
    reasons = {row.assessment.cause: row.assessment.reason for row in rows}
    assert "text file, not audio" in reasons["unreadable"]
    assert "Jane" not in repr(rows)
    assert str(table) not in reasons["not listed"]
    assert "its id is already used at" in reasons["not listed"].lower()


def test_a_resumed_run_writes_the_same_bytes(tmp_path: Path) -> None:
    """Measures that are whole numbers included: a journal read again has 0.0 where it was 0."""
    wav(tmp_path / "in.wav", good(3, 1.0))
    source = replace(screening(), load=whole_numbers)
    (tmp_path / "report").mkdir()
    tables = []
    for _ in range(2):
        batch = screen(source, [tmp_path / "in.wav"], tmp_path / "report", QUIET)
        tables.append(as_csv(flat(manifest(), batch.rows, source.sha256, named=True)))
    assert batch.fresh == 0
    assert tables[0] == tables[1]
    assert b",0.0," in tables[0]


@pytest.mark.slow
def test_a_torn_or_damaged_line_is_done_again(tmp_path: Path) -> None:
    tones(tmp_path / "in", 3)
    before = _run(tmp_path / "in", tmp_path / "report").rows
    stored = tmp_path / "report" / journal.NAME
    lines = stored.read_bytes().splitlines(keepends=True)
    assert json.loads(lines[2])["found"]["id"].startswith("in/")
    lines[2] = lines[2].replace(b'"scored"', b'"abstained"')
    stored.write_bytes(b"".join(lines[:4]) + lines[4][:50])
    after = _run(tmp_path / "in", tmp_path / "report")
    assert (after.fresh, after.damaged) == (2, 1)
    assert [row.assessment for row in after.rows] == [row.assessment for row in before]
    stored.write_bytes(b"x" + stored.read_bytes())
    with pytest.raises(ParalbenchError, match="first line is damaged"):
        _run(tmp_path / "in", tmp_path / "report")


@pytest.mark.slow
def test_the_log_of_a_run(tmp_path: Path) -> None:
    tones(tmp_path / "in", 3)
    report = tmp_path / "report"
    done = _run(tmp_path / "in", report)
    _run(tmp_path / "in", report)
    lines = [json.loads(line) for line in (report / audit.NAME).read_text().splitlines()]
    assert [line["event"] for line in lines] == [
        "begun", "examined", "examined", "examined", "computed", "done", "begun", "done"
    ]  # fmt: skip
    assert lines[0]["bundle"] == "5c" * 32
    assert {line["sha256"] for line in lines[1:4]} == {row.screened.sha256 for row in done.rows}
    assert audit.verify(report, journal.audited(report)).intact


@pytest.mark.slow
def test_a_folder_written_before_both_logs_were_chained_resumes(tmp_path: Path) -> None:
    """Then the journal had only ``check``, and the audit log only ``line`` and ``before``."""
    tones(tmp_path / "in", 3)
    rows = _run(tmp_path / "in", tmp_path / "new").rows
    old = tmp_path / "old"
    old.mkdir()
    run = {"bundle": "5c" * 32, "paralbench": paralbench.__version__, "pseudonyms": ""}
    events: list[dict[str, Any]] = [
        {"event": "begun", "bundle": "5c" * 32, "paralbench": paralbench.__version__,
         "pseudonyms": "", "recordings": 3, "truth": None, "patient": None},
        *({"event": "examined", "id": row.id, "sha256": row.screened.sha256, "status": "scored"}
          for row in rows[:2]),
    ]  # fmt: skip
    journalled: list[dict[str, object]] = [{"format": "paralbench-journal/1", "run": run}]
    log, before = b"", "0" * 64
    for number, event in enumerate(events):
        when = "2026-06-01T09:00:00+00:00"
        line = encoded({"line": number + 1, "before": before, "who": "ward", "when": when, **event})
        log, before = log + line, hashlib.sha256(line).hexdigest()
        result = {"found": rows[number - 1].screened.model_dump(mode="json")} if number else {}
        journalled.append({**result, "audit": before})
    (old / audit.NAME).write_bytes(log)
    checks = [hashlib.sha256(encoded(values)).hexdigest()[:16] for values in journalled]
    (old / journal.NAME).write_bytes(b"".join(
        encoded({**values, "check": check})
        for values, check in zip(journalled, checks, strict=True)
    ))  # fmt: skip
    resumed = _run(tmp_path / "in", old)
    assert (resumed.fresh, resumed.damaged) == (1, 0)
    assert resumed.rows[:2] == rows[:2]
    assert resumed.rows[2].assessment == rows[2].assessment
    assert (old / audit.NAME).read_bytes().startswith(log)
    assert audit.verify(old, journal.audited(old)).intact
    assert _run(tmp_path / "in", old).fresh == 0


def test_pseudonymised_reasons_quote_no_cell(tmp_path: Path) -> None:
    """A shifted column, or the folder of a recording with the same id, may hold a name."""
    tones(tmp_path / "Jane Doe", 1)
    table = tmp_path / "list.csv"
    table.write_text(
        "path,id,start,channel\na.wav,a,Miller,0\nb.wav,b,-1950,0\nc.wav,c,0,0.1950\n"
        "d.wav,Jane Doe/r0000.wav,0,0\n"
    )
    (tmp_path / "report").mkdir()
    settings = replace(QUIET, pseudonymise=True)
    rows = screen(screening(), [tmp_path / "Jane Doe", table], tmp_path / "report", settings).rows
    assert [row.assessment.status for row in rows].count("not scored") == 4
    assert not [name for name in ("Miller", "1950", "Jane", "list.csv") if name in repr(rows)]


@pytest.mark.slow
def test_pseudonymised_truth_holds_no_foreign_cell(tmp_path: Path) -> None:
    """A wrong column, or a shifted line, may hold a name where the truth is expected."""
    tones(tmp_path / "in", 3)
    table = tmp_path / "in" / "list.csv"
    table.write_text("path,truth\nr0000.wav,low\nr0001.wav,Jane Doe\nr0002.wav,\n")
    (tmp_path / "report").mkdir()
    settings = replace(QUIET, truth="truth", pseudonymise=True)
    rows = screen(screening(), [table], tmp_path / "report", settings).rows
    assert sorted(str(row.truth) for row in rows) == ["None", "low", "not a value of the screener"]
    named = screen(screening(), [table], _made(tmp_path / "named"), replace(QUIET, truth="truth"))
    assert "Jane Doe" in [row.truth for row in named.rows]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
