"""Costs that were divided or invented are refused, alone and beside the board's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paralbench.records.result import Result
from paralbench.submission.loading import load
from paralbench.submission.profiled import other_costs, profiled
from paralbench.submission.siblings import sibling

BOARD = Path(__file__).parents[2] / "leaderboard" / "results"
NAME = "whisper-tiny.en/voice-prompts-language/linear-probe.json"


def _divided(place: Any, names: set[str], by: float) -> None:
    """Divide numbers called ``names`` everywhere below."""
    pairs = place.items() if isinstance(place, dict) else enumerate(place)
    for key, value in list(pairs):
        if isinstance(value, dict | list):
            _divided(value, names, by)
        elif key in names and isinstance(value, int | float):
            place[key] = type(value)(value / by)
        elif key == "microseconds" and "latency" in names:
            place[key] = " ".join(f"{float(sample) / by:.9f}" for sample in value.split())


def _problems(change: Callable[[dict[str, Any]], None]) -> list[str]:
    values = json.loads((BOARD / NAME).read_text())
    change(values["profile"])
    return list(map(str, profiled(NAME, Result.checked(values, NAME))))


def _all_macs(profile: dict[str, Any]) -> None:
    _divided(profile["parts"], {"macs"}, 1000)
    _divided(profile["ratios"], {"macs"}, 1000)


def _all_latencies(profile: dict[str, Any]) -> None:
    _divided(profile["parts"], {"p50", "p95", "p99", "latency"}, 1000)
    _divided(profile["ratios"], {"latency"}, 1000)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_all_macs, "macs: expected one for each of 8208384 parameters"),
        (_all_latencies, "MACs a second or fewer"),
        (lambda profile: _divided(profile["ratios"], {"macs"}, 1000), "ratios.0.macs: expected"),
        (lambda profile: _divided(profile["ratios"], {"size"}, 1000), "ratios.0.size: expected"),
        (lambda profile: _divided(profile["ratios"], {"latency"}, 1000), "expected about"),
        (lambda profile: _divided(profile["parts"], {"p50"}, 1000), "a median of its samples"),
        (
            lambda profile: _divided(profile["parts"], {"frozen"}, 1000),
            "frozen: expected the model",
        ),
    ],
)
def test_costs_that_were_divided_are_refused(
    change: Callable[[dict[str, Any]], None], words: str
) -> None:
    problems = _problems(change)
    assert any(re.search(words, problem) for problem in problems), problems


def test_the_boards_own_costs_are_consistent() -> None:
    assert _problems(lambda profile: None) == []


def test_an_encoder_costs_the_same_on_every_task() -> None:
    item, _ = load(BOARD, NAME)
    other, _ = load(BOARD, NAME.replace("voice-prompts-language", "game-voices-affect"))
    assert item is not None
    assert other is not None
    ours, theirs = sibling(item), sibling(other)
    assert ours.costs
    assert other_costs([ours], [theirs]) == []
    values = json.loads((BOARD / NAME).read_text())
    _divided(values["profile"]["parts"], {"macs"}, 100)
    cheaper = sibling(
        type(item)(item.name, Result.checked(values, NAME), item.predictions, item.ids)
    )
    (problem,) = other_costs([cheaper], [theirs])
    assert "encoder whisper-tiny.en" in problem.message
