"""A folder in which every kind of bad file stands among good ones: a row each, and no good one moved."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from paralbench.records.admission import Admission
from paralbench.records.example import Refusal
from paralbench.records.quality_limits import QualityLimits
from paralbench.screener.gate import Gate
from paralbench.screener.recordings import Recordings
from tests.screener.bad_recordings import KINDS, good, wav, write

GOOD = 20


def _rows(folder: Path, gate: Gate) -> dict[str, Admission]:
    rows = {}
    for recording in Recordings([folder]):
        assert not isinstance(recording, Refusal)
        assert recording.id not in rows
        rows[recording.id] = gate.check(recording.clip)
    return rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(GOOD):
        place = tmp_path / "clinic" / f"day {number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        wav(place / f"{number}.wav", good(number, 3.5))
    return tmp_path / "clinic"


@pytest.mark.slow
def test_every_file_has_its_row_and_good_ones_are_the_same_as_alone(folder: Path) -> None:
    gate = Gate(QualityLimits())
    alone = _rows(folder, gate)
    for number, bad in enumerate(KINDS):
        write(folder / f"day {number % 3}", bad, seed=number)
    together = _rows(folder, gate)
    assert len(alone) == GOOD
    assert len(together) == GOOD + len(KINDS)
    assert {name: together[name] for name in alone} == alone
    assert {output.status for output in alone.values()} == {"pass"}
    for number, bad in enumerate(KINDS):
        if bad.mode or not os.access(folder / f"day {number % 3}" / bad.name, os.R_OK):
            output = together[f"clinic/day {number % 3}/{bad.name}"]
            assert output.cause == bad.cause, output
    again = _rows(folder, gate)
    assert (list(again), again) == (list(together), together)
