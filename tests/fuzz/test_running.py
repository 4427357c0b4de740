"""A sample of 'make fuzz', and proof that the runner notices a reader's faults."""

from __future__ import annotations

import json
import time

import pytest

from paralbench.records.strict_text import parse_json
from tests.fuzz.mutation import mutated
from tests.fuzz.readers import READERS, Reader
from tests.fuzz.running import fault, faults


@pytest.mark.slow
def test_a_sample_of_the_mutations_is_refused_or_read_as_meant() -> None:
    assert faults(600) == []


def test_a_mutation_is_the_same_for_the_same_number() -> None:
    content = READERS["toml"].good()
    assert mutated(content, 7) == mutated(content, 7)
    assert len({mutated(content, number) for number in range(50)}) > 40


def _crashing(content: bytes) -> None:
    raise ZeroDivisionError


def _misreading(content: bytes) -> None:
    assert parse_json(b"1") == 2


def _slow(content: bytes) -> None:
    started = time.process_time()
    while time.process_time() < started + 1.2:
        pass


def _greedy(content: bytes) -> None:
    bytearray(2**30)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (_crashing, "ZeroDivisionError"),
        (_misreading, "another meaning"),
        (_slow, "takes 1."),
        (_greedy, "needs more than"),
    ],
)
def test_a_planted_fault_is_noticed(read, words: str) -> None:  # type: ignore[no-untyped-def]
    assert words in fault(Reader(lambda: b"{}", read), 0)


def test_a_reader_without_checks_is_noticed_by_the_mutations() -> None:
    def unchecked(content: bytes) -> None:
        values = json.loads(content)
        assert values["scores"] == json.loads(READERS["json"].good())["scores"]

    assert faults(400, {"json": Reader(READERS["json"].good, unchecked)})
