"""torchaudio and s3prl as this machine has them, and in the states another machine may have them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALLED = importlib.util.find_spec("torchaudio") is not None
BOTH = INSTALLED and importlib.util.find_spec("s3prl") is not None

UTILS = """
from pathlib import Path
_LIB_DIR = Path(__file__).parent.parent / "lib"
def load_lib():
    for file in _LIB_DIR.glob("*.so"):
        raise {error}
    return any(_LIB_DIR.parent.glob("native"))
"""
EXTENSION = "from .utils import load_lib\nAVAILABLE = load_lib()\n"


def _run(code: str, *paths: Path) -> str:
    """Run in a process of its own, ``paths`` in front of what is installed; returns what it says."""
    before = [str(path) for path in (*paths, ROOT)]
    process = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {before!r}\n{code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not process.returncode, process.stderr
    assert not process.stderr, "nothing but what was asked for is said"
    return process.stdout.strip()


def _torchaudio(
    place: Path, native: str, error: str = "OSError('built for CUDA\\n  trace')"
) -> Path:
    """A package with torchaudio's way of loading its native library ("works", "fails", "none")."""
    package = place / "torchaudio"
    (package / "_extension").mkdir(parents=True)
    (package / "lib").mkdir()
    (package / "__init__.py").write_text("from . import _extension\n")
    (package / "_extension" / "__init__.py").write_text(EXTENSION)
    (package / "_extension" / "utils.py").write_text(UTILS.format(error=error))
    if native == "works":
        (package / "native").touch()
    if native == "fails":
        (package / "lib" / "_torchaudio.so").touch()
    return place


SAY = """
from paralbench.encoders import compatibility
found = compatibility.torchaudio()
from torchaudio._extension.utils import _LIB_DIR
print(found._extension.AVAILABLE, _LIB_DIR.name, found is sys.modules["torchaudio"])
"""


@pytest.mark.parametrize(
    ("native", "available"), [("works", True), ("fails", False), ("none", False)]
)
def test_native_libraries_are_left_alone_or_hidden(
    tmp_path: Path, native: str, available: bool
) -> None:
    assert _run(SAY, _torchaudio(tmp_path, native)) == f"{available} lib True"


def test_a_mismatch_of_cuda_versions_is_hidden_too(tmp_path: Path) -> None:
    error = "RuntimeError('compiled with different CUDA versions')"
    assert _run(SAY, _torchaudio(tmp_path, "fails", error)) == "False lib True"


CAUGHT = """
from paralbench.encoders import compatibility
from paralbench.records.errors import ParalbenchError
try:
    compatibility.{what}()
except ParalbenchError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("error", "message"),
    [("OSError('built for CUDA\\n  trace')", "built for CUDA"), ("RuntimeError()", "RuntimeError")],
)
def test_another_way_of_loading_is_said_in_a_sentence(
    tmp_path: Path, error: str, message: str
) -> None:
    place = _torchaudio(tmp_path, "fails", error)
    utils = place / "torchaudio" / "_extension" / "utils.py"
    utils.write_text(utils.read_text().replace("_LIB_DIR", "_ELSEWHERE"))
    output = _run(CAUGHT.format(what="torchaudio"), place)
    assert output == f"torchaudio cannot be imported: {message}"


@pytest.mark.parametrize("what", ["torchaudio", "s3prl"])
def test_what_is_not_installed_is_said_with_its_extra(what: str, tmp_path: Path) -> None:
    block = f"sys.modules['{what}'] = None\n"
    output = _run(block + CAUGHT.format(what=what), _torchaudio(tmp_path, "none"))
    assert (
        output
        == f"the package '{what}' is not installed; pip install 'paralbench[{what}]' brings it."
    )


def test_nothing_is_asked_of_a_machine_without_torchaudio() -> None:
    hidden = "import importlib.util\nimportlib.util.find_spec = lambda name: None\n"
    code = (
        hidden + "from paralbench.encoders import compatibility\ncompatibility.make_importable()\n"
    )
    assert (
        _run(code + "print('torchaudio' in sys.modules, 'torch' in sys.modules)") == "False False"
    )


def test_stand_ins_fill_only_what_is_missing(tmp_path: Path) -> None:
    place = _torchaudio(tmp_path, "none")
    with (place / "torchaudio" / "__init__.py").open("a") as file:
        file.write("def get_audio_backend(): return 'its own'\n")
    package = place / "s3prl"
    (package / "nn").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "nn" / "__init__.py").write_text(
        "import torchaudio\ntorchaudio.set_audio_backend('sox_io')\n"
        "from torchaudio.sox_effects import apply_effects_tensor\n"
    )
    code = """
from paralbench.encoders import compatibility
from paralbench.records.errors import ParalbenchError
found = compatibility.s3prl()
import torchaudio
print(torchaudio.get_audio_backend(), torchaudio.list_audio_backends())
try:
    found.apply_effects_tensor(1, 16000, [["rate", "16000"]])
except ParalbenchError as error:
    print(error)
"""
    output = _run(code, place).splitlines()
    assert output[0] == "its own []"
    assert output[1].startswith("torchaudio has no SoX effects any more")


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="torchaudio is not installed")
def test_the_installed_torchaudio_works_and_lets_transformers_in() -> None:
    code = """
import os, random, torch
def state(): return (random.getstate(), torch.get_rng_state().tolist(), torch.get_num_threads(),
    torch.get_default_dtype(), torch.is_grad_enabled(), os.getcwd(), sys.path[:])
before = state()
from paralbench.encoders import compatibility
compatibility.make_importable()
assert state() == before
import torchaudio
print(torchaudio.compliance.kaldi.fbank(torch.ones(1, 800)).shape[0])
print(torchaudio.functional.resample(torch.ones(1, 800), 16000, 8000).shape[1])
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2Model
"""
    assert _run(code).split() == ["3", "400"]


@pytest.mark.slow
@pytest.mark.skipif(not BOTH, reason="s3prl is not installed: pip install 'paralbench[s3prl]'")
def test_the_installed_s3prl_works_and_changes_no_state() -> None:
    code = """
import os, random, torch
def state(): return (random.getstate(), torch.get_rng_state().tolist(), torch.get_num_threads(),
    torch.get_default_dtype(), torch.is_grad_enabled(), os.getcwd())
before = state()
from paralbench.encoders import compatibility
nn = compatibility.s3prl()
assert state() == before
print(nn.S3PRLUpstream.__module__, "fbank" in nn.S3PRLUpstream.available_names())
"""
    assert _run(code) == "s3prl.nn.upstream True"
