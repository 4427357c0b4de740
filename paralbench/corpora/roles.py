"""paralbench.toml beside a user's data: the role of each column."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import Field

from paralbench.records.card import Card
from paralbench.records.errors import ParalbenchError

FILE = "paralbench.toml"
GROUPS = ("speaker", "session", "text")
USUAL = {
    "target": ("target", "label"),
    "speaker": ("speaker", "speaker_id"),
    "session": ("session", "session_id"),
    "text": ("text_id",),
    "partition": ("partition", "split"),
    "id": ("id",),
    "audio": ("audio",),
}
"""Default column names of each role."""


class Roles(Card):
    """Columns by role; a role that is not given is looked up under its usual names.

    Args:
        target: the label to learn.
        speaker, session, text: groups that folds must not cut.
        partition: the part of an official split.
        id, audio: a name and the audio of each row.
        tables: which tables hold the target, where a database has several; all by default.
        hub: a data set on the Hugging Face hub ("owner/name"), downloaded only because it is
            named here; ``revision`` is the commit or branch of it.
    """

    target: str | None = None
    speaker: str | None = None
    session: str | None = None
    text: str | None = None
    partition: str | None = None
    id: str | None = None
    audio: str | None = None
    tables: list[str] = Field(default_factory=list)
    hub: str | None = Field(default=None, pattern=r"^[\w.-]+(/[\w.-]+)?$")
    revision: str = "main"

    @classmethod
    def beside(cls, folder: Path) -> Roles:
        """The roles given in ``folder``; the defaults where there is no such file."""
        file = folder / FILE
        return cls.from_toml(file) if file.is_file() else cls()

    def column(self, part: str, columns: Collection[str], where: Path) -> str | None:
        """The column with the role ``part``, or None.

        Raises:
            ParalbenchError: where the named column does not exist.
        """
        named: str | None = getattr(self, part)
        if named is None:
            return next((name for name in USUAL[part] if name in columns), None)
        if named not in columns:
            raise ParalbenchError(
                f"{where / FILE}: {part} is given as '{named}', found: {_listed(columns)}."
            )
        return named

    def target_column(
        self, columns: Collection[str], candidates: Sequence[str], where: Path
    ) -> str:
        """The column to learn: named, of a usual name, or the only candidate.

        Raises:
            ParalbenchError: where none of these applies.
        """
        named = self.column("target", columns, where)
        if named is not None:
            return named
        if len(candidates) == 1:
            return candidates[0]
        raise ParalbenchError(
            f"{where}: which column is to be learnt? Found: {_listed(candidates)}. "
            f"Say it in {where / FILE}, for example: target = "
            f'"{candidates[0] if candidates else "emotion"}".'
        )


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
