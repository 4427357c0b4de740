"""The audit finds planted leaks, and names them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import Selection
from paralbench.heads.head import Split
from paralbench.records.errors import LeakError
from paralbench.records.example import Example
from tests.evaluation.cases import example, selected

BY_PROMPT = {
    "kind": "leave-one-group-out", "by": "prompt", "never_cross": ["prompt"], "cluster": "prompt",
    "development": {"by": "prompt", "count": 1},
}  # fmt: skip


def _examples() -> list[Example]:
    return [
        example(f"{speaker}-{prompt}", "ab"[speaker % 2], speaker=f"Anna{speaker}", prompt=f"p{prompt}")
        for speaker in range(4) for prompt in range(4)
    ]  # fmt: skip


def _good() -> tuple[Selection, list[Split]]:
    selection = selected(_examples(), BY_PROMPT)
    return selection, splits(selection, [0, 1])


def test_folds_that_keep_their_groups_separate_pass_and_are_described() -> None:
    selection, result = _good()
    report = audit(selection, result)
    assert report.never_cross == ["prompt"]
    assert report.unknown == []
    assert report.crossing == {"speaker": 4}
    assert [(fold.train, fold.develop, fold.test) for fold in report.folds] == [(8, 4, 4)] * 8


def test_a_speaker_on_two_sides_is_named_with_fold_and_sides() -> None:
    leaky = {**BY_PROMPT, "never_cross": ["prompt", "speaker"]}
    selection = selected(_examples(), leaky)
    with pytest.raises(
        LeakError, match=r"fold 0, seed 0: speaker 'Anna0' is in train and development"
    ):
        audit(selection, splits(selection, [0]))


@pytest.mark.parametrize(
    ("item", "other", "words"),
    [("train", "test", "train and test"), ("develop", "test", "development and test"),
     ("train", "develop", "train and development")],
)  # fmt: skip
def test_one_row_on_the_wrong_side_is_enough(item: str, other: str, words: str) -> None:
    selection, result = _good()
    split = result[3]
    moved = getattr(split, item)[:1]
    planted = replace(
        split,
        **{item: getattr(split, item)[1:], other: np.append(getattr(split, other), moved)},
    )
    name = selection.examples[moved[0]].groups["prompt"]
    with pytest.raises(LeakError, match=f"fold 1, seed 1: prompt '{name}' is in {words}"):
        audit(selection, [*result[:3], planted])


def test_an_example_on_two_sides_is_named() -> None:
    selection, result = _good()
    planted = replace(result[0], train=np.append(result[0].train, result[0].test[2]))
    name = selection.examples[result[0].test[2]].id
    with pytest.raises(LeakError, match=f"example '{name}' is on two sides"):
        audit(selection, [planted])


def test_an_example_twice_on_one_side_is_named() -> None:
    selection, result = _good()
    planted = replace(result[0], test=np.append(result[0].test, result[0].test[0]))
    with pytest.raises(LeakError, match="two sides"):
        audit(selection, [planted])


def test_a_group_that_some_examples_do_not_name_is_unknown() -> None:
    examples = _examples()
    nameless = replace(examples[5], groups={"prompt": "p1"})
    how = {**BY_PROMPT, "never_cross": ["prompt", "text"]}
    selection = selected([*examples[:5], nameless, *examples[6:]], how)
    assert audit(selection, splits(selection, [0])).unknown == ["text"]
    how = {**BY_PROMPT, "by": "speaker", "cluster": "speaker", "never_cross": ["speaker"]}
    how["development"] = {"by": "speaker", "count": 1}
    selection = selected([*examples[:5], nameless, *examples[6:]], how)
    assert audit(selection, splits(selection, [0])).unknown == ["speaker"]


def test_a_controlled_group_is_not_counted_as_crossing() -> None:
    selection = selected(_examples(), {**BY_PROMPT, "controlled": ["speaker"]})
    report = audit(selection, splits(selection, [0]))
    assert report.crossing == {}
    assert report.controlled == ["speaker"]


def test_a_comparison_protocol_runs_and_its_leak_is_counted() -> None:
    leaky = {**BY_PROMPT, "never_cross": ["prompt", "speaker"], "comparison": "Their folds, 2020"}
    selection = selected(_examples(), leaky)
    report = audit(selection, splits(selection, [0]))
    assert {kind: (leak.trained, leak.tested) for kind, leak in report.leaks.items()} == {
        "prompt": (0, 1), "speaker": (4, 4),
    }  # fmt: skip
    assert report.crossing == {"speaker": 4}
    doubled = Split(0, 0, np.array([0, 1]), np.array([], int), np.array([1, 2]))
    with pytest.raises(LeakError, match="on two sides"):
        audit(selection, [doubled])
