"""closing.json: the hashes of everything a run wrote, made when it ends.

The logs alone cannot show that their ends were cut off together, that a table was edited, or that a
line was appended. The closing holds the sha256 of every output and the number of lines of both logs.
Whoever rewrites all files and the closing is noticed by the sha256 of the closing, which the run
prints, where it was kept elsewhere, or by a signature (:mod:`paralbench.system.signing`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from paralbench.records.card import Card
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import Sha256
from paralbench.screening import audit, journal
from paralbench.screening.pseudonyms import NAME as SALT
from paralbench.system import signing
from paralbench.system.atomic_file import write_atomically
from paralbench.system.digest import file_digest
from paralbench.system.folder_lock import NAME as LOCK
from paralbench.system.json_lines import complete

NAME = "closing.json"
PURPOSE = "closing"
_FORMAT: Final = "paralbench-closing/1"
_LOGS = (audit.NAME, journal.NAME)
_UNLISTED = {NAME, NAME + signing.SUFFIX, LOCK, SALT}
"""What is no output, or cannot hold its own hash; the salt is taken away before a report is handed on."""


class Closing(Card):
    """closing.json. ``outputs`` are the files below the folder with their sha256; ``lines`` those of
    each log; ``recordings`` how many rows the report has; ``bundle`` the screener's sha256."""

    format: Literal["paralbench-closing/1"] = _FORMAT
    bundle: str
    recordings: int = Field(ge=0)
    lines: dict[str, int]
    outputs: dict[str, Sha256]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Args:
        sha256: of the closing.
        signed_by: the public key of a valid signature, in hexadecimal; None without one.
        changes: what differs, a sentence each; empty where nothing does.
    """

    sha256: str
    signed_by: str | None = None
    changes: list[str] = field(default_factory=list)


def close(folder: Path, bundle: str, recordings: int, key: Path | None = None) -> str:
    """Write the closing of a finished run, signed where there is a key; its sha256.

    Raises:
        ParalbenchError: where the key cannot be used.
    """
    closing = Closing(
        bundle=bundle,
        recordings=recordings,
        lines={name: _count(folder / name) for name in _LOGS},
        outputs={name: file_digest(folder / name) for name in sorted(_outputs(folder))},
    )
    file = folder / NAME
    (folder / (NAME + signing.SUFFIX)).unlink(missing_ok=True)  # of the closing before
    write_atomically(file, closing.model_dump_json(indent=1) + "\n")
    sha256 = file_digest(file)
    if key is not None:
        signing.sign(file, PURPOSE, sha256, key)
    return sha256


def check(folder: Path, trusted: Path | None = None, expected: str | None = None) -> Checked:
    """Compare a report's folder with its closing.

    Args:
        folder: the report's.
        trusted: PEM of the public key that must have signed it; None accepts any, and none.
        expected: the closing's sha256, as the run printed it.

    Raises:
        ParalbenchError: where there is no closing, or its signature is not valid.
    """
    file = folder / NAME
    if not file.is_file():
        raise ParalbenchError(
            f"{folder}: it holds no {NAME}: the run was stopped before its end, or the file was "
            "removed. The same command finishes a stopped run."
        )
    closing, sha256 = Closing.from_json(file), file_digest(file)
    changes = []
    if expected is not None and expected.lower() != sha256:
        changes.append(f"{NAME} is not the one that the run printed: it was made again or edited")
    present = set(_outputs(folder))
    for name, digest in closing.outputs.items():
        if name not in present:
            changes.append(f"{name} is missing")
        elif name in _LOGS:
            changes += _log(folder / name, closing.lines.get(name, 0), digest)
        elif file_digest(folder / name) != digest:
            changes.append(f"{name} was changed")
    changes += [f"{name} was added" for name in sorted(present - set(closing.outputs))]
    if audit.NAME in present and journal.NAME in present:
        try:
            verdict = audit.verify(folder, journal.audited(folder))
        except ParalbenchError as error:
            changes.append(str(error))
        else:
            changes += [] if verdict.intact else [f"{audit.NAME} is {verdict.message.rstrip('.')}"]
    return Checked(sha256, signing.verified(file, PURPOSE, sha256, trusted), changes)


def _log(file: Path, lines: int, digest: str) -> list[str]:
    """How a log differs from its closing."""
    if file_digest(file) == digest:
        return []
    now = _count(file)
    if now > lines:
        return [
            f"{file.name} has {now - lines} line(s) after the closing: they were added, or a later "
            "run was stopped, which the same command finishes"
        ]
    if now < lines:
        return [f"{file.name} lacks {lines - now} of its {lines} lines"]
    return [f"{file.name} was changed"]


def _count(file: Path) -> int:
    return sum(1 for _ in complete(file))


def _outputs(folder: Path) -> Iterator[str]:
    """The files that a closing lists, by their names below the folder."""
    for file in folder.rglob("*"):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and name not in _UNLISTED:
            yield name
