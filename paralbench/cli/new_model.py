"""Create a model folder with a working example encoder to replace with your own."""

from __future__ import annotations

import argparse
import re

from paralbench.cli.scaffold import add_folder, write

EXAMPLE = "paralbench new-model my-encoder --in my-catalog"

_CARD = """id = "{name}"
title = "{name}"
backend = "python" # adapter.py beside this card
rate = 16000       # sample rate of its input in Hz
layers = 2         # hidden states of its output
width = 40         # size of each
frame_rate = 50.0  # frames a second
parameters = 0     # of the encoder as it is run
licence = "the licence of the weights"
citation = "the publication to cite"
training_note = "the data it was trained on"

[policy]
window = 30.0    # seconds of its input; longer audio is cut and joined
shortest = 0.025 # seconds; a shorter last piece is skipped, and counted

# The folder with model.safetensors, the argument of load(weights). --weights {name}=DIR overrides it.
# [[weights]]
# kind = "folder"
# path = "weights" # beside this card
# sha256 = ""      # of model.safetensors; without it results stay unverified and unranked

# The corpora in its training data, one entry each.
# [[training]]
# corpus = "LibriSpeech"
# how = "pretrained"  # or "tuned"
# certainty = "found" # or "computed", "inferred", "unconfirmed"
"""

_ADAPTER = '''"""The encoder of {name}: replace the body of ``encode`` with your model's forward pass."""

from collections.abc import Sequence

import torch

from paralbench.encoders.encoder import HiddenStates, Waveform

HOP, WIDTH = 320, 40


class Encoder:
    """A working example with two layers. If yours is a torch model, call eval()."""

    def encode(self, waveforms: Sequence[Waveform]) -> Sequence[HiddenStates]:
        """[layers, frames, width] for each waveform, independent of the others in the batch."""
        return [self._forward(torch.from_numpy(waveform)) for waveform in waveforms]

    def _forward(self, waveform: torch.Tensor) -> HiddenStates:
        padded = torch.nn.functional.pad(waveform, (0, max(0, 2 * HOP - len(waveform))))
        frames = padded.unfold(0, 2 * HOP, HOP)
        spectrum = torch.fft.rfft(frames * torch.hann_window(2 * HOP)).abs()[:, 1:]
        bands = spectrum.view(len(frames), WIDTH, -1).mean(2)
        return torch.stack([bands, (bands + 1e-5).log()])


def load() -> Encoder:
    """Called once per run. With [[weights]] on the card: load(weights: Path), a folder."""
    return Encoder()
'''

_TEST = '''"""The conformance checks of {name}, one test each; run with pytest."""

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


def run(args: argparse.Namespace) -> int:
    """Write models/<name>/ in the catalogue folder."""
    folder = args.into / "models" / args.name
    test = f"test_{re.sub(r'[^a-z0-9]', '_', args.name)}.py"
    write(folder, args.name, {"model.toml": _CARD, "adapter.py": _ADAPTER, test: _TEST})
    print(
        f"{folder} works as it is. Try:\n  paralbench check --catalog {args.into} {args.name}\n"
        f"  paralbench run --catalog {args.into} --model {args.name} --task TASK"
    )
    return 0
