"""MUStARD: data/sarcasm_data.json and one video an utterance, whose sound track is used.

The speaker-independent split (data_loader.py) tests Friends and trains on the other shows. The authors'
speaker-dependent folds (split_indices.p) are a pickle of index arrays, which is not loaded: the bytes of
the arrays are taken out of it, and nothing in it is run.
"""

import json
import pickletools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from paralbench.corpora.folders import nested
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Refusal

TEST_SHOW = "FRIENDS"


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example an utterance; its context is not part of it."""
    file = nested(root, "data/sarcasm_data.json", "sarcasm_data.json")
    try:
        entries: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8-sig"))
        utterances = [(name, entry.get("sarcasm"), entry) for name, entry in entries.items()]
    except (AttributeError, OSError, ValueError) as error:
        raise ParalbenchError(f"{file}: expected MUStARD's utterances as JSON: {error}.") from error
    videos = nested(
        root, "mmsd_raw_data/utterances_final", "videos/utterances_final", "utterances_final"
    )
    folds = _dependent_folds(root / "data" / "split_indices.p", len(utterances))
    for number, (name, sarcastic, entry) in enumerate(utterances):
        where = f"{file}: {name}"
        show = str(entry.get("show") or "").strip()
        if not isinstance(sarcastic, bool) or not show:
            yield Refusal(name, "expected 'sarcasm' as true or false, and a 'show'", where)
            continue
        yield Example(
            id=name,
            clips=(Clip(videos / f"{name}.mp4"),),
            labels={"sarcasm": "sarcastic" if sarcastic else "sincere"},
            # Two shows may both have a PERSON; a name means something within its show alone.
            groups={"speaker": f"{show}/{entry.get('speaker', '')}", "show": show}
            | ({"dependent-fold": folds[number]} if folds else {}),
            partition="test" if show == TEST_SHOW else "train",
            source=where,
        )


def _dependent_folds(file: Path, utterances: int) -> list[str]:
    """The authors' fold, "1" to "5", that tests each utterance; empty without the file.

    Raises:
        ParalbenchError: where its arrays are not five pairs of training and test indices.
    """
    if not file.is_file():
        return []
    try:
        arguments = [argument for _, argument, _ in pickletools.genops(file.read_bytes())]
    except ValueError as error:
        raise ParalbenchError(f"{file}: expected a pickle of index arrays: {error}.") from error
    arrays = [
        np.frombuffer(argument.encode("latin-1"), "<i8")
        for argument in arguments
        if isinstance(argument, str) and len(argument) >= 8 and not len(argument) % 8
        and argument.endswith("\0")
    ]  # fmt: skip
    fold_of = {
        int(index): str(fold) for fold, test in enumerate(arrays[1::2], start=1) for index in test
    }
    if len(arrays) != 10 or sorted(fold_of) != list(range(utterances)):
        raise ParalbenchError(
            f"{file}: expected five folds that test {utterances} utterances once."
        )
    return [fold_of[number] for number in range(utterances)]
