"""A recalibrated bundle: better on the clinic's people, the same bytes inside, and traceable."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from paralbench.bundling.operating_point import Goal
from paralbench.cli.main import main
from paralbench.records.assessment import Assessment
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.records.screened import Row, Screened
from paralbench.screener import bundle
from paralbench.screener.bundle import Bundle
from paralbench.screener.decision import decided
from paralbench.screening import closing
from paralbench.screening.audit import Audit
from paralbench.screening.batch import Batch, Settings
from paralbench.screening.journal import Journal, Run
from paralbench.screening.output_folder import write
from paralbench.screening.recalibration import LocalSettings, recalibrated
from paralbench.screening.screener_source import ScreenerSource
from paralbench.statistics.calibration import weights
from tests.screener.bundles import manifest, members
from tests.screening.fakes import opened as load
from tests.screening.rows import QUALITY

COUNT = 200


def _rows(count: int = COUNT) -> list[Row]:
    """People whose scores are far too high: the heads were made where more had it."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(count):
        has_it = bool(rng.random() < 0.3)
        line = rng.normal(2.5 if has_it else 0.5, 1.0 if number % 2 else 2.0)
        probability = float(1 / (1 + np.exp(-line)))
        assessment = replace(
            decided(manifest(), np.array([1 - probability, probability]), 0.5), quality=QUALITY
        )
        screened = Screened(id=f"r{number:03}", sha256="ab" * 32, assessment=assessment)
        attributes = {"sex": "fm"[number % 2], "language": "de"}
        rows.append(
            Row(screened, f"/c/r{number}.wav", "low" if has_it else "high", None, attributes)
        )
    rows.append(
        Row(Screened(id="bad", sha256=None, assessment=Assessment("not scored", "Short.", "seconds")),
            truth="low")
    )  # fmt: skip
    return rows


def _report(folder: Path, rows: list[Row], sha256: str) -> Path:
    folder.mkdir()
    stored, log = Journal(folder, Run(sha256)), Audit(folder)
    for row in rows:
        stored.add(row.screened, log.append("examined", id=row.id))
    log.close()
    stored.close()
    batch = Batch(rows, len(rows), 0, {}, [], "ab" * 32)
    source = ScreenerSource(manifest(), sha256, load)
    write(source, batch, folder, Settings(truth="truth"), datetime(2026, 1, 2, tzinfo=UTC))
    closing.close(folder, sha256, len(rows))
    return folder


@pytest.fixture
def original(tmp_path: Path) -> Bundle:
    bundle.write(tmp_path / "a.plb", manifest(), members())
    return Bundle.open(tmp_path / "a.plb")


def test_a_new_bundle_fits_the_clinic_and_says_where_it_is_from(
    original: Bundle, tmp_path: Path
) -> None:
    rows = _rows()
    folder = _report(tmp_path / "report", rows, original.sha256)
    new, content = recalibrated(
        original, folder, LocalSettings(goal=Goal(sensitivity=0.8), by="sex")
    )
    bundle.write(tmp_path / "b.plb", new, content)
    opened = Bundle.open(tmp_path / "b.plb")
    assert content == members()  # encoder, heads and range, byte for byte
    local = opened.manifest.recalibration
    assert local is not None
    assert (local.bundle, local.recordings, local.people) == (original.sha256, COUNT, COUNT)
    assert local.closing == closing.check(folder).sha256
    fit, point = opened.manifest.calibration, opened.manifest.operating_point
    assert fit is not None
    assert point is not None
    assert fit.error_after < fit.error_before - 0.1
    assert point.sensitivity.people == sum(row.truth == "low" for row in rows[:-1])
    validated = opened.manifest.validation.population
    assert opened.manifest.version == 2
    assert opened.manifest.validation.external
    assert validated is not None
    assert validated.attributes["sex"] == {"female": 100, "male": 100}
    assert "1 of 201" in validated.missing
    sets = opened.manifest.conformal
    assert sets is not None
    assert set(sets.groups) == {"female", "male"}
    assert sets.coverage == pytest.approx(0.9, abs=0.05)


@pytest.mark.slow
def test_a_recording_gets_the_set_of_its_group(original: Bundle, tmp_path: Path) -> None:
    folder = _report(tmp_path / "report", _rows(), original.sha256)
    new, _ = recalibrated(original, folder, LocalSettings(by="sex"))
    assert new.conformal is not None
    differs = 0
    for probability in np.linspace(0.05, 0.95, 91):
        output = np.array([1 - probability, probability])
        by_sex = [decided(new, output, 0.5, sex).classes for sex in ("female", "male")]
        unknown = decided(new, output, 0.5, "").classes
        assert set(by_sex[0]) | set(by_sex[1]) <= set(unknown) or len(unknown) == 1
        differs += by_sex[0] != by_sex[1]
    assert differs


@pytest.mark.slow
def test_predicted_and_observed_agree_afterwards(original: Bundle, tmp_path: Path) -> None:
    rows = _rows()
    folder = _report(tmp_path / "report", rows, original.sha256)
    new, _ = recalibrated(original, folder, LocalSettings())
    again = [decided(new, np.array(row.assessment.outputs), 0.5) for row in rows[:-1]]
    probabilities = np.array([assessment.probability for assessment in again], float)
    observed = np.mean([row.truth == "low" for row in rows[:-1]])
    before = np.mean([row.assessment.probability for row in rows[:-1]])
    assert before > observed + 0.2
    assert np.average(probabilities, weights=weights(np.arange(COUNT))) == pytest.approx(
        observed, abs=0.02
    )


@pytest.mark.slow
def test_what_cannot_be_trusted_is_refused(original: Bundle, tmp_path: Path) -> None:
    folder = _report(tmp_path / "report", _rows(), original.sha256)
    with pytest.raises(UsageError, match="no such column"):
        recalibrated(original, folder, LocalSettings(by="site"))
    (folder / "results.csv").write_text("edited")
    with pytest.raises(ParalbenchError, match=r"results\.csv was changed"):
        recalibrated(original, folder, LocalSettings())
    with pytest.raises(ParalbenchError, match="of another"):
        recalibrated(original, _report(tmp_path / "other", _rows(), "0" * 64), LocalSettings())
    with pytest.raises(ParalbenchError, match="needs 10 speakers or more"):
        recalibrated(
            original, _report(tmp_path / "few", _rows(6), original.sha256), LocalSettings()
        )
    unknown = [replace(row, truth=None) for row in _rows(30)]
    with pytest.raises(ParalbenchError, match="both a score and a known truth"):
        recalibrated(
            original, _report(tmp_path / "none", unknown, original.sha256), LocalSettings()
        )


@pytest.mark.slow
def test_the_verb_writes_the_bundle_and_says_what_it_is(
    original: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _report(tmp_path / "report", _rows(), original.sha256)
    places = [str(tmp_path / "a.plb"), str(folder), "-o", str(tmp_path / "new" / "b.plb")]
    assert main(["recalibrate", *places, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    opened = Bundle.open(tmp_path / "new" / "b.plb")
    assert (printed["sha256"], printed["manifest"]["version"]) == (opened.sha256, 2)
