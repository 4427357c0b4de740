"""A counter is read as it counts; without one nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from paralbench.profiler import energy


def _zone(powercap: Path, name: str, count: int, wrap: int = 1000) -> Path:
    zone = powercap / name
    zone.mkdir(parents=True)
    (zone / "max_energy_range_uj").write_text(f"{wrap}\n")
    (zone / "energy_uj").write_text(f"{count}\n")
    return zone


def test_without_a_counter_it_is_unavailable_and_why_is_said(tmp_path: Path) -> None:
    result = energy.meter("cpu", tmp_path / "powercap")
    assert result.description.startswith("unavailable: ")
    assert "RAPL" in result.description
    assert result.joules() is None


def test_a_gpu_counts_or_says_why_not() -> None:
    result = energy.meter("cuda:0")
    if result.joules() is None:
        assert result.description.startswith("unavailable: ")
    else:
        assert result.description.startswith("NVML")


def test_packages_are_summed_and_wrap_around(tmp_path: Path) -> None:
    first, second = _zone(tmp_path, "intel-rapl:0", 900), _zone(tmp_path, "intel-rapl:1", 10)
    _zone(tmp_path, "intel-rapl:0:0", 5)  # a part of a package, counted in it already
    result = energy.meter("cpu", tmp_path)
    assert result.description == "RAPL, 2 processor packages"
    assert result.joules() == 0
    (first / "energy_uj").write_text("99")  # past 1000, from zero on
    (second / "energy_uj").write_text("60")
    assert result.joules() == pytest.approx((200 + 50) / 1e6)
    (second / "energy_uj").write_text("61")
    assert result.joules() == pytest.approx((200 + 51) / 1e6)


def test_a_counter_that_may_not_be_read_is_unavailable(tmp_path: Path) -> None:
    (_zone(tmp_path, "intel-rapl:0", 0) / "energy_uj").unlink()
    result = energy.meter("cpu", tmp_path)
    assert result.description.startswith("unavailable: RAPL's counter cannot be read")
