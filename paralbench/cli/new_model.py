"""Create a model folder: a working example to replace, or the card of a transformers model."""

from __future__ import annotations

import argparse
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.cli.scaffold import add_folder, write

if TYPE_CHECKING:
    from paralbench.records.model_card import Weights

EXAMPLE = "paralbench new-model my-encoder --in my-catalog --from checkpoints/step-5000"

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

_TEST = '''"""The conformance checks of {name}; run with pytest."""

from pathlib import Path

from paralbench.encoders.conformance import check_folder


def test_conformance() -> None:
    check_folder(Path(__file__).parent)
'''

_TRANSFORMERS = """# Read from {source}. Licence, citation and training data are yours to fill in.
id = "{name}"
title = {title}
backend = "transformers" # config.json names the architecture; no adapter.py is needed
rate = {rate}
layers = {layers} # the first layer's input and each layer's output
width = {width}
{frame_rate}parameters = {parameters} # of the acoustic encoder
licence = "unknown"
citation = "unknown"
training_note = "Unknown: this card was read from config.json."
{settings}
[policy]
window = {window} # seconds of its input; longer audio is cut and joined
shortest = {shortest} # seconds; a shorter last piece is skipped, and counted
padding = "{padding}"

{weights}
# The corpora in its training data, one entry each, for the contamination ledger.
# [[training]]
# corpus = "LibriSpeech"
# how = "pretrained"  # or "tuned"
# certainty = "found" # or "computed", "inferred", "unconfirmed"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add_folder(parser, "model")
    parser.add_argument(
        "--from", dest="source", metavar="PATH_OR_ID",
        help="write the card of a transformers model: a folder with config.json and safetensors, or "
        "a hub's ORG/NAME that 'paralbench fetch hf:ORG/NAME' has brought here",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Write models/<name>/ in the catalogue folder."""
    folder = args.into / "models" / args.name
    test = f"test_{re.sub(r'[^a-z0-9]', '_', args.name)}.py"
    if args.source is None:
        files = {"model.toml": _CARD, "adapter.py": _ADAPTER, test: _TEST}
        ready = f"{folder} works as it is."
    else:
        card = _transformers(args.source, folder)
        files = {"model.toml": card.text, test: _TEST}
        ready = f"{folder / 'model.toml'} describes {args.source}; its licence is yours to fill in."
        if card.elsewhere is not None:
            ready += (
                f" The weights stay in {card.elsewhere}: the card names that folder and their sha256; if "
                f"it moves, change path there or give --weights {args.name}=DIR."
            )
    write(folder, args.name, files)
    print(
        f"{ready} Try:\n  paralbench check --quick --catalog {args.into} {args.name}\n"
        f"  paralbench run --catalog {args.into} --model {args.name} --task TASK"
    )
    return 0


@dataclass(frozen=True)
class _Card:
    """The text of a card, and the folder of weights that it names by an absolute path."""

    text: str
    elsewhere: Path | None


def _transformers(source: str, folder: Path) -> _Card:
    """The card of a folder of weights or a hub's repository."""
    from paralbench.catalog import REFERENCES
    from paralbench.encoders.uncatalogued import described

    reference = source
    if not source.startswith(REFERENCES):
        reference = f"dir:{source}" if Path(source).expanduser().is_dir() else f"hf:{source}"
    model = described(reference, options.say)
    card = model.card
    (weights,) = card.weights
    place = model.folder.resolve()
    path = _path(place, folder.resolve()) if weights.kind == "folder" else None
    settings = "".join(
        f"{key} = {json.dumps(value)} # {_NORMALISE}\n" for key, value in card.settings.items()
    )
    values = {
        "source": reference,
        "title": json.dumps(card.title, ensure_ascii=False),
        "rate": card.rate,
        "layers": card.layers,
        "width": card.width,
        "frame_rate": "" if card.frame_rate is None else f"frame_rate = {card.frame_rate}\n",
        "parameters": card.parameters,
        "settings": f"\n[settings]\n{settings}" if settings else "",
        "window": card.policy.window,
        "shortest": card.policy.shortest,
        "padding": card.policy.padding,
        "weights": _weights(weights, path),
    }
    text = re.sub(r"\{(\w+)\}", lambda key: str(values.get(key[1], key[0])), _TRANSFORMERS)
    return _Card(text, place if path == str(place) else None)


_NORMALISE = "no preprocessor_config.json says it; transformers' default"


def _path(place: Path, folder: Path) -> str:
    """The folder of weights as the card in ``folder`` names it.

    Relative to the card where both lie below the catalogue, or below the working folder: there they
    move together.
    """
    for shared in (folder.parents[1], Path.cwd()):
        if place.is_relative_to(shared) and folder.is_relative_to(shared):
            return Path(os.path.relpath(place, folder)).as_posix()
    return str(place)


def _weights(source: Weights, path: str | None) -> str:
    """The card's [[weights]]: the hub's repository, or the folder at ``path``."""
    if source.kind == "hub":
        lines = [f'repository = "{source.repository}"', f'revision = "{source.revision}"']
    else:
        lines = [f"path = {json.dumps(path, ensure_ascii=False)}"]
    sha256 = source.sha256 if source.kind != "seeded" else None
    return "\n".join(["[[weights]]", f'kind = "{source.kind}"', *lines, f'sha256 = "{sha256}"\n'])
