"""VoxCeleb 1 and 2: vox*_meta.csv, <id>/<video>/<utterance>.wav or .m4a, and age lists.

Folders are walked and no file is looked at; the age lists (utt2age.train, utt2age.test) bring a split
of their own, which is the Examples' partition. The metadata's split for verification is an attribute.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import nested, visible
from paralbench.corpora.tables import lines, rows
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Label, Refusal

METADATA = {"vox1_meta.csv": "VoxCeleb1 ID", "vox2_meta.csv": "VoxCeleb2 ID"}
AGES = ("", "age_voxceleb/", "agevoxceleb/")
SEXES = {"m": "male", "f": "female"}
AUDIO = {"wav": ".wav", "aac": ".m4a"}
"""The folder that holds the speakers' folders, and what its files are called."""


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example an utterance: every file of a speaker whom the metadata name, every listed age."""
    people = _people(root)
    ages: dict[str, tuple[float, str]] = {}
    for part in ("train", "test"):
        file = nested(root, *(f"{folder}utt2age.{part}" for folder in AGES))
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
    for folder, suffix in _speakers(root):
        if folder.name not in people or not folder.is_dir():
            yield Refusal(
                folder.name, "it is no folder of a speaker whom the metadata name", str(folder)
            )
            continue
        for name in _utterances(folder, suffix):
            yield _example(folder.parent, name, suffix, people, ages.pop(name, None))
    for name, age_of in ages.items():  # listed, but not among the files
        yield _example(root / "wav", name, ".wav", people, age_of)


def _people(root: Path) -> dict[str, dict[str, str]]:
    """Every speaker's attributes."""
    people: dict[str, dict[str, str]] = {}
    for name, column in METADATA.items():
        if not (root / name).exists():
            continue
        for row, where in rows(root / name, (column, "Gender")):
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
        raise ParalbenchError(f"{root}: expected {' or '.join(METADATA)}, found neither.")
    return people


def _speakers(root: Path) -> Iterator[tuple[Path, str]]:
    for kind, suffix in AUDIO.items():
        for place in (root / kind, *visible(root, f"*/{kind}")):
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


def _example(
    folder: Path,
    name: str,
    suffix: str,
    people: dict[str, dict[str, str]],
    age: tuple[float, str] | None,
) -> Example:
    speaker, video, _ = name.split("/")
    attributes = people.get(speaker, {})
    labels: dict[str, Label] = {"sex": attributes["sex"]} if attributes else {}
    if age is not None:
        labels["age"] = age[0]
    return Example(
        id=name,
        clips=(Clip(folder / f"{name}{suffix}"),),
        labels=labels,
        groups={"speaker": speaker, "video": f"{speaker}/{video}"},
        attributes=attributes,
        partition=age[1] if age else None,
    )
