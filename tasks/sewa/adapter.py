"""SEWA as packed for AVEC (2019 CES; 2017 and 2018 too): audio/<P>.wav and labels/<P>.csv.

``<P>`` is ``Train_DE_01``; in 2017 it was ``Train_01``, German without saying so. Labels come ten
times a second, with a header in 2019 and without before. Test labels were never released.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paralbench.records.example import Clip, Example, Label, Refusal, Series

RATE = 10.0
_NAME = re.compile(r"^(?P<partition>Train|Devel|Test)(?:_(?P<culture>DE|HU|CN))?_\d+$")
_LANGUAGE = {"DE": "de", "HU": "hu", "CN": "zh"}
_COLUMNS = ["name", "timestamp", "arousal", "valence", "liking"]
_DIMENSIONS = _COLUMNS[2:]


@dataclass(frozen=True)
class _Labels:
    file: Path
    values: dict[str, NDArray[np.float64]]

    @property
    def rows(self) -> int:
        return len(self.values["arousal"])


class _BrokenError(ValueError):
    """A label file that cannot be used: why, and the line."""


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a recording, labelled or not; the series of each are arousal, valence, liking."""
    files = {file.stem: file for file in sorted((root / "labels").glob("*.csv")) if _visible(file)}
    names = {file.stem for file in (root / "audio").glob("*.wav") if _visible(file)}
    labelled: dict[str, _Labels] = {}
    for name in sorted(names | files.keys()):
        parsed = _NAME.match(name)
        if parsed is None:
            yield Refusal(name, "expected a name such as Train_DE_01")
        elif name in files:
            try:
                labelled[name] = _labels(files[name])
            except _BrokenError as reason:
                yield Refusal(name, str(reason.args[0]), f"{files[name]}:{reason.args[1]}")
        elif parsed["partition"] == "Test":
            yield _example(root, name, parsed, None, None)
        else:
            yield Refusal(name, "its label file is missing", str(root / "labels"))
    pairs = _pairs(labelled)
    for name, labels in labelled.items():
        parsed = _NAME.match(name)
        assert parsed is not None
        yield _example(root, name, parsed, labels, pairs[name])


def _visible(file: Path) -> bool:
    return not file.name.startswith(".")


def _kind(match: re.Match[str]) -> tuple[str, str]:
    return match["partition"], match["culture"] or "DE"


def _example(
    root: Path, name: str, match: re.Match[str], labels: _Labels | None, pair: str | None
) -> Example:
    partition, culture = _kind(match)
    series: dict[str, Label] = {}
    if labels is not None:
        series = {key: Series(RATE, values) for key, values in labels.values.items()}
        speaking = _speaking(root / "turns" / f"{name}.csv", labels.rows)
        if speaking is not None:
            series["speaking"] = Series(RATE, speaking)
    return Example(
        id=name,
        clips=(Clip(root / "audio" / f"{name}.wav"),),
        labels=series,
        groups={"speaker": name} | ({"pair": pair} if pair else {}),
        attributes={
            "culture": culture,
            "language": _LANGUAGE[culture],
            "part": f"{partition}_{culture}",
        },
        partition=partition,
        source=str(labels.file) if labels else "",
    )


def _labels(file: Path) -> _Labels:
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    # The challenge's own loader: a header where the line begins so, commas where it has one.
    first = lines[0] if lines else ""
    rows = csv.reader(lines, delimiter="," if "," in first else ";", skipinitialspace=True)
    columns = _COLUMNS
    if first.startswith("name"):
        columns = [cell.strip() for cell in next(rows)]
    if not set(_COLUMNS) <= set(columns):
        raise _BrokenError(
            f"expected the columns {', '.join(_COLUMNS)}, found {', '.join(columns)}", 1
        )
    places = [columns.index(name) for name in _COLUMNS[1:]]
    numbers: list[list[float]] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        try:
            numbers.append([float(row[place]) for place in places])
        except (ValueError, IndexError):
            raise _BrokenError(
                f"expected {len(columns)} cells with numbers", rows.line_num
            ) from None
        # Also catches NaN, in a time as in a label.
        if not abs(numbers[-1][0] - (len(numbers) - 1) / RATE) < 0.5 / RATE:
            reason = f"its time is {numbers[-1][0]:g} s, expected {(len(numbers) - 1) / RATE:g} s"
            raise _BrokenError(reason, rows.line_num)
        if not np.isfinite(numbers[-1]).all():
            raise _BrokenError("a label is not a number", rows.line_num)
    if not numbers:
        raise _BrokenError("it holds no label", 1)
    table = np.array(numbers)[:, 1:].T
    return _Labels(file, dict(zip(_DIMENSIONS, table, strict=True)))


def _pairs(labelled: Mapping[str, _Labels]) -> dict[str, str]:
    """Who chatted with whom, inferred from equally long labels within partition and culture.

    Recordings left alone by that are joined with others left alone that are one row longer: the
    known lengths of the development partition then all fall into pairs.
    """
    lengths: dict[tuple[str, str], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, labels in labelled.items():
        parsed = _NAME.match(name)
        assert parsed is not None
        lengths[_kind(parsed)][labels.rows].append(name)
    pairs: dict[str, str] = {}
    for (partition, culture), by_length in lengths.items():
        last_alone = chat = -2
        for rows in sorted(by_length):
            alone = len(by_length[rows]) == 1
            if not (alone and rows - last_alone == 1):
                chat = rows
            last_alone = rows if alone else -2
            pairs.update(dict.fromkeys(by_length[rows], f"{partition}_{culture}_{chat}"))
    return pairs


def _speaking(file: Path, rows: int) -> NDArray[np.float64] | None:
    """1 where the recorded person speaks, 0 elsewhere, from turns/ (start;end) where it is there."""
    if not file.is_file():
        return None
    speaking = np.zeros(rows)
    for line in file.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        try:
            start, end = (float(cell) for cell in line.split(";")[:2])
        except ValueError:
            continue  # a header, if a package has one; the turns are no target of a task
        speaking[round(start * RATE) : round(end * RATE)] = 1.0
    return speaking
