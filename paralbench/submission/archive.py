"""A submission's zip file: written reproducibly, read without trust."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from paralbench.submission import layout
from paralbench.submission.problem import Problem, shown
from paralbench.submission.zip_layout import end_fault, members_fault
from paralbench.system.atomic_file import atomic_path
from paralbench.system.member_names import name_faults

_TIME = (1980, 1, 1, 0, 0, 0)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""Exceptions of the standard library for damaged, encrypted or unsupported entries."""


def write(file: Path, contents: Mapping[str, bytes]) -> None:
    """Write an archive; order, times and permissions are fixed, so equal content is equal bytes."""
    with (
        atomic_path(file) as scratch,
        zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed,
    ):
        for name in sorted(contents, key=lambda name: (name != layout.MANIFEST, name)):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, contents[name])


def unpack(file: Path, folder: Path) -> list[Problem]:
    """Unpack allowed entries into an empty folder; nothing if a name or size is wrong.

    Raises:
        OSError: where the file cannot be opened.
        zipfile.BadZipFile: where it is no zip file.
    """
    if fault := end_fault(file):
        return [Problem(file.name, "", fault)]
    with zipfile.ZipFile(file) as packed:
        entries = packed.infolist()
        problems = _names(file.name, entries) or _sizes(file.name, entries)
        if fault := members_fault(file, entries, packed.start_dir):
            problems.append(Problem(file.name, "", fault))
        if problems:
            return problems
        for entry in entries:
            place = folder / entry.filename
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with packed.open(entry) as stream:
                    content = stream.read(entry.file_size + 1)
            except _BROKEN as error:
                problems.append(Problem(file.name, entry.filename, f"cannot be unpacked ({error})"))
                continue
            if len(content) != entry.file_size:
                message = f"expected {entry.file_size} bytes as its header says, got {len(content)}"
                problems.append(Problem(file.name, entry.filename, message))
                continue
            place.write_bytes(content)
    return problems


def _names(archive: str, entries: list[zipfile.ZipInfo]) -> list[Problem]:
    problems = []
    if len(entries) > layout.FILES:
        message = f"expected at most {layout.FILES} files, got {len(entries)}"
        return [Problem(archive, "", message)]
    faults = name_faults([entry.filename for entry in entries])
    for entry, fault in zip(entries, faults, strict=True):
        message = ""
        if entry.is_dir():
            message = "a folder has no entry of its own in a submission"
        elif stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            message = "expected an ordinary file, got a link or a device"
        elif entry.flag_bits & 0x1:
            message = "expected a readable file, got an encrypted one"
        elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            message = "expected a deflated or stored file, got another compression"
        elif fault is not None:
            message = f"it {fault}"
        elif not layout.allowed(entry.filename, packed=True):
            message = "a submission has no such file"
        if message:
            problems.append(Problem(archive, shown(entry.filename), message))
    return problems


def _sizes(archive: str, entries: list[zipfile.ZipInfo]) -> list[Problem]:
    problems = []
    for entry in entries:
        most = layout.LARGEST[layout.suffix(entry.filename)]
        if entry.file_size > most:
            message = f"expected at most {most} bytes unpacked, got {entry.file_size}"
            problems.append(Problem(archive, entry.filename, message))
        elif entry.file_size > layout.RATIO * max(entry.compress_size, 64):
            message = (
                f"{entry.compress_size} bytes unpack to {entry.file_size}; expected at most "
                f"{layout.RATIO} times as much"
            )
            problems.append(Problem(archive, entry.filename, message))
    total = sum(entry.file_size for entry in entries)
    if total > layout.TOTAL:
        message = f"expected at most {layout.TOTAL} bytes unpacked, got {total}"
        problems.append(Problem(archive, "", message))
    return problems
