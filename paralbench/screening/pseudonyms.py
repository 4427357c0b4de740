"""Pseudonyms for reports: keyed hashes of recordings' and patients' names.

Whoever has the salt can test whether a given name is in a report; nobody else can. The salt is in the
output folder, readable by its owner alone, or in a file the user names.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from pathlib import Path

from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.system.atomic_file import write_atomically
from paralbench.system.csv_cell import csv_text

NAME = "salt"
_BYTES = 32


class Pseudonyms:
    """Maps names to pseudonyms, always the same with the same salt."""

    def __init__(self, salt: bytes) -> None:
        self._salt = hashlib.blake2b(salt).digest()

    @classmethod
    def of(cls, folder: Path, file: Path | None) -> Pseudonyms:
        """With the salt in ``file``, else with the folder's own, which is made where missing.

        Raises:
            ParalbenchError: where the file cannot be read, or is too short for a salt.
        """
        place = file or folder / NAME
        if file is None and not place.exists():
            write_atomically(place, secrets.token_bytes(_BYTES), private=True)
        try:
            salt = place.read_bytes()
        except OSError as error:
            raise ParalbenchError(
                f"{place}: the salt cannot be read ({error.strerror or error})."
            ) from None
        if len(salt) < _BYTES:
            raise ParalbenchError(
                f"{place}: expected a salt of {_BYTES} random bytes or more, got {len(salt)}; "
                f"'head -c {_BYTES} /dev/urandom > FILE' makes one."
            )
        return cls(salt)

    @property
    def digest(self) -> str:
        """Distinguishes two salts without revealing either."""
        return hashlib.blake2b(b"digest", key=self._salt, digest_size=8).hexdigest()

    def name(self, name: str) -> str:
        """The pseudonym of a recording or a patient: 80 bits, so that no two collide."""
        encoded = name.encode("utf-8", "surrogatepass")
        return "P-" + hashlib.blake2b(encoded, key=self._salt, digest_size=10).hexdigest()


def write_key_table(file: Path, report: Path, names: Iterable[tuple[str, str, str]]) -> None:
    """Write (pseudonym, id, path) as a CSV that only its owner can read.

    Raises:
        UsageError: where it would be in the report's folder, which is handed on.
    """
    if report.resolve() in file.resolve().parents:
        raise UsageError(
            f"--key-table {file}: it must not be in the report's folder, which is handed on."
        )
    columns = ("pseudonym", "id", "path")
    text = csv_text((dict(zip(columns, row, strict=True)) for row in names), columns)
    write_atomically(file, text.encode("utf-8", "backslashreplace"), private=True)
