"""Finds a corpus on disk: from the command line, the configuration, or what was fetched."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import platformdirs

from paralbench.corpora.folders import visible
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.records.strict_text import parse_toml

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")
_DEPTH, _LOOKED = 2, 2000
"""Levels below a folder at which a corpus root is accepted, and folders looked at for a hint."""


class PartsMissingError(ParalbenchError):
    """A folder has some of a corpus's markers and lacks others."""


def configuration() -> Path:
    """The user's configuration file; ``[data]`` in it maps corpora to folders."""
    return platformdirs.user_config_path("paralbench") / "config.toml"


def fetched(corpus: str) -> Path:
    """Where ``paralbench fetch`` puts an open corpus."""
    return platformdirs.user_data_path("paralbench") / "corpora" / corpus


def named(data: Sequence[str]) -> dict[str, Path]:
    """``--data DIR`` (key "") and ``--data CORPUS=DIR`` as a mapping.

    Raises:
        UsageError: for two folders of one corpus, or without a corpus name; for an empty one.
    """
    folders: dict[str, Path] = {}
    for item in data:
        corpus, sign, folder = item.partition("=")
        key, path = (corpus, folder) if sign and not Path(item).exists() else ("", item)
        if key in folders:
            raise UsageError(
                f"--data was given twice for {key or 'all corpora'}; name each CORPUS=DIR."
            )
        if not path:
            raise UsageError(f"--data {item!r} names no folder; expected DIR or CORPUS=DIR.")
        folders[key] = Path(path).expanduser()
    return folders


def locate(card: CorpusCard, data: Mapping[str, Path]) -> Path:
    """The root of a corpus on this machine.

    Looks at ``--data``, then the configuration, then PARALBENCH_DATA/<corpus>, then what was
    fetched. A folder up to two levels too high or one too low is corrected by the card's layout.

    Raises:
        PartsMissingError: naming the markers that are missing.
        ParalbenchError: naming the places searched and how the corpus is obtained.
    """
    looked: list[Path] = []
    for place in _places(card.id, data):
        looked.append(place)
        if place.exists():
            root = _root(card, place)
            if root is not None:
                return root
            _refuse(card, place)
        if place in data.values():
            raise ParalbenchError(f"the data folder {place} for corpus '{card.id}' does not exist.")
    fetch = f" 'paralbench fetch {card.id}' gets it." if card.fetch else f" {card.obtain}"
    raise ParalbenchError(
        f"corpus '{card.id}' was not found; give its folder with --data {card.id}=DIR "
        f"(looked at: {', '.join(map(str, looked))}).{fetch}"
    )


def _places(corpus: str, data: Mapping[str, Path]) -> list[Path]:
    if corpus in data:
        return [data[corpus]]
    places = [data[""]] if "" in data else []
    file = configuration()
    if file.is_file():
        try:
            section = parse_toml(file.read_bytes(), any_form=True).get("data", {})
        except ValueError as error:
            raise ParalbenchError(f"{file}: {error}.") from error
        folder = section.get(corpus, "") if isinstance(section, dict) else None
        if not isinstance(folder, str):
            raise ParalbenchError(f'{file}: under [data] expected lines {corpus} = "FOLDER".')
        if folder:
            places.append(Path(folder).expanduser())
    if os.environ.get("PARALBENCH_DATA"):
        places.append(Path(os.environ["PARALBENCH_DATA"]) / corpus)
    return [*places, fetched(corpus)]


def _root(card: CorpusCard, place: Path) -> Path | None:
    if not card.layout.markers:
        return place
    if place.is_file() and place.name in card.layout.markers:  # its table was given
        place = place.parent
    if not place.is_dir():
        return None
    usual = [place / name for name in card.layout.names if (place / name).is_dir()]
    for candidates in ([place, *usual], _below(place, _DEPTH), [place.resolve().parent]):
        for candidate in candidates:
            if not _missing(card, candidate):
                return candidate
    return None


def _refuse(card: CorpusCard, place: Path) -> NoReturn:
    """Raise with what is missing, or with a hint where the corpus may be."""
    for candidate in [place, *_below(place, 1)] if place.is_dir() else []:
        missing = _missing(card, candidate)
        if len(missing) < len(card.layout.markers):
            raise PartsMissingError(
                f"{candidate} holds a part of corpus '{card.id}'; missing: {' and '.join(missing)}."
            )
    raise ParalbenchError(
        f"{place} does not look like corpus '{card.id}': expected below it "
        f"{' and '.join(card.layout.markers)}.{_hint(card, place)} {card.obtain}"
    )


def _hint(card: CorpusCard, place: Path) -> str:
    deeper = (folder for folder in _below(place, _DEPTH + 2) if not _missing(card, folder))
    if (root := next(deeper, None)) is not None:
        return f" It is deeper: give {root}."
    names = sorted(file.name for file in place.iterdir()) if place.is_dir() else [place.name]
    packed = [name for name in names if name.lower().endswith(ARCHIVES)]
    if packed:
        return f" It is packed: unpack {packed[0]}{' and the others' if packed[1:] else ''} first."
    return ""


def _missing(card: CorpusCard, folder: Path) -> list[str]:
    return [
        marker
        for marker in card.layout.markers
        if not any(any(folder.glob(pattern)) for pattern in marker.split("|"))
    ]


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """Visible folders up to ``depth`` levels below, nearest first; the first _LOOKED of them."""
    level, looked = [folder], 0
    for _ in range(depth):
        children = []
        for parent in level:
            for child in visible(parent, "*/"):
                children.append(child)
                yield child
                looked += 1
                if looked >= _LOOKED:
                    return
        level = children
