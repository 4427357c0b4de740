"""paralbench.toml beside somebody's data: which column plays which part."""

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
"""Names under which a part's column is found where nothing else is told."""


class Roles(Card):
    """Columns by the part they play; what is not told is looked for under its usual names.

    Args:
        target: what the tasks learn.
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
        """The roles told in ``folder``; the usual names where there is no such file."""
        file = folder / FILE
        return cls.from_toml(file) if file.is_file() else cls()

    def column(self, part: str, columns: Collection[str], where: Path) -> str | None:
        """The column that plays ``part``, or None.

        Raises:
            ParalbenchError: where a column is told that is not there.
        """
        told: str | None = getattr(self, part)
        if told is None:
            return next((name for name in USUAL[part] if name in columns), None)
        if told not in columns:
            raise ParalbenchError(
                f"{where / FILE}: {part} is said to be '{told}', found: {_listed(columns)}."
            )
        return told

    def target_column(
        self, columns: Collection[str], candidates: Sequence[str], where: Path
    ) -> str:
        """The column to learn: told, of a usual name, or the only candidate.

        Raises:
            ParalbenchError: where nothing says which it is.
        """
        found = self.column("target", columns, where)
        if found is not None:
            return found
        if len(candidates) == 1:
            return candidates[0]
        raise ParalbenchError(
            f"{where}: which column is to be learnt? Found: {_listed(candidates)}. "
            f"Say it in {where / FILE}, for example: target = "
            f'"{candidates[0] if candidates else "emotion"}".'
        )


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
