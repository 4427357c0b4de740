"""Memory against what an encoder is known to take."""

from __future__ import annotations

from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.heads import settings
from paralbench.profiler import memory
from paralbench.profiler.clips import write
from paralbench.profiler.subject import Subject
from paralbench.records.errors import ParalbenchError
from paralbench.system.processes import in_fresh_process
from tests.evaluation import toy

HUNGRY = '''"""Holds 64 MiB, and takes 40 MiB more for a second of audio."""

import torch


class Encoder:
    def __init__(self):
        self.held = torch.ones(16 << 20)

    def encode(self, waveforms):
        return [self.forward(waveform) for waveform in waveforms]

    def forward(self, waveform):
        taken = torch.ones(int(len(waveform) / 16000 * (10 << 20)))
        frames = len(waveform) // 160
        return taken[: frames * 8].clone().reshape(1, frames, 8)


def load():
    return Encoder()
'''
MIB = 1 << 20


@pytest.mark.slow
def test_what_is_held_and_what_is_taken(tmp_path: Path) -> None:
    catalog = Catalog([toy.write_catalog(tmp_path / "catalog", encoder=HUNGRY)])
    subject = Subject.of(
        [loadable(catalog.model("bands"))], "linear-probe", settings("linear-probe", {}), 2
    )
    result = in_fresh_process(memory.measure, subject, write(tmp_path, (1.0, 2.0, 12.0)), 1e-9)
    assert result.loaded - result.baseline == pytest.approx(64 * MIB, abs=12 * MIB)
    item, two = result.peaks
    assert item.parts["encoder"] == pytest.approx(40 * MIB, abs=12 * MIB)
    assert two.parts["encoder"] == pytest.approx(80 * MIB, abs=12 * MIB)
    assert two.parts["entry"] >= two.parts["encoder"]
    assert two.whole >= result.loaded + 80 * MIB - MIB
    assert result.not_measured == {"12": "budget"}, "a pass may take no time at all"


def _runs_out() -> None:
    raise RuntimeError("DefaultCPUAllocator: can't allocate memory\nmore of it")


@pytest.mark.slow
def test_memory_that_runs_out_is_reported() -> None:
    with pytest.raises(
        ParalbenchError, match=r"process: DefaultCPUAllocator: can't allocate memory$"
    ):
        in_fresh_process(_runs_out)


def _dies() -> None:
    import os

    os._exit(1)


@pytest.mark.slow
def test_a_process_that_is_killed_is_reported() -> None:
    with pytest.raises(ParalbenchError, match="killed"):
        in_fresh_process(_dies)
