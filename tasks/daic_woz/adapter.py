"""DAIC-WOZ: the three AVEC 2017 splits, and a folder ``<id>_P`` for each interview.

Only the participant's turns are used. Errors of the transcripts are errata in ``corpus.toml``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from paralbench.corpora.folders import nested
from paralbench.corpora.tables import lines, rows
from paralbench.corpora.turns import turns, without
from paralbench.records.corpus_card import CorpusCard, Erratum
from paralbench.records.errors import ParalbenchError, Refused
from paralbench.records.example import Clip, Example, Label, Refusal

_TABLES = {
    "train": "train_split_Depression_AVEC2017.csv",
    "dev": "dev_split_Depression_AVEC2017.csv",
    "test": "test_split_Depression_AVEC2017.csv",
}
_TEST_LABELS = "full_test_split.csv"
_ITEMS = [
    f"PHQ8_{item}"
    for item in ("NoInterest", "Depressed", "Sleep", "Tired", "Appetite", "Failure",
                 "Concentrating", "Moving")
]  # fmt: skip
_COLUMNS = ["start_time", "stop_time", "speaker", "value"]
_SYNC = ("<sync", "[sync")


@dataclass(frozen=True)
class _Row:
    """One line of a transcript: seconds, seconds, speaker, text."""

    start: float
    end: float
    speaker: str
    value: str


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a participant, with a Clip for each of the participant's turns."""
    card = CorpusCard.from_toml(Path(__file__).with_name("corpus.toml"))
    errata = {erratum.id: erratum for erratum in card.errata}
    for partition, cells, where in _participants(root):
        name = cells["Participant_ID"]
        if name in (absent := errata["absent-sessions"]).subjects:
            yield Refusal(name, "this session was never distributed", where, absent.id)
            continue
        audio, transcript = _files(root, name)
        try:
            labels, mended = _labels(cells, errata)
            clips, applied = _clips(name, audio, transcript, errata)
        except Refused as reason:
            yield Refusal(name, str(reason), where)
            continue
        yield Example(
            id=name,
            clips=clips,
            labels=labels,
            groups={"speaker": name},
            attributes={
                "sex": {"0": "male", "1": "female"}.get(cells.get("Gender", ""), "unknown"),
                "language": "en",
            },
            partition=partition,
            source=where,
            errata=(*mended, *applied),
        )


def _participants(root: Path) -> Iterator[tuple[str, dict[str, str], str]]:
    """Partition, cells under the names of the training table, and where they stand."""
    for partition, table in _TABLES.items():
        labelled = root / _TEST_LABELS
        file = labelled if partition == "test" and labelled.is_file() else root / table
        for cells, where in rows(file):
            # participant_ID in one table, PHQ_Binary for PHQ8_Binary in another.
            renamed = {
                name.replace("participant_", "Participant_").replace("PHQ_", "PHQ8_"): cell
                for name, cell in cells.items()
            }
            if "Participant_ID" not in renamed:
                raise ParalbenchError(f"{file}: expected a column 'Participant_ID'.")
            if renamed["Participant_ID"]:
                yield partition, renamed, where


def _files(root: Path, name: str) -> tuple[Path, Path]:
    """The recording and the transcript: in the zip's folder, or flat where it was unpacked so."""
    return (
        nested(root, f"{name}_AUDIO.wav", f"{name}_P/{name}_P/{name}_AUDIO.wav",
               f"{name}_P/{name}_AUDIO.wav"),
        nested(root, f"{name}_TRANSCRIPT.csv", f"{name}_P/{name}_P/{name}_TRANSCRIPT.csv",
               f"{name}_P/{name}_TRANSCRIPT.csv"),
    )  # fmt: skip


def _labels(
    cells: dict[str, str], errata: Mapping[str, Erratum]
) -> tuple[dict[str, Label], list[str]]:
    """phq8, depression and the eight items, as far as they are given; and the errata applied."""
    name, applied = cells["Participant_ID"], []
    scores = {
        column: _number(column, cells[column])
        for column in ("PHQ8_Score", "PHQ8_Binary", *_ITEMS)
        if cells.get(column)
    }
    wrong = errata["wrong-binary"]
    mended = float(wrong.values["PHQ8_Binary"])
    if name in wrong.subjects and scores.get("PHQ8_Binary", mended) != mended:
        scores["PHQ8_Binary"] = mended
        applied.append(wrong.id)
    empty = [item for item in _ITEMS if item not in scores]
    if (
        name in errata["missing-sleep-item"].subjects
        and empty == ["PHQ8_Sleep"]
        and "PHQ8_Score" in scores
    ):
        scores["PHQ8_Sleep"] = scores["PHQ8_Score"] - sum(
            scores[item] for item in _ITEMS if item in scores
        )
        applied.append("missing-sleep-item")
    labels: dict[str, Label] = {
        item.lower().replace("_", "-"): scores[item] for item in _ITEMS if item in scores
    }
    if "PHQ8_Score" in scores:
        labels["phq8"] = scores["PHQ8_Score"]
    if "PHQ8_Binary" in scores:
        labels["depression"] = "depressed" if scores["PHQ8_Binary"] else "not-depressed"
    return labels, applied


def _number(column: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise Refused(f"its {column} is {cell!r}, expected a number") from None


def _clips(
    name: str, audio: Path, transcript: Path, errata: Mapping[str, Erratum]
) -> tuple[tuple[Clip, ...], list[str]]:
    """The participant's turns, in the order offset, anchor, sync, interruption; and the errata.

    Raises:
        Refused: for a transcript that is missing or no transcript, or a recording without turns.
    """
    spoken = _transcript(transcript)
    applied = []
    if name in errata["misaligned-transcript"].values:
        shift = float(errata["misaligned-transcript"].values[name])
        spoken = [replace(row, start=row.start + shift, end=row.end + shift) for row in spoken]
        applied.append("misaligned-transcript")
    begin = next((at for at, row in enumerate(spoken) if row.speaker == "ellie"), None)
    if begin is None and name in errata["missing-interviewer"].subjects:
        begin = next((at for at, row in enumerate(spoken) if _is_sync(row)), 0)
        applied.append("missing-interviewer")
    if begin is None:
        raise Refused(
            f"{transcript.name} has no row of Ellie, so where the interview begins is open"
        )
    interview = [row for row in spoken[begin:] if not _is_sync(row)]
    stretches = [(row.start, row.end) for row in interview if row.speaker == "participant"]
    if name in errata["interruption"].values:
        start, end = map(float, str(errata["interruption"].values[name]).split("-"))
        stretches = without(stretches, (start, end))
        applied.append("interruption")
    return turns(audio, stretches), applied


def _is_sync(row: _Row) -> bool:
    """``<sync> <synch> [sync] [synch] [syncing] [synching] <sync.``"""
    return any(sign in row.value.lower() for sign in _SYNC)


def _transcript(file: Path) -> list[_Row]:
    """Rows with a speaker and a value. Split by tabs alone: quotes belong to the text."""
    spoken = []
    try:
        written = list(lines(file))
    except ParalbenchError as error:
        raise Refused(f"its transcript cannot be read: {error}") from None
    if not written or written[0][0].split("\t") != _COLUMNS:
        raise Refused(f"{file.name} does not begin with the columns {', '.join(_COLUMNS)}")
    for line, where in written[1:]:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) < 4 or not cells[2] or not cells[3]:
            continue
        try:
            start, end = float(cells[0]), float(cells[1])
        except ValueError:
            raise Refused(
                f"expected two times in seconds at {where}, found {line[:40]!r}"
            ) from None
        spoken.append(_Row(start, end, cells[2].lower(), cells[3]))
    return spoken
