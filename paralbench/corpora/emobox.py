"""EmoBox's lists of test files, which some comparison tasks use: data/<corpus> of emo-box/EmoBox."""

from __future__ import annotations

import json
from pathlib import Path

from paralbench.corpora.folders import nested, visible
from paralbench.corpora.tables import lines
from paralbench.records.errors import ParalbenchError

PLACES = ("EmoBox/data/{}", "emobox/{}", "EmoBox/{}")
"""Where the lists of a corpus may lie below its root."""


def test_folds(root: Path, name: str) -> dict[str, str]:
    """The fold, "1" and so on, that tests each file, by the file's key without the corpus's name.

    Args:
        root: the corpus root; without lists below it nothing is returned.
        name: EmoBox's name of the corpus, such as "cremad".

    Raises:
        ParalbenchError: for a list that is not one of EmoBox's.
    """
    folds: dict[str, str] = {}
    for folder in visible(nested(root, *(place.format(name) for place in PLACES)), "fold_*"):
        fold = folder.name.removeprefix("fold_")
        for line, where in lines(folder / f"{name}_test_{folder.name}.jsonl"):
            try:
                key = json.loads(line)["key"]
            except (KeyError, TypeError, ValueError) as error:
                raise ParalbenchError(f"{where}: expected an object with 'key'.") from error
            folds[str(key).removeprefix(f"{name}-")] = fold
    return folds
