"""Coswara: ``combined_data.csv`` and ``<date>/<id>/{cough-heavy,vowel-a,...}.wav``.

One Example a person and sound: coughing, breathing and counting are different tasks, and one empty
file refuses one sound and not the person. ``annotations/<sound>_labels.csv`` grades each sound by
ear: 2 is excellent, 1 good, 0 bad.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.corpora.tables import rows
from paralbench.records.example import Clip, Example, Refusal

SOUNDS = (
    "breathing-deep", "breathing-shallow", "cough-heavy", "cough-shallow", "counting-fast",
    "counting-normal", "vowel-a", "vowel-e", "vowel-o",
)  # fmt: skip
QUALITY = {"2": "excellent", "1": "good", "0": "bad"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """Nine Examples a row; a file that is missing is refused when it is decoded."""
    folders = _folders(root)
    grades = {sound: _grades(root, sound) for sound in SOUNDS}
    seen: dict[str, int] = {}
    for cells, where in rows(root / "combined_data.csv", ["id", "covid_status"]):
        name = cells["id"]
        copies = folders.get(name, [])
        turn = seen[name] = seen.get(name, -1) + 1
        if turn >= len(copies):
            reason = "there is no folder of recordings for this row"
            yield Refusal(name, reason, where)
            continue
        for sound in SOUNDS:
            # The grades name no day: they are of an id's first recording.
            grade = grades[sound].get(name, "unknown") if turn == 0 else "unknown"
            yield _example(cells, copies[turn], sound, grade, turn, where)


def _grades(root: Path, sound: str) -> dict[str, str]:
    """The quality of this sound by person; empty where the copy lacks the annotations."""
    file = root / "annotations" / f"{sound}_labels.csv"
    if not file.is_file():
        return {}
    return {
        cells["FILENAME"].removesuffix(f"_{sound}"): QUALITY.get(cells["QUALITY"], "unknown")
        for cells, _ in rows(file, ["FILENAME", "QUALITY"])
    }


def _folders(root: Path) -> dict[str, list[Path]]:
    """The folders of each id in the order of their dates, however deep the archives unpacked."""
    by_name: dict[str, dict[Path, None]] = {}
    for file in visible(root, "**/*.wav"):
        if file.stem in SOUNDS:
            by_name.setdefault(file.parent.name, {})[file.parent] = None
    return {name: list(folders) for name, folders in by_name.items()}


def _example(
    cells: dict[str, str], folder: Path, sound: str, grade: str, turn: int, where: str
) -> Example:
    """``turn`` counts the rows of one id: the same person on another day."""
    again = f"@{turn + 1}" if turn else ""
    return Example(
        id=f"{cells['id']}{again}/{sound}",
        clips=(Clip(folder / f"{sound}.wav"),),
        labels={"covid": cells["covid_status"]} if cells["covid_status"] else {},
        groups={"speaker": cells["id"]},
        attributes={
            "sound": sound,
            "quality": grade,
            "returning": {"y": "yes", "n": "no"}.get(cells.get("rU", "").lower(), "unknown"),
            "sex": cells.get("g", "") or "unknown",
            "age": cells.get("a", "") or "unknown",
            "country": cells.get("l_c", "") or "unknown",
        },
        source=where,
    )
