"""Whether folds can separate both speakers and texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from paralbench.records.example import Example

NO_NUMBERS = "it words why folds are refused"


def inseparable(examples: Sequence[Example]) -> str | None:
    """Why folds cannot keep both speakers and texts apart, and what to do; None where they can."""
    pairs = [
        (example.groups["speaker"], example.groups["text"])
        for example in examples
        if {"speaker", "text"} <= example.groups.keys()
    ]
    if len(pairs) < len(examples) or len({speaker for speaker, _ in pairs}) < 2:
        return None
    # One group after another is reached from the first pair where all are connected.
    speakers: dict[str, set[str]] = defaultdict(set)
    texts: dict[str, set[str]] = defaultdict(set)
    for speaker, text in pairs:
        speakers[speaker].add(text)
        texts[text].add(speaker)
    reached, pending = set(), [pairs[0][0]]
    while pending:
        speaker = pending.pop()
        if speaker not in reached:
            reached.add(speaker)
            pending += {other for text in speakers[speaker] for other in texts[text]}
    if len(reached) < len(speakers):
        return None
    every = all(len(said) == len(texts) for said in speakers.values())
    how = (
        f"all {len(speakers)} speakers say all {len(texts)} texts"
        if every
        else f"the {len(speakers)} speakers share texts with one another"
    )
    return (
        f"{how}, so that folds of speakers cannot separate texts as well. --folds crossed tests "
        "unseen speakers on unseen texts; --groups speaker lets texts repeat, and the score may "
        "then rest on words. (In Python: evaluate's folds and groups.)"
    )
