"""Predictions and refusals with the names of files, kept beside the results on this machine only.

Result files hold salted ids; these files hold paths. They lie in a hidden folder that version control
ignores, and neither ``submit`` nor the leaderboard reads it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Refusal
from paralbench.system.atomic_file import write_atomically
from paralbench.system.csv_cell import csv_text

NO_NUMBERS = "it repeats predictions beside the names of files"

FOLDER = ".local"
COLUMNS = ("file", "start", "end", "example", "speaker", "fold", "truth", "predicted", "confidence")
"""``confidence`` is the mean probability of the predicted class; empty for numbers."""


def path(result: Path) -> Path:
    """The table of a result file <results>/<model>/<task>/<head>.json."""
    root = result.parents[2]
    return root / FOLDER / result.relative_to(root).with_suffix(".csv")


def write(
    result: Path, rows: Sequence[Mapping[str, object]], refused: Sequence[Refusal] = ()
) -> None:
    """Write the table of a result, a row an example, and what was refused, each where there is any."""
    ignored = result.parents[2] / FOLDER / ".gitignore"
    if not ignored.is_file():
        write_atomically(ignored, "*\n")
    names = ("subject", "reason", "where", "erratum")
    refusals = [json.dumps({name: getattr(refusal, name) for name in names}) for refusal in refused]
    contents = {
        path(result): csv_text(rows, COLUMNS) if rows else "",
        _refused(result): "\n".join(refusals),
    }
    for file, content in contents.items():
        if content:
            write_atomically(file, content, private=True)
        else:
            file.unlink(missing_ok=True)


def read(result: Path) -> list[dict[str, str]]:
    """The rows of a result's table, by column.

    Raises:
        ParalbenchError: where there is none.
    """
    file = path(result)
    try:
        content = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ParalbenchError(
            f"{file}: expected the predictions with the names of files, which a run leaves on the "
            "machine where it is made; 'paralbench run ... --again' makes them here."
        ) from None
    return list(csv.DictReader(io.StringIO(content, newline="")))


def read_refused(result: Path) -> tuple[Refusal, ...]:
    """What was refused, with names; empty where nothing was, or the result was made elsewhere."""
    file = _refused(result)
    if not file.is_file():
        return ()
    lines = file.read_text(encoding="utf-8").splitlines()
    return tuple(Refusal(**json.loads(line)) for line in lines)


def _refused(result: Path) -> Path:
    return path(result).with_suffix(".refused.jsonl")
