"""The line that `run` prints for the largest gap among subgroups."""

from __future__ import annotations

from paralbench.cli.result_text import _gap
from paralbench.records.task_card import Metrics
from paralbench.results.subgroups import subgroups
from tests.leaderboard.boards import predictions, result


def test_the_largest_gap_of_the_ranking_metric_is_reported() -> None:
    actual = subgroups(Metrics(ranking="uar", report=["wa", "uar"]), predictions(1.0))
    record = {item.metric: item.gap for item in actual}
    gap = record["uar"]
    assert gap is not None
    (line,) = _gap(result().model_copy(update={"subgroups": actual}))
    assert line.startswith(f"largest gap: sex {gap.high} above {gap.low} by {gap.difference:.3f} [")
    assert line.endswith("UAR")


def test_where_nothing_is_apart_nothing_is_reported() -> None:
    assert _gap(result()) == []
