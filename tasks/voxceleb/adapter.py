"""VoxCeleb 1 and 2: vox*_meta.csv, <id>/<video>/<utterance>.wav or .m4a, and lists of ages and sexes.

The two releases lie under roots of their own (``VoxCeleb1/dev/wav``, ``VoxCeleb2/dev/aac``), with the
metadata in or above them; a root that is called after one of them also finds the other beside it.
Folders are walked and no file is looked at.

AgeVoxCeleb (utt2age.train, utt2age.test) lists utterances, with a split of its own. The lists of
Hechmi et al. name one video a person for ages (age-train.txt) and people for sexes
(gender-train_set.txt); each of their people is an Example.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import nested, visible
from paralbench.corpora.tables import lines, rows
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Label, Refusal

METADATA = {"vox1_meta.csv": "VoxCeleb1 ID", "vox2_meta.csv": "VoxCeleb2 ID"}
LISTS = ("", "age_voxceleb/", "agevoxceleb/", "dataset/", "voxceleb_enrichment_age_gender/dataset/")
"""Where the lists of ages and sexes may lie, below a root."""

SEXES = {"m": "male", "f": "female"}
AUDIO = {"wav": ".wav", "aac": ".m4a"}
"""The folder that holds the speakers' folders, and what its files are called."""

_RELEASE = re.compile(r"^vox(celeb)?[-_ ]?[12]$", re.IGNORECASE)


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example an utterance of a speaker whom the metadata name, an age and a person listed."""
    roots = _roots(root)
    people = _people(roots)
    ages: dict[str, tuple[float, str]] = {}
    for part in ("train", "test"):
        file = _list(roots, f"utt2age.{part}")
        for line, where in lines(file) if file.exists() else ():
            name, _, age = line.rpartition(" ")
            if not age.isdecimal() or name.count("/") != 2:
                yield Refusal(line, "expected 'speaker/video/utterance age'", where)
                continue
            name = name.strip()
            if name in ages:
                yield Refusal(name, "its age is listed twice; the first holds", where)
                continue
            ages[name] = (float(age), part)
    videos: dict[str, dict[str, list[Path]]] = {}
    for folder, suffix in _speakers(roots):
        if folder.name not in people or not folder.is_dir():
            yield Refusal(
                folder.name, "it is no folder of a speaker whom the metadata name", str(folder)
            )
            continue
        for name in _utterances(folder, suffix):
            file = folder.parent / f"{name}{suffix}"
            speaker, video, _ = name.split("/")
            videos.setdefault(speaker, {}).setdefault(video, []).append(file)
            yield _example(name, (file,), people, ages.pop(name, None))
    for name, age_of in ages.items():  # listed, but not among the files
        yield _example(name, (root / "wav" / f"{name}.wav",), people, age_of)
    yield from _listed_ages(roots, people, videos)
    yield from _listed_sexes(roots, people, videos)


def _roots(root: Path) -> list[Path]:
    """The root, and the folders of single releases below it or beside it."""
    below = [folder for folder in visible(root, "*/") if _RELEASE.match(folder.name)]
    beside = [
        folder
        for folder in (visible(root.parent, "*/") if _RELEASE.match(root.name) else [])
        if _RELEASE.match(folder.name) and folder.name != root.name
    ]
    return [root, *below, *beside, *([root.parent] if beside else [])]


def _people(roots: list[Path]) -> dict[str, dict[str, str]]:
    """Every speaker's attributes."""
    people: dict[str, dict[str, str]] = {}
    for name, column in METADATA.items():
        file = _list(roots, name)
        if not file.exists():
            continue
        for row, where in rows(file, (column, "Gender")):
            sex = SEXES.get(row["Gender"].lower())
            if sex is None:
                raise ParalbenchError(f"{where}: Gender is '{row['Gender']}', expected m or f.")
            attributes = {
                "release": column.split()[0].lower(),
                "sex": sex,
                "set": row.get("Set", ""),
            }
            attributes["nationality"] = row.get("Nationality", "")
            people[row[column]] = {key: value for key, value in attributes.items() if value}
    if not people:
        raise ParalbenchError(f"{roots[0]}: expected {' or '.join(METADATA)}, found neither.")
    return people


def _list(roots: list[Path], name: str) -> Path:
    """The first file of this name in a place for lists; one that does not exist where there is none."""
    places = [nested(root, *(f"{folder}{name}" for folder in LISTS)) for root in roots]
    return next((place for place in places if place.exists()), places[0])


def _speakers(roots: list[Path]) -> Iterator[tuple[Path, str]]:
    seen: set[Path] = set()
    for root in roots:
        for kind, suffix in AUDIO.items():
            for place in (root / kind, *visible(root, f"*/{kind}")):
                if place not in seen:
                    seen.add(place)
                    yield from ((folder, suffix) for folder in visible(place, "id*"))


def _utterances(speaker: Path, suffix: str) -> Iterator[str]:
    """Names as the age lists write them."""
    for video in _names(speaker, folders=True):
        for file in _names(speaker / video, folders=False):
            if file.endswith(suffix):
                yield f"{speaker.name}/{video}/{file.removesuffix(suffix)}"


def _names(folder: Path, folders: bool) -> list[str]:
    """Sorted, hidden ones left out. A million files are listed so, and none of them is opened."""
    with os.scandir(folder) as entries:
        return sorted(
            entry.name
            for entry in entries
            if not entry.name.startswith(".") and entry.is_dir() == folders
        )


def _listed_ages(
    roots: list[Path], people: dict[str, dict[str, str]], videos: dict[str, dict[str, list[Path]]]
) -> Iterator[Example]:
    for part in ("train", "test"):
        file = _list(roots, f"age-{part}.txt")
        for row, _ in (
            rows(file, ("speaker_age", "VoxCeleb_ID", "video_id")) if file.exists() else ()
        ):
            person, video = row["VoxCeleb_ID"], row["video_id"]
            files = videos.get(person, {}).get(video) or [roots[0] / "aac" / person / video]
            age = (float(row["speaker_age"]), f"age-{part}")
            yield _example(f"{person}/{video}", tuple(files), people, age)


def _listed_sexes(
    roots: list[Path], people: dict[str, dict[str, str]], videos: dict[str, dict[str, list[Path]]]
) -> Iterator[Example]:
    """The first utterance of each of a person's videos."""
    for part in ("train", "test"):
        file = _list(roots, f"gender-{part}_set.txt")
        for person in json.loads(file.read_text(encoding="utf-8")) if file.exists() else ():
            own = videos.get(person, {})
            files = [found[0] for found in own.values()] or [roots[0] / "aac" / person]
            yield _example(person, tuple(files), people, (None, f"sex-{part}"))


def _example(
    name: str,
    files: tuple[Path, ...],
    people: dict[str, dict[str, str]],
    listed: tuple[float | None, str] | None,
) -> Example:
    """``name`` is a speaker, a video of theirs or an utterance of it; ``listed`` is age and part."""
    speaker, *rest = name.split("/")
    attributes = people.get(speaker, {})
    labels: dict[str, Label] = {"sex": attributes["sex"]} if attributes else {}
    age, part = listed or (None, None)
    if age is not None:
        labels["age"] = age
    return Example(
        id=name,
        clips=tuple(Clip(file) for file in files),
        labels=labels,
        groups={"speaker": speaker} | ({"video": f"{speaker}/{rest[0]}"} if rest else {}),
        attributes={**attributes, "unit": ("person", "video", "utterance")[len(rest)]},
        partition=part,
    )
