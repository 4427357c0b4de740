"""KeSpeech: Kaldi's lists in Tasks/ASR/<part>/, audio at paths relative to the root.

The parts' phases are two recording campaigns; their split is by part, train, dev and test.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.folders import visible
from paralbench.corpora.tables import lines
from paralbench.records.example import Clip, Example, Refusal

DIALECTS = {
    "Mandarin", "Beijing", "Jiang-Huai", "Jiao-Liao", "Ji-Lu", "Lan-Yin", "Northeastern",
    "Southwestern", "Zhongyuan",
}  # fmt: skip


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example an utterance."""
    for folder in visible(root, "Tasks/ASR/*"):
        if not (folder / "wav.scp").exists():
            continue
        part, _, phase = folder.name.partition("_")
        speakers = _second(folder / "utt2spk")
        dialects = _second(folder / "utt2subdialect")
        for line, where in lines(folder / "wav.scp"):
            name, path = _two(line)
            dialect = dialects.get(name)
            if not path or name not in speakers:
                reason = "utt2spk does not say who speaks" if path else "wav.scp names no file"
                yield Refusal(name, reason, where)
                continue
            if dialect is not None and dialect not in DIALECTS:
                yield Refusal(name, f"its dialect is '{dialect}', which is none of the nine", where)
                continue
            yield Example(
                id=name,
                clips=(Clip(root / path),),
                labels={} if dialect is None else {"dialect": dialect},
                groups={"speaker": speakers[name]},
                attributes={"phase": phase} if phase else {},
                partition=part,
                source=where,
            )


def _second(file: Path) -> dict[str, str]:
    """utt2something: what stands behind each utterance's name."""
    return dict(_two(line) for line, _ in lines(file))


def _two(line: str) -> tuple[str, str]:
    first, *rest = line.split(maxsplit=1)
    return first, rest[0] if rest else ""
