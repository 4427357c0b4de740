"""A small FluSense in its true layout: one-tier TextGrids in either form, labels with blanks around.

Coughs, sneezes and the rest as bursts of noise; some names begin with '-', some videos come in two
stretches.
"""

from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.cough import KINDS, airway_sound
from paralbench.synthetic.voice import Signal

VIDEOS = 20
_PADDING = ("{}", "{} ", " {}", "{}\t")


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "flusense", seed)
    folder = root / "flusense_data"
    folder.mkdir()
    for number in range(VIDEOS):
        video = f"{'-' if number % 5 == 0 else 'a'}Vid{number:07d}"
        stretches = ("_0_000-10_000", "_10_000-20_000") if number % 4 == 1 else ("",)
        for stretch in stretches:
            signal, intervals = _recording(rng)
            write_wav(folder / f"{video}{stretch}.wav", signal)
            grid = _short(intervals) if number % 2 else _long(intervals)
            wide = number % 7 == 0  # Praat writes UTF-16 where it meets a sign beyond ASCII
            (folder / f"{video}{stretch}.TextGrid").write_text(
                grid, encoding="utf-16" if wide else "utf-8"
            )
    (root / "metadata.csv").write_text("filename,duration\n", encoding="utf-8")
    litter(folder / "aVid0000001_0_000-10_000.TextGrid")


def _recording(rng: np.random.Generator) -> tuple[Signal, list[tuple[float, float, str]]]:
    pieces, intervals, clock = [], [], 0.0
    for kind in rng.permutation(list(KINDS)):
        seconds = round(float(rng.uniform(0.6, 1.2)), 3)
        pieces.append(airway_sound(str(kind), seconds, rng))
        label = _PADDING[rng.integers(len(_PADDING))].format(kind)
        intervals.append((clock, clock + seconds, label))
        clock = round(clock + seconds, 3)
        pause = np.zeros(3200, np.float32)
        pieces.append(pause)
        intervals.append((clock, clock + 0.2, ""))
        clock = round(clock + 0.2, 3)
    return np.concatenate(pieces), intervals


def _long(intervals: list[tuple[float, float, str]]) -> str:
    end = intervals[-1][1]
    lines = [
        'File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", f"xmax = {end} ",
        "tiers? <exists> ", "size = 1 ", "item []: ", "    item [1]:",
        '        class = "IntervalTier" ', '        name = "label" ', "        xmin = 0 ",
        f"        xmax = {end} ", f"        intervals: size = {len(intervals)} ",
    ]  # fmt: skip
    for number, (start, stop, label) in enumerate(intervals, start=1):
        lines += [
            f"        intervals [{number}]:", f"            xmin = {start} ",
            f"            xmax = {stop} ", f'            text = "{label}" ',
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _short(intervals: list[tuple[float, float, str]]) -> str:
    end = intervals[-1][1]
    lines = [
        'File type = "ooTextFile"', '"TextGrid"', "", "0", f"{end}", "<exists>", "1",
        '"IntervalTier"', '"label"', "0", f"{end}", f"{len(intervals)}",
    ]  # fmt: skip
    for start, stop, label in intervals:
        lines += [f"{start}", f"{stop}", f'"{label}"']
    return "\n".join(lines) + "\n"
