"""CMU-MOSEI as s3prl cuts it: Segmented_Audio/{train,dev,test}/<file>_<index>.wav and a label table.

s3prl's table gives seven classes (``label7``) and no score; a ``sentiment`` column holds the score,
where there is one. Its rows with ``split`` 3 are never cut: they have no audio. The old release has
scores beyond 3, an error of its collection; they are clamped, and each is marked with the erratum.
"""

from collections.abc import Iterator
from math import ceil, floor, isfinite
from pathlib import Path

from paralbench.corpora.tables import rows
from paralbench.records.example import Clip, Example, Label, Refusal

PARTITIONS = {"0": "train", "1": "dev", "2": "test"}
UNCUT = "3"
LIMIT = 3.0


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a segment; the video it is of stands for its unnamed speaker."""
    # The transcripts' accents make the table latin-1.
    table = rows(root / "CMU_MOSEI_Labels.csv", ("file", "index", "split"), encoding="latin-1")
    for row, where in table:
        name = f"{row['file']}_{row['index']}"
        part = PARTITIONS.get(row["split"])
        if part is None:
            reason = f"its split is '{row['split']}', expected 0, 1, 2 or 3"
            if row["split"] == UNCUT:
                yield Refusal(name, "it is in no part of the split", where, erratum="never-cut")
            else:
                yield Refusal(name, reason, where)
            continue
        try:
            score = float(row["sentiment"]) if row.get("sentiment") else None
            step = int(float(row["label7"])) if row.get("label7") else _step(score)
        except ValueError as error:
            yield Refusal(name, f"its sentiment is not a number: {error}", where)
            continue
        if step is None or (score is not None and not isfinite(score)):
            yield Refusal(name, "it has neither a sentiment nor a label7", where)
            continue
        labels: dict[str, Label] = {"step": float(step)}
        beyond = score is not None and abs(score) > LIMIT
        if score is not None:
            labels["sentiment"] = max(-LIMIT, min(LIMIT, score))
        yield Example(
            id=name,
            clips=(Clip(root / "Segmented_Audio" / part / f"{name}.wav"),),
            labels=labels,
            groups={"video": row["file"]},
            partition=part,
            source=where,
            errata=("scores-beyond-three",) if beyond else (),
        )


def _step(score: float | None) -> int | None:
    """s3prl's seven classes: a score is rounded away from zero."""
    if score is None or not isfinite(score):
        return None
    away = ceil(score) if score > 0 else floor(score)
    return max(-3, min(3, away))
