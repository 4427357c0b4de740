"""The log: any change of it is told, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paralbench.screening.audit import NAME, Audit, verify

LINES = 8


def _written(folder: Path) -> list[str]:
    log = Audit(folder)
    known = [log.append("examined", id=f"r{number}") for number in range(LINES)]
    log.close()
    return known


def _change(folder: Path, lines: list[bytes]) -> None:
    (folder / NAME).write_bytes(b"".join(lines))


def test_an_untouched_log_is_intact(tmp_path: Path) -> None:
    known = _written(tmp_path)
    verification = verify(tmp_path, known)
    assert (verification.intact, verification.line) == (True, None)
    assert known[-1] in verification.message


@pytest.mark.parametrize("line", range(1, LINES + 1))
def test_a_changed_line_is_named(tmp_path: Path, line: int) -> None:
    known = _written(tmp_path)
    lines = (tmp_path / NAME).read_bytes().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(b'"id":"r', b'"id":"s')
    _change(tmp_path, lines)
    verification = verify(tmp_path, known)
    assert (verification.intact, verification.line) == (False, line), verification


@pytest.mark.parametrize("line", range(1, LINES))
def test_a_removed_line_is_named(tmp_path: Path, line: int) -> None:
    known = _written(tmp_path)
    lines = (tmp_path / NAME).read_bytes().splitlines(keepends=True)
    _change(tmp_path, lines[: line - 1] + lines[line:])
    verification = verify(tmp_path, known)
    assert (verification.intact, verification.line) == (False, line)
    assert "removed" in verification.message


@pytest.mark.parametrize("left", range(LINES))
def test_a_tail_cut_off_is_reported(tmp_path: Path, left: int) -> None:
    known = _written(tmp_path)
    lines = (tmp_path / NAME).read_bytes().splitlines(keepends=True)
    _change(tmp_path, lines[:left])
    verification = verify(tmp_path, known)
    assert (verification.intact, verification.line) == (False, left + 1)
    assert f"cut off, {LINES - left} line(s)" in verification.message


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(LINES)))
def test_moved_lines_are_reported(tmp_path: Path, order: list[int]) -> None:
    (tmp_path / NAME).unlink(missing_ok=True)
    known = _written(tmp_path)
    lines = (tmp_path / NAME).read_bytes().splitlines(keepends=True)
    _change(tmp_path, [lines[place] for place in order])
    assert verify(tmp_path, known).intact == (order == list(range(LINES)))


def test_a_line_that_the_journal_did_not_hear_of_is_of_a_run_that_was_killed(
    tmp_path: Path,
) -> None:
    known = _written(tmp_path)
    assert verify(tmp_path, known[:-1]).intact
    assert "stopped" in verify(tmp_path, known[:-1]).message


def test_a_torn_line_is_cut_off_before_the_next(tmp_path: Path) -> None:
    known = _written(tmp_path)
    file = tmp_path / NAME
    file.write_bytes(file.read_bytes() + b'{"line":9,"bef')
    log = Audit(tmp_path)
    known.append(log.append("begun"))
    log.close()
    assert verify(tmp_path, known).intact
    assert len(file.read_bytes().splitlines()) == LINES + 1
