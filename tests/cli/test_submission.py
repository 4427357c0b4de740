"""submit and validate as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from paralbench.cli.main import main
from tests.encoders.small_models import save_wav2vec2
from tests.evaluation import toy
from tests.submission import spoiling

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> spoiling.Good:
    return spoiling.good(tmp_path_factory.mktemp("good"))


def _catalog(good: spoiling.Good) -> list[str]:
    return ["--catalog", str(good.catalog.folders[0])]


@pytest.mark.slow
def test_what_submit_packs_validate_accepts(
    good: spoiling.Good, tmp_path: Path, capsys: Capture
) -> None:
    archive = tmp_path / "mine.zip"
    asked = ["submit", "--model", "bands", "--results", str(good.results), *_catalog(good)]
    assert main([*asked, "-o", str(archive)]) == 0
    assert "1 results of bands" in capsys.readouterr().out
    assert main(["validate", str(archive), "--against", str(good.results), *_catalog(good)]) == 0
    assert capsys.readouterr().out == f"{archive}: 1 results, valid\n"


def test_what_validation_would_refuse_is_not_packed(
    good: spoiling.Good, tmp_path: Path, capsys: Capture
) -> None:
    results = tmp_path / "results"
    for name, content in good.files.items():
        if name.startswith("results/"):
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.replace(b'"standing": "ranked"', b'"standing": "incomplete"'))
    archive = tmp_path / "mine.zip"
    asked = ["submit", "--model", "bands", "--results", str(results), *_catalog(good)]
    assert main([*asked, "-o", str(archive)]) == 1
    assert "standing: expected 'ranked', got 'incomplete'" in capsys.readouterr().err
    assert not archive.exists()
    assert [file.name for file in tmp_path.iterdir()] == ["results"]


@pytest.mark.slow
def test_exit_codes(good: spoiling.Good, tmp_path: Path, capsys: Capture) -> None:
    files = spoiling.copied(good.files)
    spoiling.setting("scores/0/value", 0.1)(files)
    bad = spoiling.write(tmp_path / "bad", files)
    nothing, text = tmp_path / "nothing", tmp_path / "x.zip"
    nothing.mkdir()
    text.write_text("no archive")
    assert main(["validate", str(bad), str(good.archive), "--json", *_catalog(good)]) == 1
    refused, valid = json.loads(capsys.readouterr().out)
    assert valid["valid"]
    assert not refused["valid"]
    assert refused["refused"][0]["field"] == "scores.0.value"
    assert main(["validate", str(nothing), *_catalog(good)]) == 3
    assert "there are none" in capsys.readouterr().err
    assert main(["validate", str(text), *_catalog(good)]) == 3
    assert main(["validate", str(text), str(good.archive), *_catalog(good)]) == 1
    assert main(["validate", str(tmp_path / "gone"), *_catalog(good)]) == 2
    assert main(["submit", "--model", "nobody", "--results", str(nothing), "-o", "x.zip"]) == 2
    assert main(["submit", "--model", "bands", "-o", "x.tar"]) == 2


@pytest.mark.slow
def test_a_model_without_a_card_is_ranked_here_and_submitted_with_a_card_only(
    tmp_path: Path, capsys: Capture
) -> None:
    catalog = str(toy.write_catalog(tmp_path / "catalog"))
    toy.write_corpus(tmp_path / "data")
    folder = save_wav2vec2(tmp_path / "checkpoint")
    run = ["run", "--catalog", catalog, "--task", "toy-tone", "--data", str(tmp_path / "data")]
    assert main([*run, "--results", "results", "--model", f"dir:{folder}"]) == 0
    assert "ranked" in capsys.readouterr().out
    (model,) = (path.parent.name for path in Path("results").glob("*/toy-tone"))
    submit = ["submit", "--catalog", catalog, "--results", "results", "-o", "mine.zip", "--model"]
    for name, source in ((f"dir:{folder}", str(folder)), (model, "PATH_OR_ID")):
        assert main([*submit, name]) == 2
        refused = capsys.readouterr().err
        assert f"'{model}' has no card, which a submission needs" in refused
        assert f"paralbench new-model {model} --in my-catalog --from {source}." in refused
    assert main(["validate", "results", "--catalog", catalog]) == 1
    assert "is written by 'paralbench new-model'" in capsys.readouterr().err
    assert not Path("mine.zip").exists()
    assert main(["new-model", model, "--in", catalog, "--from", str(folder)]) == 0
    assert main([*run, "--results", "results", "--model", model]) == 0
    assert main([*submit, model]) == 2
    assert "names its weights by a path of this machine, '../../../che" in capsys.readouterr().err
    card = Path(catalog, "models", model, "model.toml")
    card.write_text(card.read_text("utf-8").replace("../../../checkpoint", "weights"), "utf-8")
    folder.rename(card.parent / "weights")
    assert main([*run, "--results", "results", "--model", model]) == 0, "the result is current"
    assert main([*submit, model]) == 0, capsys.readouterr().err
