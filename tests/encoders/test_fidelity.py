"""What admits a fast way: measured on clips, compared with an oracle, kept, refused by numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from paralbench.encoders import fidelity
from paralbench.encoders.encoder import Encoder, HiddenStates, Waveform
from paralbench.encoders.fidelity import Bar, admit, fastest
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.placement import REFERENCE, Placement
from paralbench.encoders.weights import NONE, WeightsFile
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.fidelity import Fidelity
from paralbench.records.model_card import ModelCard

BF16 = Placement("cpu", "bf16", "torch")
OPENVINO = Placement("cpu", "fp32", "openvino")


@dataclass
class Framed:
    """Frames of 160 samples in two layers, the second turned by ``angle`` radians."""

    angle: float = 0.0
    wait: float = 0.0
    lost: int = 0
    heard: list[int] = field(default_factory=list)

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        return [self._encode(torch.from_numpy(waveform)) for waveform in waveforms]

    def _encode(self, waveform: torch.Tensor) -> HiddenStates:
        self.heard.append(len(waveform))
        torch.linalg.svdvals(torch.rand(round(self.wait), round(self.wait))) if self.wait else None
        loud = waveform[: len(waveform) // 160 * 160].reshape(-1, 160).square().mean(1) + 1e-3
        frames = loud[: len(loud) - self.lost]
        plain = torch.stack([frames, 0 * frames], dim=1)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        turned = torch.stack([frames * cos, frames * sin], dim=1)
        return torch.stack([plain, turned]).float()


@dataclass(frozen=True)
class Loadable(LoadableEncoder):
    """Gives what a placement is said to compute."""

    ways: dict[str, Framed] = field(default_factory=dict)

    def load(self) -> Encoder:
        return self.ways[self.placement.name]

    @property
    def identity(self) -> str:
        return f"encoder as {self.placement.name}"


def _encoder(placement: Placement, **ways: Framed) -> Loadable:
    values: dict[str, Any] = {
        "id": "framed", "title": "Frames", "backend": "python", "rate": 16000, "layers": 2,
        "width": 2, "frame_rate": 100.0, "parameters": 0, "licence": "MIT", "citation": "Nobody, 2026.",
    }  # fmt: skip
    named = {name.replace("_", "-"): way for name, way in ways.items()}
    card = ModelCard.model_validate(values)
    return Loadable(card, Path(), WeightsFile(None, NONE, NONE, True), placement, named)


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    rng = np.random.default_rng(0)
    result = []
    for number in range(10):
        file = tmp_path / f"{number}.wav"
        soundfile.write(file, rng.normal(0, 0.1, 1600 * (number + 1)), 16000)
        result.append(Clip(file))
    return result


def test_the_reference_needs_no_record(tmp_path: Path, clips: list[Clip]) -> None:
    assert admit(_encoder(REFERENCE), clips, tmp_path) is None


def test_the_record_holds_the_angle(tmp_path: Path, clips: list[Clip]) -> None:
    angle = 0.02
    encoder = _encoder(BF16, torch_fp32=Framed(), torch_bf16=Framed(angle))
    record = admit(encoder, clips, tmp_path)
    assert record is not None
    assert (record.clips, record.generated) == (8, 0)
    assert record.frames == sum(10 * (number + 1) for number in range(8))
    np.testing.assert_allclose(record.mean_cosine, [1, np.cos(angle)], atol=1e-6)
    np.testing.assert_allclose(record.least_cosine, [1, np.cos(angle)], atol=1e-6)
    np.testing.assert_allclose(record.pooled_difference, [0, 2 * np.sin(angle / 2)], atol=1e-6)


def test_too_far_from_fp32_is_refused_with_its_numbers(tmp_path: Path, clips: list[Clip]) -> None:
    encoder = _encoder(BF16, torch_fp32=Framed(), torch_bf16=Framed(0.1))
    with pytest.raises(
        ParalbenchError, match=r"not admitted as torch-bf16: .* 0\.99500\d .*0\.999"
    ):
        admit(encoder, clips, tmp_path)
    assert admit(encoder, clips, tmp_path, Bar(mean=0.99)) is not None


def test_nan_is_not_admitted(tmp_path: Path, clips: list[Clip]) -> None:
    encoder = _encoder(BF16, torch_fp32=Framed(), torch_bf16=Framed(float("nan")))
    with pytest.raises(ParalbenchError, match="not admitted"):
        admit(encoder, clips, tmp_path)


def test_lost_frames_are_reported(tmp_path: Path, clips: list[Clip]) -> None:
    encoder = _encoder(BF16, torch_fp32=Framed(), torch_bf16=Framed(lost=1))
    with pytest.raises(CardError, match=r"fp32 in torch gives \[2, 10, 2\], torch-bf16 gives"):
        admit(encoder, clips, tmp_path)


def test_few_clips_are_filled_up_with_generated_voices(tmp_path: Path, clips: list[Clip]) -> None:
    encoder = _encoder(BF16, torch_fp32=Framed(), torch_bf16=Framed())
    record = admit(encoder, [Clip(tmp_path / "gone.wav"), clips[9]], tmp_path)
    assert record is not None
    assert (record.clips, record.generated) == (1, 3)


def test_a_record_is_kept_and_clips_replace_voices(tmp_path: Path, clips: list[Clip]) -> None:
    fast = Framed()
    encoder = _encoder(BF16, torch_fp32=Framed(), torch_bf16=fast)
    voices = admit(encoder, (), tmp_path)
    once = len(fast.heard)
    assert admit(encoder, (), tmp_path) == voices
    assert len(fast.heard) == once
    real = admit(encoder, clips, tmp_path)
    assert real is not None
    assert (real.clips, real.generated) == (8, 0)
    again = len(fast.heard)
    assert admit(encoder, clips, tmp_path) == real
    assert len(fast.heard) == again > once


def test_a_record_cut_short_is_made_again(tmp_path: Path, clips: list[Clip]) -> None:
    encoder = _encoder(BF16, torch_fp32=Framed(), torch_bf16=Framed())
    record = admit(encoder, clips, tmp_path)
    (file,) = (tmp_path / "fidelity").glob("*.json")
    assert Fidelity.model_validate_json(file.read_text()) == record
    file.write_text(file.read_text()[:100])
    assert admit(encoder, clips, tmp_path) is not None
    assert Fidelity.model_validate_json(file.read_text()).admitted


def test_auto_takes_the_fastest_that_is_admitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fidelity, "placements", lambda device: [REFERENCE, BF16, OPENVINO])
    text: list[str] = []
    ways = {
        "torch_fp32": Framed(wait=200),
        "torch_bf16": Framed(angle=0.5),
        "openvino_fp32": Framed(wait=20),
    }
    assert fastest(_encoder(REFERENCE, **ways), tmp_path, text.append).placement == OPENVINO
    assert "framed is computed as openvino-fp32" in text[0]
    slow = {**ways, "torch_fp32": Framed(), "openvino_fp32": Framed(wait=200)}
    chosen = fastest(_encoder(REFERENCE, **slow), tmp_path / "other", text.append)
    assert chosen.placement == REFERENCE
    assert "not admitted as torch-bf16" in text[1]
