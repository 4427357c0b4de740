"""A profile told: every figure that it has, and a dash for those that it has not."""

from __future__ import annotations

from paralbench.leaderboard import cost_table
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
    Throughput,
)


def _reference() -> Reference:
    """Four times the costs, the floors of memory and size included."""
    names: tuple[PartName, ...] = ("encoder", "head-trained", "head-deployed", "entry")
    peak = Peak(
        seconds=10, parts=dict.fromkeys(names, 0), whole=(300 + 848) << 20, elapsed=0.3
    )  # fmt: skip
    memory = Memory(how="VmHWM", baseline=300 << 20, loading=0, loaded=0, peaks=[peak])
    cost = Cost(seconds=10, macs=4 * 10**10, latency=timing([1.0] * 20))
    return Reference(name="big", size=348 << 20, costs=[cost], memory=memory)


def _profile(macs: int | None) -> Profile:
    names: tuple[PartName, ...] = ("encoder", "head-trained", "head-deployed", "entry")
    cost = Cost(seconds=10, macs=macs, latency=timing([0.25] * 20), memory=3 << 20)
    part = Part(
        frozen=8_000_000, trained=1500, size=75 << 20, costs=[cost], not_measured={"600": "budget"},
        uncounted="" if macs else "uncounted: openSMILE computes it",
    )  # fmt: skip
    peak = Peak(seconds=10, parts=dict.fromkeys(names, 3 << 20), whole=500 << 20, elapsed=0.3)
    return Profile(
        method=1, key="k", created="2026-01-01T00:00:00+00:00", budget=20, elapsed=30,
        machine=Machine(hardware_class="CPU x", device="cpu", threads=1, governor="performance",
                        instructions=[], packages={}),
        noise=Noise(verdict="noisy", reasons=["the machine's host took 9% of its time"], spread=1.0,
                    waiting=0.0, calibration_microseconds="1 1"),
        parts=dict.fromkeys(names, part),
        memory=Memory(how="VmHWM", baseline=300 << 20, loading=450 << 20, loaded=400 << 20, peaks=[peak]),
        throughput=Throughput(seconds=10, best=80, at_once=2, tried={"1": 50, "2": 80}),
        references=[_reference()],
        ratios=[Ratios(reference="big", seconds=10, macs=macs and 0.25, latency=0.25, memory=0.25, size=0.25)],
        energy="unavailable: no counter",
    )  # fmt: skip


def test_a_line() -> None:
    assert cost_table.line(_profile(10**10)) == (
        "of 10 s: 1 G MACs a second, 250 ms (real-time factor 0.025), 500 MiB of memory, 75 MiB on "
        "disk; noisy"
    )
    assert "MACs uncounted" in cost_table.line(_profile(None))


def test_tables_hold_every_figure() -> None:
    output = cost_table.tables(_profile(10**10))
    for figure in ("1 G", "250 ms", "0.025", "3 MiB", "8 M", "1.5 k", "75 MiB", "80 s of audio",
                   "unavailable: no counter", "not measured: 600 s: budget", "governor performance",
                   "noisy; the machine's host took 9%"):  # fmt: skip
        assert figure in output, figure
    row = next(line for line in output.splitlines() if line.startswith("efficiency index"))
    assert "against big: 4 [4, 4]" in row, "a quarter of every cost is an efficiency of four"
    assert "by seconds and MACs;" in row


def test_without_macs_there_is_no_index() -> None:
    output = cost_table.tables(_profile(None))
    assert "against big: none, without joules or MACs" in output
    assert "uncounted: openSMILE" in output
