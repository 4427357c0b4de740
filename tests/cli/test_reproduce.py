"""Results made again: to the last digit here, and where they depart, it is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from paralbench.cli.main import main
from tests.evaluation import toy

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return toy.write_catalog(tmp_path / "catalog")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return toy.write_corpus(tmp_path / "data")


@pytest.fixture(params=["sgd-probe", "mlp"])
def result(request: pytest.FixtureRequest, catalog: Path, data: Path, tmp_path: Path) -> Path:
    return toy.score(catalog, data, tmp_path, heads=(request.param,), seeds=(0, 1)).file


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def _told(result: Path, catalog: Path, data: Path, capsys: Capture) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(
        ["reproduce", str(result), "--catalog", str(catalog), "--data", f"toy={data}", "--json"]
    )
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, document


@pytest.mark.slow
def test_the_same_to_the_last_digit(
    result: Path, catalog: Path, data: Path, capsys: Capture
) -> None:
    code, output = _told(result, catalog, data, capsys)
    assert (code, output["verdict"], output["departures"]) == (0, "same", [])
    assert (output["largest"], output["changed"]) == (0.0, 0)


@pytest.mark.slow
@pytest.mark.usefixtures("threads")
def test_another_number_of_threads_stays_within_tolerance(
    result: Path, catalog: Path, data: Path, capsys: Capture
) -> None:
    torch.set_num_threads(1 if torch.get_num_threads() > 1 else 2)
    code, output = _told(result, catalog, data, capsys)
    assert code == 0
    assert output["largest"] < 1e-5
    assert output["changed"] == 0


@pytest.mark.slow
def test_another_encoder_is_named(result: Path, catalog: Path, data: Path, capsys: Capture) -> None:
    adapter = catalog / "models" / "bands" / "adapter.py"
    adapter.write_text(adapter.read_text().replace("torch.hann_window(320)", "0.0 + 1e-6"))
    code, output = _told(result, catalog, data, capsys)
    assert (code, output["verdict"]) == (1, "different")
    assert "the identity of bands" in {item["what"] for item in output["departures"]}


@pytest.mark.slow
def test_other_audio_is_named_and_nothing_is_compared(
    result: Path, catalog: Path, data: Path, capsys: Capture
) -> None:
    first = next((data / "wav").iterdir())
    first.write_bytes(first.read_bytes()[:-2] + b"\1\1")
    code, output = _told(result, catalog, data, capsys)
    assert (code, output["verdict"], output["comparable"]) == (1, "different", False)
    assert output["departures"][0]["kind"] == "data"


@pytest.mark.slow
def test_another_number_of_speakers_differs_in_words(
    catalog: Path, data: Path, tmp_path: Path, capsys: Capture
) -> None:
    result = toy.score(catalog, data, tmp_path, seeds=(0,)).file
    document = json.loads(result.read_text())
    document["provenance"]["packages"]["numpy"] = "1.0"
    document["scores"][0]["value"] = document["scores"][0]["by_seed"]["0"] = 0.25
    result.write_text(json.dumps(document))
    asked = ["reproduce", str(result), "--catalog", str(catalog), "--data", f"toy={data}"]
    assert main(asked) == 1
    shown = capsys.readouterr().out
    assert "noise of its seeds: one seed gives none" in shown
    assert "packages: numpy was 1.0, is" in shown


def test_without_its_predictions_it_is_refused(
    catalog: Path, data: Path, tmp_path: Path, capsys: Capture
) -> None:
    result = toy.score(catalog, data, tmp_path, seeds=(0,)).file
    result.with_suffix(".parquet").unlink()
    assert main(["reproduce", str(result), "--catalog", str(catalog)]) == 3
    assert "expected the predictions" in capsys.readouterr().err


@pytest.mark.slow
def test_the_new_result_is_kept_where_asked_and_the_old_stays(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    result = toy.score(catalog, data, tmp_path, seeds=(0,)).file
    before = result.read_bytes()
    stored = tmp_path / "kept"
    asked = ["reproduce", str(result), "--catalog", str(catalog), "--data", f"toy={data}"]
    assert main([*asked, "--to", str(stored)]) == 0
    assert (stored / "bands" / "toy-tone" / "sgd-probe.json").is_file()
    assert result.read_bytes() == before
