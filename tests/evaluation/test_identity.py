"""Who is listed under two names, and what is listed twice, stays on one side of every fold."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.identity import identities, spelling
from paralbench.evaluation.selection import Selection
from paralbench.records.errors import LeakError
from paralbench.records.example import Clip, Example
from tests.evaluation import toy
from tests.evaluation.cases import example, selected

FOLDS = {
    "kind": "group-folds", "by": "speaker", "folds": 3, "never_cross": ["speaker"],
    "cluster": "speaker", "development": {"by": "speaker", "share": 0.2},
}  # fmt: skip
PARTS = {
    "kind": "partitions", "train": ["train"], "test": ["test"], "never_cross": ["partition", "speaker"],
    "cluster": "speaker",
}  # fmt: skip


def _contents(selection: Selection, *same: Sequence[str]) -> dict[Clip, bytes]:
    """A content for each clip; the examples of each of ``same`` share theirs."""
    names = {name: several[0] for several in same for name in several}
    return {
        clip: names.get(item.id, item.id).encode()
        for item in selection.examples
        for clip in item.clips
    }


def _speakers(*names: str) -> list[Example]:
    return [
        example(f"{name}-{take}", "ab"[take % 2], speaker=name)
        for name in names
        for take in range(4)
    ]


def _sides(selection: Selection, name: str) -> list[set[str]]:
    """For each split, the sides on which a group stands."""
    numbers = selection.group("speaker").numbers
    place = selection.group("speaker").names.index(name)
    return [
        {side for side in ("train", "develop", "test") if place in numbers[getattr(split, side)]}
        for split in splits(selection, [0, 1])
    ]


@pytest.mark.parametrize(
    ("name", "other"),
    [("PIRATE", "pirate"), ("Jos\u00e9", "Jose\u0301"), ("Anna  B", "anna b"), ("ﬁnn", "FINN"),
     ("Straße", "STRASSE"), ("s１", "S1")],
)  # fmt: skip
def test_two_spellings_are_one_speaker(name: str, other: str) -> None:
    assert spelling(name) == spelling(other)
    selection = selected(_speakers(name, other, "x", "y", "z"), FOLDS)
    same = identities(selection, {})
    first = min(name, other)
    assert same.groups == {"speaker": {max(name, other): first}}
    assert same.joined == {"speaker": 1}
    assert "differ in spelling only" in same.remarks[0]
    joined = replace(selection, same=same.groups)
    assert all(len(sides) == 1 for sides in _sides(joined, first))
    assert len(joined.group("speaker").names) == 4


def test_different_names_stay_different() -> None:
    selection = selected(_speakers("s1", "s2", "s11", "x y"), FOLDS)
    same = identities(selection, _contents(selection))
    assert same.groups == {}
    assert (same.repeated, same.remarks, same.contradicted) == (0, (), {})


def test_speakers_who_share_a_recording_stay_together() -> None:
    selection = selected(_speakers("a", "b", "c", "d", "e"), FOLDS)
    contents = _contents(selection, ["a-0", "b-0"], ["b-1", "c-1"])
    same = identities(selection, contents)
    assert same.groups == {"speaker": {"b": "a", "c": "a"}}
    assert same.repeated == 4
    assert same.remarks[0] == "4 of 20 examples repeat a recording of another one."
    assert "'a' and 'b' share a recording" in same.remarks[1]
    joined = replace(selection, same=same.groups)
    assert all(len(sides) == 1 for sides in _sides(joined, "a"))
    report = audit(joined, splits(joined, [0, 1]), same)
    assert report.joined == {"speaker": 2}
    assert report.repeated == 4


def test_examples_without_a_speaker_stay_with_their_copies() -> None:
    examples = [example(f"e{n}", "ab"[n % 2]) for n in range(12)]
    selection = selected(examples, FOLDS)
    same = identities(selection, _contents(selection, ["e0", "e2", "e4"]))
    joined = replace(selection, same=same.groups)
    for split in splits(joined, [0, 1]):
        for side in (split.train, split.develop, split.test):
            assert len(set(side) & {0, 2, 4}) in (0, 3)


def test_a_recording_on_both_sides_of_an_official_split_is_a_leak() -> None:
    examples = [
        example(f"{part}-{n}", "ab"[n % 2], part, speaker=f"{part}{n}")
        for part in ("train", "test")
        for n in range(4)
    ]
    selection = selected(examples, PARTS)
    same = identities(selection, _contents(selection, ["train-0", "test-2"]))
    joined = replace(selection, same=same.groups)
    with pytest.raises(
        LeakError, match="'train-0' and 'test-2' are the same recording, in train and test"
    ):
        audit(joined, splits(joined, [0]), same)
    assert audit(selection, splits(selection, [0])).crossing == {}


def test_a_recording_with_two_labels_is_refused_under_both() -> None:
    selection = selected(_speakers("a", "b", "c", "d"), FOLDS)
    same = identities(selection, _contents(selection, ["a-0", "b-1"], ["c-0", "d-2"]))
    assert dict(same.contradicted) == {
        "a-0": "the same recording has another target as 'b-1'",
        "b-1": "the same recording has another target as 'a-0'",
    }


def test_a_planted_leak_is_found_in_files(tmp_path: Path) -> None:
    """Copies of one file under two speakers, and one speaker in two spellings."""
    catalog = toy.write_catalog(tmp_path / "catalog")
    data = toy.write_corpus(tmp_path / "data")
    rows = toy.usual_rows()
    (data / "wav" / "copy.wav").write_bytes((data / rows[0]["path"]).read_bytes())
    rows.append({**rows[0], "path": "wav/copy.wav", "speaker": rows[-1]["speaker"]})
    shutil.copy(data / rows[8]["path"], data / "wav" / "other.wav")
    label = {"low": "high", "high": "low"}[rows[8]["target"]]
    rows.append({**rows[8], "path": "wav/other.wav", "target": label})
    rows[4]["speaker"] = rows[5]["speaker"].upper()
    toy.write_table(data, rows)
    done = toy.score(catalog, data, tmp_path)
    assert done.result.audit.joined == {"speaker": 2}
    assert done.result.audit.repeated == 2
    assert [refusal.subject for refusal in done.refused] == [rows[8]["path"], "wav/other.wav"]
    assert done.result.standing == "incomplete"
