"""Scaffold a model folder that works at once; fill in your own encoder."""

from __future__ import annotations

import argparse

from paralbench.cli.scaffold import add_folder, write

EXAMPLE = "paralbench new-model my-encoder --in my-catalog"

_CARD = """id = "{name}"
title = "{name}"
backend = "python" # adapter.py beside this card
rate = 16000       # Hz of the waveforms it is given
layers = 2         # hidden states it hands out
width = 40         # size of each
frame_rate = 50.0  # frames a second
parameters = 0     # of what is run
licence = "say under which licence the weights are"
citation = "say what to cite"
training_note = "say what it was trained on"

[policy]
window = 30.0    # seconds heard at once; longer audio is cut and joined
shortest = 0.025 # seconds; a shorter last piece is left out, and counted

# The folder that load(weights) is given: it holds model.safetensors. --weights {name}=DIR goes first.
# [[weights]]
# kind = "folder"
# path = "weights" # beside this card
# sha256 = ""      # of model.safetensors; without it results stay unverified and unranked

# A corpus it has heard, one entry each.
# [[training]]
# corpus = "LibriSpeech"
# how = "pretrained"  # or "tuned"
# certainty = "found" # or "computed", "inferred", "unconfirmed"
"""

_ADAPTER = '''"""The encoder of {name}: replace the body of ``encode`` by your model's forward."""

from collections.abc import Sequence

import torch

from paralbench.encoders.encoder import HiddenStates, Waveform

HOP, WIDTH = 320, 40


class Encoder:
    """Two layers of something that works, until yours is here. A torch model: call eval()."""

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers, frames, width] for each waveform, as if it were alone."""
        return [self._forward(torch.from_numpy(waveform)) for waveform in waveforms]

    def _forward(self, waveform: torch.Tensor) -> HiddenStates:
        padded = torch.nn.functional.pad(waveform, (0, max(0, 2 * HOP - len(waveform))))
        frames = padded.unfold(0, 2 * HOP, HOP)
        spectrum = torch.fft.rfft(frames * torch.hann_window(2 * HOP)).abs()[:, 1:]
        bands = spectrum.view(len(frames), WIDTH, -1).mean(2)
        return torch.stack([bands, (bands + 1e-5).log()])


def load() -> Encoder:
    """Called once a run. With [[weights]] on the card: load(weights: Path), a folder."""
    return Encoder()
'''

_TEST = '''"""What the platform asks of {name}, as a test each; run it with pytest."""

from pathlib import Path

import pytest

from paralbench.encoders.conformance import CHECKS, check_folder


@pytest.mark.parametrize("check", CHECKS)
def test_conformance(check: str) -> None:
    check_folder(Path(__file__).parent, only=check)
'''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add_folder(parser, "model")


def _test(name: str) -> str:
    return f"test_{''.join(c if c.isalnum() else '_' for c in name)}.py"


def run(args: argparse.Namespace) -> int:
    """Write models/<name>/ below the catalogue."""
    folder = args.into / "models" / args.name
    write(folder, args.name, {"model.toml": _CARD, "adapter.py": _ADAPTER, _test(args.name): _TEST})
    print(
        f"{folder} works as it is. Try:\n  paralbench check --catalog {args.into} {args.name}\n"
        f"  paralbench run --catalog {args.into} --model {args.name} --task TASK"
    )
    return 0
