"""The bundle, <name>.plb: a screener in one file, of which nothing is executed.

A zip (see container.py) of bundle.json and the members it lists with size and sha256: JSON,
safetensors and ONNX, nothing else. The bundle's sha256 is that of bundle.json, which is canonical
JSON, and is the zip's comment; so every byte of the file is accounted for. That proves a bundle
undamaged, not who made it: for that, compare its sha256 with one from its maker.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from paralbench.records.bundle import FORMAT, VERSION, Manifest, Member
from paralbench.records.errors import BundleError, CardError
from paralbench.screener import container, contents
from paralbench.screener.container import Entry
from paralbench.system.atomic_file import atomic_path

SUFFIX = ".plb"
_MANIFEST = "bundle.json"
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose every byte was verified when it was opened.

    Attributes:
        path: the file.
        manifest: its bundle.json.
        sha256: by which reports name it.
    """

    path: Path
    manifest: Manifest
    sha256: str
    _starts: Mapping[str, int]

    @classmethod
    def open(cls, path: Path, sha256: str | None = None) -> Bundle:
        """Open and verify a bundle, a megabyte at a time.

        Args:
            path: the file; it is only read.
            sha256: the bundle's expected sha256, from its maker; None accepts any.

        Raises:
            BundleError: with one sentence that says what is wrong.
        """
        if not path.is_file():
            raise BundleError(f"{path}: expected a bundle, there is no such file.")
        try:
            with path.open("rb") as file:
                bundle = _verified(path, file)
        except OSError as error:
            raise BundleError(f"{path}: it cannot be opened ({error.strerror or error}).") from None
        except BundleError as error:
            raise BundleError(f"{path}: {error}; get the bundle again from its maker.") from None
        if sha256 is not None and sha256 != bundle.sha256:
            raise BundleError(
                f"{path}: expected the bundle {sha256[:12]}…, this one is {bundle.sha256[:12]}…."
            )
        return bundle

    def read(self, name: str) -> bytes:
        """A member's content, verified again, since the file may have changed meanwhile.

        Raises:
            BundleError: where the file has changed.
            KeyError: where there is no such member.
        """
        member = {member.name: member for member in self.manifest.members}[name]
        try:
            with self.path.open("rb") as file:
                file.seek(self._starts[name])
                content = file.read(member.size)
        except OSError as error:
            raise BundleError(
                f"{self.path}: it cannot be read ({error.strerror or error})."
            ) from None
        if hashlib.sha256(content).hexdigest() != member.sha256:
            raise BundleError(f"{self.path}: the member '{name}' was changed since it was opened.")
        return content


def write(path: Path, manifest: Manifest, members: Mapping[str, bytes]) -> str:
    """Write a bundle atomically and return its sha256. The same content gives the same bytes.

    Args:
        path: where to; its folder exists.
        manifest: its ``members`` are filled in here.
        members: content by name; folders are separated by "/".

    Raises:
        BundleError: for a member that no bundle may hold, or one that the manifest refers to and
            that is missing.
        OSError: where the file cannot be written.
    """
    size = sum(map(len, members.values()))
    if size > container.LARGEST:
        raise BundleError(f"{path}: its members have {size} bytes, more than a bundle may have.")
    listed = [
        Member(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in sorted(members.items())
    ]
    text = canonical(manifest.model_copy(update={"members": listed}))
    sha256 = hashlib.sha256(text).hexdigest()
    parts = [(_MANIFEST, text), *sorted(members.items())]
    try:
        container.check_names([name for name, _ in parts])
        entries = [Entry(name, len(content), zlib.crc32(content)) for name, content in parts]
        framing = container.framing(entries, sha256)
        with atomic_path(path) as scratch:
            with scratch.open("wb") as opened:
                for header, (_, content) in zip(framing.headers, parts, strict=True):
                    opened.write(header)
                    opened.write(content)
                opened.write(framing.tail)
            with scratch.open("rb") as file:
                _verified(path, file)
    except BundleError as error:
        raise BundleError(f"{path}: not written, since {error}.") from None
    return sha256


def canonical(manifest: Manifest) -> bytes:
    """bundle.json: sorted keys, UTF-8, exactly one text for each manifest."""
    return _canonical(manifest.model_dump(mode="json"))


def _canonical(values: Any) -> bytes:
    text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def _verified(path: Path, file: BinaryIO) -> Bundle:
    entries, framing, comment = container.read(file, os.fstat(file.fileno()).st_size)
    starts = {entry.name: start for entry, start in zip(entries, framing.starts, strict=True)}
    first, *rest = entries
    if first.name != _MANIFEST:
        raise BundleError(f"its first member is {first.name!r}, expected {_MANIFEST}")
    if first.size > contents.LARGEST_JSON:
        raise BundleError(f"its {_MANIFEST} has {first.size} bytes, no manifest is so large")
    file.seek(starts[_MANIFEST])
    manifest = _manifest(file.read(first.size))
    if _digest(file, first, starts) != comment:
        raise BundleError("bundle.json is not what the bundle's sha256 was made of")
    listed = {member.name: member.size for member in manifest.members}
    sizes = {entry.name: entry.size for entry in rest}
    for name in sizes:
        if name not in listed:
            raise BundleError(f"it holds '{name}', which its {_MANIFEST} does not list")
    for name, size in listed.items():
        if name not in sizes:
            raise BundleError(f"its member '{name}' is listed and missing")
        if sizes[name] != size:
            raise BundleError(f"its member '{name}' has {sizes[name]} bytes, {size} are listed")
    for name in manifest.named:
        if name not in sizes:
            raise BundleError(f"its {_MANIFEST} refers to the member '{name}', which is missing")
    if list(sizes) != list(listed):
        raise BundleError("its members are not in the order of their names")
    for member, entry in zip(manifest.members, rest, strict=True):
        if _digest(file, entry, starts) != member.sha256:
            raise BundleError(f"its member '{entry.name}' was changed (sha256)")
        contents.check(entry.name, file, starts[entry.name], entry.size)
    return Bundle(path, manifest, comment, starts)


def _manifest(text: bytes) -> Manifest:
    try:
        values = contents.parsed(text)
    except BundleError as error:
        raise BundleError(f"its {_MANIFEST} is damaged: {error}") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise BundleError(f"its {_MANIFEST} does not say that it is a {FORMAT}")
    version = values.get("format_version")
    if version != VERSION or isinstance(version, bool):
        raise BundleError(
            f"its format is version {version!r:.20}, this paralbench reads version {VERSION}; install "
            "the one that made it"
        )
    try:
        manifest = Manifest.checked(values, _MANIFEST)
    except CardError as error:
        raise BundleError(str(error).rstrip(".")) from None
    if _canonical(values) != text:
        raise BundleError(f"its {_MANIFEST} is not written as paralbench writes it")
    return manifest


def _digest(file: BinaryIO, entry: Entry, starts: Mapping[str, int]) -> str:
    """A member's sha256, read a megabyte at a time; its CRC-32 is compared too."""
    file.seek(starts[entry.name])
    digest, crc, left = hashlib.sha256(), 0, entry.size
    while left:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            raise BundleError(f"its member '{entry.name}' is cut off")
        digest.update(chunk)
        crc = zlib.crc32(chunk, crc)
        left -= len(chunk)
    if crc != entry.crc:
        raise BundleError(f"its member '{entry.name}' was changed (CRC-32)")
    return digest.hexdigest()
