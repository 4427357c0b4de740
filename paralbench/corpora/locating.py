"""Where a corpus lies: named on the command line, in the configuration, or fetched."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import platformdirs

from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import ParalbenchError, UsageError

"""A file of this name at a corpus root says that the corpus was made by ``paralbench synth``."""


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
    found: dict[str, Path] = {}
    for item in data:
        corpus, sign, folder = item.partition("=")
        key, path = (corpus, folder) if sign and not Path(item).exists() else ("", item)
        if key in found:
            raise UsageError(
                f"--data was given twice for {key or 'all corpora'}; name each CORPUS=DIR."
            )
        if not path:
            raise UsageError(f"--data {item!r} names no folder; expected DIR or CORPUS=DIR.")
        found[key] = Path(path).expanduser()
    return found


def locate(card: CorpusCard, data: Mapping[str, Path]) -> Path:
    """The root of a corpus on this machine.

    Looks at ``--data``, then the configuration, then PARALBENCH_DATA/<corpus>, then what was
    fetched. A folder one level too high or too low is put right where the card's layout tells.

    Raises:
        ParalbenchError: saying where it was looked for and how the corpus is obtained.
    """
    looked: list[Path] = []
    for place in _places(card.id, data):
        looked.append(place)
        if place.exists():
            root = _root(card, place)
            if root is not None:
                return root
            raise ParalbenchError(
                f"{place} does not look like corpus '{card.id}': expected below it "
                f"{' and '.join(card.layout.markers)}. {card.obtain}"
            )
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
            told = tomllib.loads(file.read_text(encoding="utf-8")).get("data", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ParalbenchError(f"{file}: not valid TOML: {error}.") from error
        folder = told.get(corpus, "") if isinstance(told, dict) else None
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
    if not place.is_dir():
        return None
    below = sorted(child for child in place.iterdir() if child.is_dir())
    usual = [place / name for name in card.layout.names if (place / name).is_dir()]
    for candidate in [place, *usual, *below, place.resolve().parent]:
        if all(any(candidate.glob(pattern)) for pattern in card.layout.markers):
            return candidate
    return None
