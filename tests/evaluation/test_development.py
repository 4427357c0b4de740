from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import Selection, select
from paralbench.heads.head import Split
from paralbench.records.errors import CardError, LeakError
from paralbench.records.example import Clip, Example
from paralbench.records.task_card import Development, LeaveOneGroupOut, TaskCard

_PROTOCOL = {
    "kind": "leave-one-group-out",
    "by": "speaker",
    "never_cross": ["speaker"],
    "cluster": "speaker",
    "development": {"within": "session"},
}


def _selection() -> Selection:
    """Three sessions of two speakers with four utterances each, two classes."""
    examples = [
        Example(
            id=f"{session}{speaker}{number}",
            clips=(Clip(Path(f"{number}.wav")),),
            labels={"mood": "up" if number % 2 else "down"},
            groups={"speaker": f"{session}{speaker}", "session": session},
        )
        for session in "ABC"
        for speaker in "FM"
        for number in range(4)
    ]
    card = TaskCard.checked(
        {
            "id": "moods",
            "version": 1,
            "corpus": "moods",
            "title": "Moods",
            "about": "Made for a test.",
            "term": "short",
            "target": {"kind": "class", "label": "mood"},
            "protocol": _PROTOCOL,
            "metrics": {"ranking": "uar", "report": ["uar"]},
        },
        "a test",
    )
    return select(card, examples)


def _names(selection: Selection, rows: NDArray[np.int64], group: str) -> set[str]:
    return {selection.examples[row].groups[group] for row in rows}


def test_development_within_is_the_rest_of_the_tested_group() -> None:
    selection = _selection()
    folds = splits(selection, seeds=(0, 1))
    assert len(folds) == 12
    for split in folds:
        (tested,) = _names(selection, split.test, "speaker")
        other = tested[0] + ("M" if tested[1] == "F" else "F")
        assert _names(selection, split.develop, "speaker") == {other}
        assert tested[0] not in _names(selection, split.train, "session")
        assert len(split.train) + len(split.develop) + len(split.test) == 24


def test_the_audit_counts_the_shared_group_and_lets_it_pass() -> None:
    selection = _selection()
    report = audit(selection, splits(selection, seeds=(0,)))
    assert report.crossing == {"session": 1}
    assert report.never_cross == ["speaker"]


def test_the_audit_still_keeps_the_shared_group_out_of_training() -> None:
    selection = _selection()
    good = splits(selection, seeds=(0,))[0]
    # One example of the tested session's other speaker moves from development to training.
    leaky = Split(
        good.fold, good.seed, np.append(good.train, good.develop[0]), good.develop[1:], good.test
    )
    only_session = Selection(
        selection.task,
        tuple(
            Example(
                example.id,
                example.clips,
                example.labels,
                {"speaker": example.id, "session": example.id[0]},
            )
            for example in selection.examples
        ),
        selection.targets,
        selection.classes,
        (),
    )
    with pytest.raises(LeakError, match="session 'A' is in train and development"):
        audit(only_session, [leaky])


@pytest.mark.parametrize(
    ("reported", "message"),
    [
        ({}, "either 'by' or 'within'"),
        ({"by": "speaker", "within": "session"}, "either 'by' or 'within'"),
        ({"within": "session", "count": 1}, "no 'share', no 'count'"),
        ({"by": "speaker"}, "either 'share' or 'count'"),
    ],
)
def test_a_development_is_reported_in_one_way(reported: dict[str, object], message: str) -> None:
    with pytest.raises(CardError, match=message):
        Development.checked(reported, "a test")


def test_what_development_shares_cannot_be_declared_never_to_cross() -> None:
    with pytest.raises(CardError, match="'never_cross' cannot list it"):
        LeaveOneGroupOut.checked(_PROTOCOL | {"never_cross": ["speaker", "session"]}, "a test")
