"""Score against cost: names do not overlap, and what is drawn is what the results hold."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paralbench.leaderboard.board import collect
from paralbench.leaderboard.build import build
from paralbench.leaderboard.charts.cost_chart import MOST, cost_chart
from paralbench.leaderboard.charts.labels import Box, placed
from paralbench.leaderboard.charts.scale import linear_ticks, log_ticks
from paralbench.leaderboard.family import FAMILIES, family
from paralbench.records.result import Result
from tests.leaderboard.boards import result, write

AREA = Box(50, 10, 1150, 470)


def _sized(model: str, value: float, parameters: int) -> Result:
    record = result(model, value)
    return record.model_copy(
        update={"model": record.model.model_copy(update={"parameters": parameters})}
    )


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(50, 1150), st.floats(10, 470), st.integers(5, 40).map("m".__mul__)),
        max_size=30,
    )
)
def test_every_name_has_a_place_that_covers_nothing(points: list[tuple[float, float, str]]) -> None:
    labels = [label for label in placed(points, AREA, 7) if label is not None]
    assert len(labels) == len(points)
    for place, label in enumerate(labels):
        assert AREA.contains(label.box)
        assert not any(label.box.overlaps(other.box) for other in labels[:place])
        for x, y, _ in points:
            assert not label.box.overlaps(Box(x - 6, y - 6, x + 6, y + 6))


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.9), (0.987, 0.9891), (-3.0, 40.0), (0.0, 1.0)])
def test_ticks_are_within_and_few(low: float, high: float) -> None:
    ticks = linear_ticks(low, high)
    assert 2 <= len(ticks) <= 6
    assert low - 1e-9 <= ticks[0] < ticks[-1] <= high + 1e-9


@pytest.mark.parametrize(("low", "high"), [(0.5, 9.5), (6.1, 6.9), (-4.2, -1.0)])
def test_ticks_of_a_logarithmic_axis_are_within_and_few(low: float, high: float) -> None:
    ticks = log_ticks(low, high, 8)
    assert 1 <= len(ticks) <= 8
    assert all(10**low <= tick <= 10**high for tick in ticks)


def test_the_numbers_are_those_of_the_results_and_say_who_is_on_the_front(tmp_path: Path) -> None:
    entries = [_sized("small", 0.6, 1000), _sized("large", 0.9, 10**8), _sized("worse", 0.7, 10**9)]
    build(collect(write(tmp_path / "r", *entries)), tmp_path / "s")
    text = (tmp_path / "s" / "data" / "toy-tone.parameters.csv").read_text()
    rows = {row["entry"].split(" ")[0]: row for row in csv.DictReader(text.splitlines())}
    assert {name: row["front"] for name, row in rows.items()} == {
        "small": "1", "large": "1", "worse": "0",
    }  # fmt: skip
    assert float(rows["large"]["score"]) == 0.9
    page = (tmp_path / "s" / "index.html").read_text()
    for name in ("small", "large", "worse"):
        assert len(re.findall(rf'<text class="name"[^>]*>{name} · linear-probe<', page)) == 2


def test_only_the_best_of_many_are_drawn_and_all_are_in_the_numbers(tmp_path: Path) -> None:
    entries = [_sized(f"m{n}", 0.5 + n / 1000, 10**6 + n) for n in range(MOST + 5)]
    (table,) = collect(write(tmp_path, *entries)).tables
    chart = cost_chart(table, "")
    assert chart is not None
    assert (chart.views[0].shown, len(chart.views[0].rows)) == (MOST, MOST + 5)


def test_a_single_entry_has_no_chart(tmp_path: Path) -> None:
    (table,) = collect(write(tmp_path, result("alone"))).tables
    assert cost_chart(table, "") is None


def test_models_have_a_family() -> None:
    models = [_sized(name, 0.5, 10**6).model for name in ("whisper-tiny.en", "wavlm-large", "new")]
    assert [family(model) for model in models] == ["Whisper", "HuBERT and WavLM", "other network"]
    assert family(_sized("egemaps", 0.5, 0).model) == "acoustic features"
    assert all(family(model) in FAMILIES for model in models)
