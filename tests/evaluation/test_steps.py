"""Series as rows: delay there and back, cropping, repeating, and splits by recording."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from paralbench.evaluation.predicting import predictions
from paralbench.evaluation.selection import Selection, select
from paralbench.evaluation.steps import Steps, fill, too_short
from paralbench.heads.head import Fitted, Split
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Series
from paralbench.records.task_card import TaskCard
from paralbench.results.scores import scores

TASK = TaskCard.model_validate(
    {
        "id": "toy-arousal", "version": 1, "corpus": "toy", "title": "t", "about": "a", "term": "long",
        "target": {"kind": "series", "label": "arousal", "rate": 10, "delay": 0.2, "window": 1.0},
        "protocol": {"kind": "partitions", "train": ["train"], "test": ["test"],
                     "never_cross": ["speaker"], "cluster": "speaker"},
        "metrics": {"ranking": "ccc", "report": ["ccc"], "by": ["culture"]},
    }
)  # fmt: skip


def example(name: str, values: list[float], rate: float = 10.0, clips: int = 1) -> Example:
    return Example(
        id=name,
        clips=tuple(Clip(Path(f"{name}{number}.wav")) for number in range(clips)),
        labels={"arousal": Series(rate, np.array(values))},
        groups={"speaker": name},
        attributes={"culture": name[0]},
        partition="test",
    )


def selection() -> Selection:
    return select(TASK, [example("a", [1, 2, 3, 4]), example("b", [5]), example("c", [6, 7, 8])])


def test_rows_are_steps_recording_behind_recording() -> None:
    steps = Steps.of(selection())
    assert steps.example.tolist() == [0, 0, 0, 0, 1, 2, 2, 2]
    assert steps.step.tolist() == [0, 1, 2, 3, 0, 0, 1, 2]
    assert steps.truth.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_training_labels_come_from_two_steps_later_and_stay_in_their_recording() -> None:
    recordings = selection()
    problem = Steps.of(recordings).problem(recordings.problem())
    assert problem.targets.tolist() == [3, 4, 4, 4, 5, 8, 8, 8]


def test_splits_of_recordings_become_splits_of_rows() -> None:
    (result,) = Steps.of(selection()).splits(
        [Split(0, 0, np.array([1]), np.array([], dtype=int), np.array([2, 0]))]
    )
    assert result.train.tolist() == [4]
    assert result.develop.tolist() == []
    assert result.test.tolist() == [0, 1, 2, 3, 5, 6, 7]


def fit(steps: Steps, outputs: list[float], recordings: list[int], train: int = 1) -> Fitted:
    recorded = Split(0, 0, np.array([train]), np.array([], int), np.array(recordings))
    (split,) = steps.splits([recorded])
    return Fitted(split, np.array(outputs, np.float32)[:, None], {}, {})


def test_predictions_are_shifted_back_and_joined_by_recording() -> None:
    steps = Steps.of(selection())
    outputs = predictions(selection(), [fit(steps, [10, 20, 30, 40, 50, 60, 70], [0, 2])], steps)
    assert outputs.outputs[:, 0].tolist() == [10, 10, 10, 20, 50, 50, 50]
    assert outputs.steps is not None
    assert outputs.steps.tolist() == [0, 1, 2, 3, 0, 1, 2]
    assert outputs.rows.tolist() == [0, 0, 0, 0, 2, 2, 2]
    assert outputs.truth.tolist() == [1, 2, 3, 4, 6, 7, 8]


def test_a_perfect_head_scores_one_apart_from_what_the_delay_cuts_off() -> None:
    ramp = np.sin(np.arange(400) / 20)
    chosen = select(TASK, [example("a", ramp.tolist()), example("b", (-ramp).tolist()),
                           example("c", [0.0, 1.0])])  # fmt: skip
    steps = Steps.of(chosen)
    targets = steps.problem(chosen.problem()).targets
    fits = [fit(steps, targets[steps.example != 2].tolist(), [0, 1], train=2)]
    (score,) = scores(chosen.task.metrics, predictions(chosen, fits, steps))
    assert score.value > 0.99
    assert set(score.by_group) == {"culture=a", "culture=b"}
    (late,) = scores(chosen.task.metrics, predictions(chosen, fits, replace(steps, delay=0)))
    assert late.value < score.value


def record(steps: int) -> NDArray[np.float32]:
    """[1 layer, steps * 2, 1]: mean is the step, deviation its negative."""
    pairs = np.stack([np.arange(steps), -np.arange(steps)], axis=1)
    return pairs.reshape(1, -1, 1).astype(np.float32)


def test_features_are_cropped_and_their_last_row_is_repeated() -> None:
    rows = fill(iter([record(6), record(2)]), [4, 3])
    assert rows.shape == (7, 1, 2, 1)
    assert rows[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 0, 1, 1]
    assert rows[:, 0, 1, 0].tolist() == [0, -1, -2, -3, 0, -1, -1]


def test_audio_that_ends_long_before_its_labels_is_refused_by_name() -> None:
    chosen = select(TASK, [example("a", [0.0] * 20), example("b", [0.0] * 20)])
    assert too_short(chosen, [15, 14]) == {"b": "its audio ends 0.6 s before its arousal does"}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (example("x", [1, 2], rate=25.0), "its arousal has 25 values a second, expected 10"),
        (example("x", [1, float("nan")]), "its arousal is empty or contains NaN"),
        (example("x", []), "its arousal is empty or contains NaN"),
        (example("x", [1, 2], clips=2), "its arousal belongs to 2 clips, expected one recording"),
        (
            Example("x", (Clip(Path("x.wav")),), {"arousal": 2.0}),
            "its arousal is 2.0, expected a series",
        ),
    ],
)
def test_a_label_that_is_no_such_series_is_refused(broken: Example, reason: str) -> None:
    result = select(TASK, [example("a", [1, 2]), broken])
    assert [item.id for item in result.examples] == ["a"]
    assert [item.reason for item in result.refused] == [reason]


def test_refusals_take_their_series_along() -> None:
    left = selection().without({"a": "unreadable"})
    assert [values.tolist() for values in left.series] == [[5], [6, 7, 8]]
    with pytest.raises(ParalbenchError, match="no example"):
        left.without({"b": "x", "c": "x"})
