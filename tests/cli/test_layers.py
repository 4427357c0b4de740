"""Layer by layer: a planted layer is found, and nothing of it passes for a result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from paralbench.cli.main import main
from paralbench.records.errors import CardError
from paralbench.records.layer_analysis import LayerAnalysis
from paralbench.results import files
from tests.evaluation import toy

_NOISE_AND_BANDS = toy.ENCODER.replace(
    "return (power + 1e-9).log().unsqueeze(0)",
    "bands = (power + 1e-9).log()\n"
    "        noise = torch.randn(bands.shape, generator=torch.Generator().manual_seed(len(waveform)))\n"
    "        return torch.stack([noise, bands])",
)


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    catalog = toy.write_catalog(tmp_path / "catalog", encoder=_NOISE_AND_BANDS)
    card = catalog / "models" / "bands" / "model.toml"
    card.write_text(card.read_text().replace("layers = 1", "layers = 2"))
    data = toy.write_corpus(tmp_path / "data")
    return [
        "layers", "--catalog", str(catalog), "--data", f"toy={data}", "--task", "toy-tone",
        "--model", "bands", "--seeds", "2", "--results", str(tmp_path / "results"),
    ]  # fmt: skip


def test_the_layer_that_encodes_it_scores_and_is_weighted(
    asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(asked) == 0
    (file,) = files.find_layers(tmp_path / "results")
    output = LayerAnalysis.from_json(file)
    noise, bands = output.single
    assert bands.value == 1.0
    assert noise.value < 0.8
    assert output.weights[1] > output.weights[0]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:5]] == [
        "0",
        "1",
        "all",
    ]
    assert list(files.find(tmp_path / "results")) == []


def test_as_json(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*asked, "--json"]) == 0
    (output,) = json.loads(capsys.readouterr().out)
    assert output["single"][1]["value"] == 1.0


def test_several_encoders_are_refused(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    asked[asked.index("bands")] = "bands+log-mel"
    assert main([*asked, "--head", "concatenation"]) == 2
    assert "several encoders" in capsys.readouterr().err


def test_scores_and_weights_are_of_the_same_layers(asked: list[str], tmp_path: Path) -> None:
    main(asked)
    (file,) = files.find_layers(tmp_path / "results")
    document = json.loads(file.read_text())
    del document["single"][0]
    file.write_text(json.dumps(document))
    with pytest.raises(CardError, match="1 scores of 2 layers"):
        LayerAnalysis.from_json(file)
