"""The files of an unpacked submission, checked against its manifest."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from paralbench.records.errors import CardError
from paralbench.records.submission import Manifest
from paralbench.results import local
from paralbench.submission import layout
from paralbench.submission.problem import Problem, shown
from paralbench.system.digest import file_digest


@dataclass(frozen=True)
class Contents:
    """Files by their names relative to ``root``; ``manifest`` is None for a folder of results alone."""

    root: Path
    files: tuple[str, ...]
    manifest: Manifest | None

    @property
    def results(self) -> Path:
        """The folder laid out as the leaderboard's results."""
        return self.root / layout.RESULTS if self.manifest else self.root

    @property
    def models(self) -> Path | None:
        """The folder of model cards that were submitted."""
        folder = self.root / layout.MODELS
        return folder if self.manifest and folder.is_dir() else None

    @property
    def entries(self) -> list[str]:
        """Result files, relative to :attr:`results`."""
        start = f"{layout.RESULTS}/" if self.manifest else ""
        names = [name.removeprefix(start) for name in self.files if name.startswith(start)]
        return [
            name
            for name in names
            if name.count("/") == 2 and name.endswith(".json") and not name.endswith(".layers.json")
        ]


def contents(root: Path) -> tuple[Contents, list[Problem]]:
    """List a folder; files that are not allowed are refused unread."""
    problems: list[Problem] = []
    packed = (root / layout.MANIFEST).is_file()
    files = []
    for folder, folders, names in os.walk(root):
        place = Path(folder)
        for name in sorted([*names, *(name for name in folders if (place / name).is_symlink())]):
            file = place / name
            relative = file.relative_to(root).as_posix()
            message = _refused(file, relative, packed)
            if message:
                problems.append(Problem(shown(relative).strip("'"), "", message))
            else:
                files.append(relative)
        folders[:] = sorted(
            name
            for name in folders
            if not (place / name).is_symlink() and (packed or place != root or name != local.FOLDER)
        )
    manifest = None
    if packed and layout.MANIFEST in files:
        try:
            manifest = Manifest.from_json(root / layout.MANIFEST)
        except CardError as error:
            problems.append(Problem(layout.MANIFEST, "", sentence(error, root)))
        else:
            problems += _mismatches(root, manifest, files)
    files.sort()
    return Contents(root, tuple(files), manifest), problems


def _refused(file: Path, name: str, packed: bool) -> str:
    if file.is_symlink():
        return "expected an ordinary file, got a link"
    if not layout.allowed(name, packed):
        return "a submission has no such file" if packed else "a folder of results has no such file"
    size, most = file.stat().st_size, layout.LARGEST[layout.suffix(name)]
    return f"expected at most {most} bytes, got {size}" if size > most else ""


def _mismatches(root: Path, manifest: Manifest, files: list[str]) -> list[Problem]:
    """Differences of the files from the manifest."""
    listed, actual_names = set(manifest.files), set(files) - {layout.MANIFEST}
    problems = [
        Problem(layout.MANIFEST, f"files.{shown(name)}", "names a file that is missing")
        for name in sorted(listed - actual_names)
    ]
    problems += [
        Problem(name, "", "the manifest does not name this file")
        for name in sorted(actual_names - listed)
    ]
    streams = manifest.model.split("+")
    for name in sorted(actual_names):
        top, model = name.split("/")[:2]
        if model not in ([manifest.model] if top == layout.RESULTS else streams):
            message = f"belongs to '{model}'; the submission is of '{manifest.model}'"
            problems.append(Problem(name, "", message))
    for name in sorted(listed & actual_names):
        actual = file_digest(root / name)
        if actual != manifest.files[name]:
            message = f"expected the sha256 {manifest.files[name]} of the manifest, got {actual}"
            problems.append(Problem(name, "", message))
    return problems


def sentence(error: Exception, root: Path) -> str:
    """A card's error message without the folder."""
    message = str(error).removesuffix(".")
    return message.replace(f"{root}{os.sep}", "").split(": ", 1)[-1]


def digests(files: dict[str, bytes]) -> dict[str, str]:
    """The digests of files for a manifest."""
    return {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
