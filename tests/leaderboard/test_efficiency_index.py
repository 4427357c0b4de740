"""The efficiency index: by hand, by simulation, and what may not decide it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.leaderboard.efficiency_index import (
    FLOOR,
    WEIGHTS,
    Efficiency,
    efficiency,
    index,
    paid,
)
from paralbench.profiler.latency import timing
from paralbench.records.profile import (
    Cost,
    Machine,
    Memory,
    Noise,
    Part,
    PartName,
    Peak,
    Profile,
    Ratios,
    Reference,
)

_ratio = st.floats(1e-6, 1e6)
_ratios = st.fixed_dictionaries(dict.fromkeys(WEIGHTS, _ratio))
_weights = st.fixed_dictionaries({axis: st.floats(0.1, 10) for axis in WEIGHTS})
_NAMES: tuple[PartName, ...] = ("encoder", "head-trained", "head-deployed", "entry")


@given(_ratios, _weights)
def test_index_is_the_root_of_the_product(
    ratios: dict[str, float], weights: dict[str, float]
) -> None:
    product = math.prod((1 / ratios[axis]) ** weights[axis] for axis in ratios)
    expected = product ** (1 / sum(weights.values()))
    assert index(ratios, weights) == pytest.approx(expected, rel=1e-6)


@given(_ratios, st.sampled_from(sorted(WEIGHTS)), st.floats(1.01, 100))
def test_whoever_costs_more_is_less_efficient(
    ratios: dict[str, float], axis: str, more: float
) -> None:
    before, after = (
        index(ratios),
        index({**ratios, axis: ratios[axis] * more}),
    )
    assert before is not None
    assert after == pytest.approx(before / more ** (1 / 3))


def test_reference_has_index_one_and_half_the_cost_two() -> None:
    assert index(dict.fromkeys(WEIGHTS, 1.0)) == 1
    assert index(dict.fromkeys(WEIGHTS, 0.5)) == pytest.approx(2)


def test_an_axis_that_is_not_known_leaves_no_index_unless_it_counts_for_nothing() -> None:
    ratios = {"computing": None, "memory": 0.5, "shipping": 0.5}
    assert index(ratios) is None
    assert index(ratios, {**WEIGHTS, "computing": 0}) == pytest.approx(2)


@pytest.mark.parametrize(
    "weights", [{}, {"memory": 0.0}, {"memory": -1.0, "shipping": 2.0}, {"memory": math.nan}]
)
def test_weights_that_are_none_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        index({"memory": 1.0, "shipping": 1.0}, weights)


def test_a_cost_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="memory"):
        index({"memory": 0.0}, {"memory": 1.0})


def _memory(above: int) -> Memory:
    peak = Peak(seconds=10, parts=dict.fromkeys(_NAMES, 0), whole=(300 << 20) + above, elapsed=0.3)
    return Memory(how="VmHWM", baseline=300 << 20, loading=0, loaded=0, peaks=[peak])


def _profile(
    *,
    samples: Sequence[float] = (0.05,) * 20,
    others: Sequence[float] = (0.1,) * 20,
    macs: tuple[int | None, int | None] = (10**9, 4 * 10**9),
    joules: tuple[float | None, float | None] = (None, None),
    memory: tuple[int, int] = (84 << 20, 384 << 20),
    size: tuple[int, int] = (34 << 20, 384 << 20),
    counted: str = "counted in torch",
) -> Profile:
    """A profile of one entry and one reference on 10 s; pairs are the entry's and the reference's."""
    cost = Cost(seconds=10, macs=macs[0], latency=timing(samples), energy=joules[0])
    other = Cost(seconds=10, macs=macs[1], latency=timing(others), energy=joules[1])
    part = Part(
        frozen=0, trained=0, size=size[0], costs=[cost], counted=counted if macs[0] else "",
        uncounted="" if macs[0] else "uncounted: no product",
    )  # fmt: skip
    return Profile(
        method=1, key="k", created="2026-01-01T00:00:00+00:00", budget=20, elapsed=30,
        machine=Machine(hardware_class="CPU x", device="cpu", threads=1, governor="performance",
                        instructions=[], packages={}),
        noise=Noise(verdict="quiet", spread=1.0, waiting=0.0, calibration_microseconds="1 1"),
        parts=dict.fromkeys(_NAMES, part), memory=_memory(memory[0]),
        references=[Reference(name="big", size=size[1], costs=[other], memory=_memory(memory[1]))],
        ratios=[Ratios(reference="big", seconds=10, latency=cost.latency.p50 / other.latency.p50)],
        energy="unavailable: no counter",
    )  # fmt: skip


def _index(profile: Profile) -> Efficiency:
    result = efficiency(profile)
    assert result is not None
    return result


def test_by_hand() -> None:
    """Half the seconds, a quarter of the MACs, 100 of 400 MiB, 50 of 400 MiB, floors included."""
    result = _index(_profile())
    assert result.ratios["computing"] == pytest.approx(math.sqrt(0.5 * 0.25))
    assert result.ratios["memory"] == pytest.approx(0.25)
    assert result.ratios["shipping"] == pytest.approx(0.125)
    expected = (math.sqrt(0.125) * 0.25 * 0.125) ** (-1 / 3)
    assert result.value == pytest.approx(expected)
    assert result.energy == "MACs"


def test_joules_take_the_place_of_macs() -> None:
    result = _index(_profile(joules=(1.0, 8.0)))
    assert result.ratios["computing"] == pytest.approx(math.sqrt(0.5 / 8))
    assert result.energy == "joules"
    assert _index(_profile(joules=(1.0, None))).energy == "MACs"


def test_a_head_of_300_bytes_is_no_better_than_one_of_21_kb() -> None:
    small, large = (_index(_profile(size=(size, 384 << 20))).value for size in (300, 21_000))
    assert small is not None
    assert large == pytest.approx(small, rel=0.001)


def test_computing_counts_once_however_it_is_measured() -> None:
    """Half of all computing, seconds and MACs, is worth as much as half of the memory."""
    whole = (384 << 20, 384 << 20)
    before = _index(_profile(memory=whole)).value
    less_memory = _index(_profile(memory=((384 << 20) // 2 - FLOOR // 2, 384 << 20))).value
    less_computing = _index(
        _profile(memory=whole, samples=(0.025,) * 20, macs=(5 * 10**8, 4 * 10**9))
    ).value
    assert before is not None
    assert less_memory == pytest.approx(before * 2 ** (1 / 3))
    assert less_computing == pytest.approx(less_memory)


def test_what_is_missing_is_named_and_an_estimate_is_marked() -> None:
    result = _index(_profile(macs=(None, 10**9)))
    assert result.value is None
    assert result.interval is None
    assert result.missing == ("joules or MACs",)
    cost = paid(_profile(macs=(None, 10**9)))
    assert cost is not None
    assert cost.macs is None
    assert cost.macs_are == "uncounted: no product"
    assert _index(_profile(counted="estimated from x")).energy == "MACs, estimated"


def test_an_hour_of_audio() -> None:
    cost = paid(_profile(joules=(2.0, 8.0)))
    assert cost is not None
    assert cost.seconds == pytest.approx(18)
    assert cost.joules == pytest.approx(720)
    assert cost.macs == pytest.approx(360 * 10**9)
    assert cost.memory == 84 << 20


def test_intervals_hold_the_truth_when_turns_vary() -> None:
    """Ten turns of ten samples; a turn's load slows both entries alike and each by some of its own."""
    rng = np.random.default_rng(0)
    truth = 0.5
    held = 0
    for _ in range(300):
        load = np.exp(rng.normal(0, 0.3, 10))
        ours, theirs = (
            (seconds * load * np.exp(rng.normal(0, 0.1, 10)))[:, None]
            * np.exp(rng.normal(0, 0.05, (10, 10)))
            for seconds in (0.05, 0.1)
        )
        profile = _profile(samples=ours.ravel().tolist(), others=theirs.ravel().tolist())
        in_turn = float(np.median(np.median(ours, 1) / np.median(theirs, 1)))
        spread = _index(profile).spread
        assert spread is not None
        held += abs(math.log(in_turn / truth)) <= spread
    assert 0.9 <= held / 300 <= 0.99


def test_two_samples_have_no_interval() -> None:
    result = _index(_profile(samples=(0.05, 0.06)))
    assert result.value is not None
    assert result.interval is None
