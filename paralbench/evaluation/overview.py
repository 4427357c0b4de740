"""What the data of a task are: clips, hours, speakers, classes, folds, and what repeats."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from paralbench.evaluation.preparation import Preparation
from paralbench.records.example import Clip, Example
from paralbench.records.task_card import Protocol

NO_NUMBERS = "it describes data before they are scored"

_HEADERS = 20_000
"""Headers of more files take minutes to read; their hours are not counted."""


@dataclass(frozen=True)
class Overview:
    """Counts of a task's examples.

    Args:
        task: the task's id.
        clips: number of clips.
        hours: of audio by the files' headers; None where there are too many files to read.
        speakers: number of speakers; None where an example has none.
        classes: examples of each class; empty for numbers.
        folds: number of folds.
        by: how folds are made, such as "by speaker".
        repeats: a sentence for each thing that stands in the data more than once.
    """

    task: str
    clips: int
    hours: float | None
    speakers: int | None
    classes: dict[str, int]
    folds: int
    by: str | None
    repeats: tuple[str, ...]

    def lines(self) -> list[str]:
        """For a reader."""
        hours = "" if self.hours is None else f", {_duration(self.hours)}"
        speakers = "no speakers given" if self.speakers is None else f"{self.speakers} speakers"
        classes = ", ".join(f"{name} {count}" for name, count in self.classes.items())
        folds = f"{self.folds} fold{'s' * (self.folds > 1)}{f' {self.by}' if self.by else ''}"
        lines = [f"{self.task}: {self.clips} clips{hours}, {speakers}, {folds}"]
        if classes:
            lines.append(f"  classes: {classes}")
        return lines + [f"  {sentence}" for sentence in self.repeats]


def overview(prepared: Preparation) -> Overview:
    """The data of a prepared entry; headers of audio files are read, nothing is decoded."""
    selection = prepared.selection
    examples = selection.examples
    protocol = selection.task.protocol
    speakers = {example.groups.get("speaker") for example in examples}
    return Overview(
        task=selection.task.id,
        clips=len(prepared.keys),
        hours=_hours(list(prepared.keys)),
        speakers=None if None in speakers else len(speakers),
        classes=dict(selection.class_counts()),
        folds=len({split.fold for split in prepared.splits}),
        by=_dealt(protocol),
        repeats=tuple(_repeats(prepared)),
    )


def _dealt(protocol: Protocol) -> str | None:
    by = getattr(protocol, "by", None)
    if isinstance(by, str):
        return f"by {by}"
    return f"of {by[0]} crossed with {by[1]}" if by else None


def _repeats(prepared: Preparation) -> list[str]:
    selection = prepared.selection
    examples = selection.examples
    sentences = []
    same = Counter(prepared.digests.values())
    copies = sum(count - 1 for count in same.values())
    if copies:
        sentences.append(f"{copies} files repeat the audio of another file, byte for byte")
    texts: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        if "text" in example.groups:
            texts[example.groups["text"]].add(example.group("speaker"))
    shared = sum(len(speakers) > 1 for speakers in texts.values())
    if shared:
        crossing = prepared.audit.crossing.get("text", 0)
        sentences.append(
            f"{shared} of {len(texts)} texts are said by more than one speaker"
            + (f"; {crossing} are on both sides of a fold" if crossing else "")
        )
    if selection.classes:
        sentences += _single_class(examples, [int(target) for target in selection.targets])
    return sentences


def _single_class(examples: Sequence[Example], targets: Sequence[int]) -> list[str]:
    """Speakers with one class can be recognised instead of the class."""
    classes: dict[str, set[int]] = defaultdict(set)
    clips = Counter[str]()
    for example, target in zip(examples, targets, strict=True):
        if "speaker" in example.groups:
            classes[example.groups["speaker"]].add(target)
            clips[example.groups["speaker"]] += 1
    single = [name for name, kinds in classes.items() if len(kinds) == 1 and clips[name] > 1]
    if not single:
        return []
    return [f"{len(single)} of {len(classes)} speakers have one class only"]


def _hours(clips: Sequence[Clip]) -> float | None:
    if len({clip.path for clip in clips}) > _HEADERS:
        return None
    from paralbench.features.plan import lengths

    return sum(lengths(dict(enumerate(clips))).values()) / 3600


def _duration(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
