"""MUStARD: data/sarcasm_data.json and one video an utterance, whose sound track is used.

The authors' folds (split_indices.p) are a pickle and are never opened. The speaker-independent split
tests Friends and trains on the other shows.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    for name, sarcastic, entry in utterances:
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
            groups={"speaker": f"{show}/{entry.get('speaker', '')}", "show": show},
            partition="test" if show == TEST_SHOW else "train",
            source=where,
        )
