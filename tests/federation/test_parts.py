"""The pieces of an exchange: bunches, surrogate rows, joined requests."""

from __future__ import annotations

import numpy as np
import pytest

from paralbench.federation.bunches import bunches
from paralbench.federation.messages import Ask, Message
from paralbench.federation.surrogate_rows import surrogate
from paralbench.federation.together import each
from paralbench.records.errors import ParalbenchError


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_a_bunch_has_enough_speakers_and_keeps_them_whole(size: int) -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 11, 200)
    bunch = bunches(groups, (groups % 3).astype(float), 3, size)
    speakers = {number: set(groups[bunch == number]) for number in set(bunch.tolist())}
    assert min(len(names) for names in speakers.values()) >= size
    assert sum(len(names) for names in speakers.values()) == 11
    assert len(speakers) == 11 // size


def test_classes_are_mixed_in_bunches() -> None:
    groups = np.arange(12)
    targets = (groups >= 6).astype(float)
    bunch = bunches(groups, targets, 2, 4)
    assert [targets[bunch == number].mean() for number in range(3)] == [0.5, 0.5, 0.5]


def test_too_few_speakers_make_no_bunch() -> None:
    with pytest.raises(ParalbenchError, match="got 2 in all"):
        bunches(np.array([0, 0, 1]), np.zeros(3), 0, 3)


@pytest.mark.parametrize(("rows", "columns"), [(50, 7), (5, 12), (2, 3)])
def test_surrogate_rows_have_the_same_moments(rows: int, columns: int) -> None:
    values = np.random.default_rng(rows).normal(2, 3, (rows, columns))
    values[:, 0] = 4.0
    extended = np.column_stack([np.ones(rows), values])
    moments = extended.T @ extended
    stand_in = np.column_stack([np.ones(rows), surrogate(moments)])
    assert stand_in.shape == extended.shape
    assert stand_in.T @ stand_in == pytest.approx(moments, rel=1e-9, abs=1e-6)


def test_requests_of_threads_travel_as_one() -> None:
    """Thread n asks n + 1 times; a round has all that are still at work."""
    sent: list[list[str]] = []

    def ask(request: Message) -> list[Message]:
        sent.append(list(request))
        return [{name: 2 * values for name, values in request.items()}]

    def work(number: int, ask: Ask) -> float:
        value = 1.0
        for _ in range(number + 1):
            value = float(ask({str(number): np.array([value])})[0][str(number)][0])
        return value

    assert each(work, 3, ask) == [2.0, 4.0, 8.0]
    assert sent == [["0", "1", "2"], ["1", "2"], ["2"]]


def test_a_failed_round_fails_every_thread() -> None:
    def ask(request: Message) -> list[Message]:
        raise ParalbenchError("nobody answers")

    with pytest.raises(ParalbenchError, match="nobody answers"):
        each(lambda number, ask: ask({str(number): np.zeros(1)}), 3, ask)
