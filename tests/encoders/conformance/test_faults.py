"""One planted fault each, found by the check that is there for it."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import soundfile
import torch

from paralbench.audio import decoding
from paralbench.catalog import Model
from paralbench.encoders.conformance import CHECKS, check_encoder, examine
from paralbench.encoders.conformance.process import findings
from paralbench.encoders.conformance.subject import Subject
from paralbench.encoders.encoder import HiddenStates, Waveform
from paralbench.records.example import Clip
from paralbench.records.model_card import ModelCard
from paralbench.system.network_guard import refused

RATE, HOP, WIDTH = 4000, 80, 8
Change = Callable[["Sound", list[torch.Tensor]], list[torch.Tensor]]


def card(**changes: object) -> ModelCard:
    record = {
        "id": "planted", "title": "planted", "backend": "python", "rate": RATE, "layers": 2,
        "width": WIDTH, "frame_rate": 50.0, "parameters": 0, "licence": "MIT", "citation": "none",
        "policy": {"window": 40.0},
    }  # fmt: skip
    return ModelCard.model_validate({**record, **changes})


class Sound:
    """An encoder without fault, and a place to plant one."""

    def __init__(self, fault: Callable[[Sound, list[torch.Tensor]], object] | None = None) -> None:
        self.fault = fault
        self.dropout = torch.nn.Dropout(0.5).eval()
        self.linear = torch.nn.Linear(HOP, WIDTH)
        with torch.no_grad():
            values = torch.linspace(-1, 1, HOP * WIDTH).reshape(WIDTH, HOP)
            self.linear.weight.copy_(values.sin())
            self.linear.bias.zero_()
        self.linear.requires_grad_(False).eval()
        self.held: list[torch.Tensor] = []

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        frames = heard[: max(1, len(heard) // HOP) * HOP]
        frames = torch.nn.functional.pad(frames, (0, -len(frames) % HOP)).view(-1, HOP)
        out: torch.Tensor = self.linear(frames)
        return torch.stack([out, out.tanh()])

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        recorded = [torch.from_numpy(waveform) for waveform in waveforms]
        if self.fault is not None:
            changed = self.fault(self, recorded)
            if isinstance(changed, list):
                return changed
        return [self.forward(item) for item in recorded]


def _padding_leak(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    longest = max(map(len, heard))
    return [self.forward(item) * len(item) / longest for item in heard]


def _batch_dependence(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    mean = torch.stack([item.mean() for item in heard]).mean()
    return [self.forward(item) - mean - len(heard) for item in heard]


def _dropout(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    self.dropout.train()
    return [self.dropout(self.forward(item)) for item in heard]


def _truncation(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    return [self.forward(torch.where(torch.arange(len(o)) < 30 * RATE, o, 0.0)) for o in heard]


def _wrong_rate(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    return [self.forward(item)[:, ::2] for item in heard]


def _seed(self: Sound, heard: list[torch.Tensor]) -> None:
    random.random()


def _call(self: Sound, heard: list[torch.Tensor]) -> None:
    with suppress(OSError):  # as a model would that hides it
        socket.create_connection(("192.0.2.1", 9), timeout=0.1)


def _growth(self: Sound, heard: list[torch.Tensor]) -> None:
    # Beyond what malloc keeps for itself, so that a large process cannot serve it from what it freed.
    self.held.append(torch.ones(9 << 20))


def _nan(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    return [self.forward(item) / item.abs().max() for item in heard]


def _wide(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    return [self.forward(item)[:, :, 1:] for item in heard]


def _double(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    return [self.forward(item).double() for item in heard]


def _gradient(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    return [self.forward(item).requires_grad_() for item in heard]


def _default_dtype(self: Sound, heard: list[torch.Tensor]) -> None:
    torch.set_default_dtype(torch.float64)


def _threads(self: Sound, heard: list[torch.Tensor]) -> None:
    torch.set_num_threads(torch.get_num_threads() + 1)


def _mutation(self: Sound, heard: list[torch.Tensor]) -> None:
    self.linear.weight.mul_(1.0001)


def _short(self: Sound, heard: list[torch.Tensor]) -> None:
    if len(heard[0]) < RATE // 10:
        raise ValueError("too short for my kernel")


def _last_only(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    return [self.forward(item)[-1:] for item in heard]


def _shared(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    """A buffer that calls beside each other overwrite."""
    self.held = heard
    time.sleep(0.01)
    return [self.forward(item) for item in self.held]


def _full_window(self: Sound, heard: list[torch.Tensor]) -> list[torch.Tensor]:
    return [self.forward(item)[:, :1500] for item in heard]


FAULTS = [
    (_padding_leak, "padding"), (_batch_dependence, "batch"), (_dropout, "repetition"),
    (_dropout, "eval-mode"), (_truncation, "receptive-limit"), (_wrong_rate, "frame-rate"),
    (_seed, "global-state"), (_call, "network"), (_growth, "memory"), (_nan, "silence"),
    (_wide, "width"), (_double, "dtype"), (_gradient, "gradient"),
    (_default_dtype, "global-state"), (_threads, "global-state"), (_mutation, "weights"),
    (_short, "shortest"), (_last_only, "layers"), (_shared, "threads"),
    (_full_window, "long-recording"),
]  # fmt: skip


@pytest.mark.parametrize("check", [name for name in CHECKS if name != "long-recording"])
def test_a_sound_encoder_passes(check: str) -> None:
    check_encoder(Sound, card(), only=check)


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "check"), FAULTS)
def test_a_planted_fault_is_found(
    fault: Callable[[Sound, list[torch.Tensor]], object], check: str
) -> None:
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    try:
        with pytest.raises(AssertionError, match=f"^{check}: "):
            check_encoder(lambda: Sound(fault), card(), only=check)
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "bound", "message"),
    [
        ("while True: pass", 12, "stopped after 12 s"),
        ("bytearray(1 << 40)", 120, "MemoryError"),
        ("import os; os._exit(5)", 120, "ended with code 5"),
    ],
)
def test_a_process_is_bounded(body: str, bound: float, message: str, tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(f"def load():\n    {body}\n")
    result = findings(Model(card=card(), folder=tmp_path), None, timeout=bound, memory=16)
    assert message in result[0].sentence
    assert result[0].outcome == "failed"


@pytest.mark.parametrize("check", ["stereo", "rate-8000", "rate-48000"])
def test_a_fault_of_what_a_file_becomes_is_found(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """These look at the way from file to encoder, so the fault is planted in the decoding."""

    def as_it_lies(clip: Clip, rate: int, seconds: float) -> Iterator[Waveform]:
        samples, _ = soundfile.read(clip.path, dtype="float32", always_2d=True)
        yield samples.ravel()  # channels interleaved, at the file's own rate

    monkeypatch.setattr(decoding, "blocks", as_it_lies)
    with pytest.raises(AssertionError, match=f"^{check}: "):
        check_encoder(Sound, card(), only=check)


def test_weights_drawn_anew_at_each_load_are_found() -> None:
    subject = Subject(card(), Sound)
    (local,) = subject.encode(subject.reference())
    same = Subject(card(), Sound, again=lambda: local.numpy())
    assert examine(same, "fresh-process").outcome == "passed"
    drawn = Subject(card(), Sound, again=lambda: torch.randn_like(local).numpy())
    result = examine(drawn, "fresh-process")
    assert result.outcome == "failed"
    assert "in a fresh process" in result.sentence


@pytest.mark.slow
def test_memory_that_grows_to_the_bound_ends_in_a_finding(tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(
        "import numpy\n\ndef load():\n    held = []\n    while True:\n"
        "        held.append(numpy.empty(1 << 26))\n"
    )
    result = findings(Model(card=card(), folder=tmp_path), None, timeout=60, memory=6)
    assert result[0].outcome == "failed"
    assert "MemoryError" in result[0].sentence


@pytest.mark.parametrize(
    ("fault", "check", "advice"),
    [
        (_padding_leak, "padding", "mask it in attention"),
        (_truncation, "receptive-limit", "Write the length it encodes as policy.window"),
        (_dropout, "repetition", "call eval()"),
    ],
)
def test_a_finding_says_what_to_do(
    fault: Callable[[Sound, list[torch.Tensor]], object], check: str, advice: str
) -> None:
    result = examine(Subject(card(), lambda: Sound(fault)), check)
    assert advice in result.sentence


def test_a_network_call_in_load_leaves_the_other_watches_alone() -> None:
    """A watch that lists nothing equals another that lists nothing; the inner one must go."""
    with refused("in a test") as outer:
        with refused("in a test") as inner:
            pass
        _call(Sound(), [])
    assert len(outer) == 1
    assert not inner
