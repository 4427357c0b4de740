"""SEP-28k: SEP-28k_labels.csv and the clips that its scripts cut, <Show>/<EpId>/<Show>_<EpId>_<ClipId>.wav.

Three annotators counted each dysfluency. The headerless episode lists only say where the audio once
was; much of it no longer is, and such clips are refused by name when they are decoded.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import nested
from paralbench.corpora.tables import rows
from paralbench.records.example import Clip, Example, Label, Refusal

TABLES = {"sep28k": "SEP-28k_labels.csv", "fluencybank": "fluencybank_labels.csv"}
DYSFLUENCIES = ("Prolongation", "Block", "SoundRep", "WordRep", "Interjection")
FLUENT = "NoStutteredWords"
AGREED = 2
"""Of three annotators."""


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a clip; a clip on which no two annotators agree has no label 'fluency'.

    FluencyBank's table comes with the repository; it is read where its clips are there.
    """
    clips = nested(root, "clips", ".")
    for collection, name in TABLES.items():
        if collection == "sep28k" or ((root / name).exists() and (clips / "FluencyBank").exists()):
            yield from _table(root / name, collection, clips)


def _table(file: Path, collection: str, clips: Path) -> Iterator[Example | Refusal]:
    needed = ("Show", "EpId", "ClipId", *DYSFLUENCIES, FLUENT)
    for row, where in rows(file, needed, delimiter=","):
        show, episode = row["Show"], row["EpId"]
        name = f"{show}_{episode}_{row['ClipId']}"
        votes = {kind: row[kind] for kind in (*DYSFLUENCIES, FLUENT)}
        if not all(vote.isdecimal() for vote in votes.values()):
            yield Refusal(name, f"expected numbers of votes, got {votes}", where)
            continue
        labels: dict[str, Label] = {kind.lower(): float(vote) for kind, vote in votes.items()}
        if any(int(votes[kind]) >= AGREED for kind in DYSFLUENCIES):
            labels["fluency"] = "stuttered"
        elif int(votes[FLUENT]) >= AGREED:
            labels["fluency"] = "fluent"
        yield Example(
            id=name,
            clips=(Clip(clips / show / episode / f"{name}.wav"),),
            labels=labels,
            groups={"episode": f"{show}/{episode}", "show": show},
            attributes={"collection": collection},
            source=where,
        )
