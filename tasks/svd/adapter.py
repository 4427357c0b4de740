"""SVD: an index in German and ``data/<session>/{sentnces,vowels}/<session>-phrase.nsp`` and so on.

The web site's WAV exports lie flat, as ``<session>-phrase.wav``. The index is any CSV with its columns,
at the root or below data/ (the site's own is data/voice_data.csv). Beside each voice (.nsp or .wav)
lies its electroglottogram (-egg), which is not a voice; in a few sessions the two are swapped.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.corpora.tables import rows
from paralbench.records.corpus_card import CorpusCard, Erratum
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Refusal

SOUNDS = (
    "phrase", "iau", "a_n", "a_h", "a_l", "a_lhl", "i_n", "i_h", "i_l", "i_lhl",
    "u_n", "u_h", "u_l", "u_lhl",
)  # fmt: skip
_COLUMNS = ("AufnahmeID", "AufnahmeTyp", "SprecherID")
_HEALTH = {"n": "healthy", "p": "pathological"}


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example for each session and sound."""
    card = CorpusCard.from_toml(Path(__file__).with_name("corpus.toml"))
    errata = {erratum.id: erratum for erratum in card.errata}
    last = float(errata["without-recordings"].values["above"])
    files = _files(root)
    index = _index(root)
    for cells, where in rows(index, _COLUMNS, encoding=_encoding(index)):
        session = cells["AufnahmeID"]
        sounds = files.get(session, {})
        if cells["AufnahmeTyp"] not in _HEALTH:
            reason = f"its AufnahmeTyp is {cells['AufnahmeTyp']!r}, expected n or p"
            yield Refusal(session, reason, where)
        elif not sounds and not (session.isdigit() and int(session) > last):
            yield Refusal(session, "there is no recording of this session", where)
        for sound in SOUNDS if cells["AufnahmeTyp"] in _HEALTH else ():
            if sound in sounds:
                clips, applied = _clips(f"{session}-{sound}", session, sound, sounds, errata)
                yield _example(cells, sound, clips, applied, where)


def _index(root: Path) -> Path:
    """The table of sessions: whichever CSV has its columns."""
    for file in (*visible(root, "*.csv"), *visible(root, "data/*.csv")):
        with file.open(encoding="latin-1") as text:
            head = text.readline()
        if all(column in head for column in _COLUMNS):
            return file
    raise ParalbenchError(
        f"{root}: expected the index of SVD, a CSV with the columns {', '.join(_COLUMNS)}."
    )


def _encoding(file: Path) -> str:
    try:
        file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _files(root: Path) -> dict[str, dict[str, Path]]:
    """Files by session and sound; ``<sound>-egg`` for the electroglottogram. NSP before WAV."""
    sessions: dict[str, dict[str, Path]] = {}
    for pattern in ("**/*.wav", "**/*.nsp", "**/*.egg"):
        for file in visible(root, pattern):
            session, sign, sound = file.stem.partition("-")
            if sign and sound.removesuffix("-egg") in SOUNDS:
                sessions.setdefault(session, {})[sound] = file
    return sessions


def _clips(
    name: str, session: str, sound: str, sounds: Mapping[str, Path], errata: Mapping[str, Erratum]
) -> tuple[tuple[Clip, ...], tuple[str, ...]]:
    """Where the voice really is, and which errata say so."""
    voice = sounds[sound]
    # A missing file is refused by its name when it is decoded.
    egg = sounds.get(f"{sound}-egg", voice.with_name(f"{name}-egg{_EGG[voice.suffix]}"))
    if not {name, session}.isdisjoint(errata["swapped-channels"].subjects):
        return (Clip(egg),), ("swapped-channels",)
    if name in errata["swapped-midway"].subjects:
        change = float(errata["swapped-midway"].values[name])
        return (Clip(voice, end=change), Clip(egg, start=change)), ("swapped-midway",)
    unfinished = session in errata["unfinished-files"].subjects
    return (Clip(voice),), ("unfinished-files",) if unfinished else ()


_EGG = {".nsp": ".egg", ".wav": ".wav"}


def _example(
    cells: dict[str, str],
    sound: str,
    clips: tuple[Clip, ...],
    applied: tuple[str, ...],
    where: str,
) -> Example:
    return Example(
        id=f"{cells['AufnahmeID']}-{sound}",
        clips=clips,
        labels={
            "health": _HEALTH[cells["AufnahmeTyp"]],
            "pathologies": cells.get("Pathologien", ""),
        },
        groups={"speaker": cells["SprecherID"], "session": cells["AufnahmeID"]},
        attributes={
            "sound": sound,
            "sex": {"w": "female", "m": "male"}.get(cells.get("Geschlecht", ""), "unknown"),
            "age": _age(cells.get("Geburtsdatum", ""), cells.get("AufnahmeDatum", "")),
            "language": "de",
        },
        source=where,
        errata=applied,
    )


def _age(born: str, recorded: str) -> str:
    try:
        start, end = date.fromisoformat(born), date.fromisoformat(recorded)
    except ValueError:
        return "unknown"
    return str(end.year - start.year - ((end.month, end.day) < (start.month, start.day)))
