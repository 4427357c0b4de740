"""``paralbench new-model --from`` and models named without a card."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.cli.main import main
from paralbench.encoders.loading import loadable
from paralbench.encoders.uncatalogued import described
from paralbench.results import DEFAULT, files
from tests.encoders.small_models import save_wav2vec2

Capture = pytest.CaptureFixture[str]
CATALOG = Path("catalog")


def _write(source: str) -> Path:
    assert main(["new-model", "mine", "--in", str(CATALOG), "--from", source]) == 0
    return CATALOG / "models" / "mine"


def test_the_card_of_a_folder_is_written(capsys: Capture) -> None:
    folder = save_wav2vec2(Path("checkpoint"))
    _write(str(folder))
    assert "preprocessor_config.json" in capsys.readouterr().err
    encoder = loadable(Catalog([CATALOG]).model("mine"))
    assert encoder.weights.pinned
    derived = loadable(described(f"dir:{folder}"))
    assert encoder.components == derived.components, "features are shared with the model's dir:"
    encoder.load()


def test_weights_in_the_catalogue_are_named_relative_to_the_card() -> None:
    folder = save_wav2vec2(CATALOG / "weights" / "checkpoint")
    card = (_write(str(folder)) / "model.toml").read_text(encoding="utf-8")
    assert 'path = "../../weights/checkpoint"' in card
    loadable(Catalog([CATALOG]).model("mine")).load()


def test_weights_of_one_project_are_named_relative_to_the_card(
    capsys: Capture, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Folder and catalogue below the working folder move together."""
    card = (_write(str(save_wav2vec2(Path("checkpoint")))) / "model.toml").read_text("utf-8")
    assert 'path = "../../../checkpoint"' in card
    assert "stay in" not in capsys.readouterr().out
    project = tmp_path_factory.mktemp("moved") / "project"
    shutil.copytree(".", project)
    shutil.rmtree("checkpoint")
    loadable(Catalog([project / CATALOG]).model("mine")).load()


def test_weights_elsewhere_stay_there(
    capsys: Capture, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = save_wav2vec2(tmp_path_factory.mktemp("elsewhere") / "checkpoint").resolve()
    card = (_write(str(place)) / "model.toml").read_text("utf-8")
    assert f'path = "{place}"' in card
    assert 'sha256 = "' in card
    shown = capsys.readouterr().out
    assert f"The weights stay in {place}: the card names that folder and their sha256" in shown
    assert "--weights mine=DIR" in shown
    loadable(Catalog([CATALOG]).model("mine")).load()


def test_another_source_is_named_in_one_sentence(capsys: Capture) -> None:
    assert main(["new-model", "mine", "--in", str(CATALOG), "--from", "acme/absent"]) == 3
    assert "paralbench fetch hf:acme/absent" in capsys.readouterr().err
    assert not (CATALOG / "models" / "mine").exists()


@pytest.mark.slow
def test_the_folders_test_reports_a_broken_adapter_once() -> None:
    assert main(["new-model", "mine", "--in", str(CATALOG)]) == 0
    folder = CATALOG / "models" / "mine"
    (folder / "adapter.py").write_text("raise OSError('half a library')\n", encoding="utf-8")
    # -rN leaves out the short summary, which repeats the whole message where CI is set.
    command = [sys.executable, "-m", "pytest", "-q", "-rN", "-p", "no:cacheprovider", str(folder)]
    report = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert report.returncode == 1
    assert "1 failed" in report.stdout
    assert report.stdout.count("AssertionError: load: ") == 1


@pytest.mark.slow
def test_a_quick_check_of_a_folder_writes_no_verdict(capsys: Capture) -> None:
    folder = save_wav2vec2(Path("checkpoint"))
    assert main(["check", "--quick", f"dir:{folder}"]) == 0
    shown = capsys.readouterr().out
    assert "passed  padding" in shown
    assert "long-recording" not in shown
    assert "no verdict is written" in shown
    model = described(f"dir:{folder}").card.id
    assert files.verdict(DEFAULT, model) is None
    assert main(["check", f"dir:{folder}"]) == 0
    assert files.verdict(DEFAULT, model) is not None


@pytest.mark.slow
def test_an_adapter_may_import_transformers_first() -> None:
    """torchaudio's repair comes before an adapter's imports; nothing else has imported it here."""
    assert main(["new-model", "mine", "--in", str(CATALOG)]) == 0
    adapter = CATALOG / "models" / "mine" / "adapter.py"
    imports = "import torchaudio\nfrom transformers import Wav2Vec2Model\n"
    adapter.write_text(f"{adapter.read_text(encoding='utf-8')}\n{imports}", encoding="utf-8")
    program = (
        "from pathlib import Path; from paralbench.catalog import Catalog; "
        "from paralbench.encoders.loading import loadable; "
        "loadable(Catalog([Path('catalog')]).model('mine')).load()"
    )
    report = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert report.returncode == 0, report.stderr
