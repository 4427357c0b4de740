"""A corpus of tones in a catalogue of its own: quick to make, quick to learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Done, Failed, Request
from tests.evaluation.cases import write_tone

SPEAKERS, EACH = 8, 4

_CORPUS = """id = "toy"
title = "Tones"
licence = "none"
access = "{access}"
obtain = "Make it."
citation = "none"
"""

_TASK = """id = "toy-{name}"
version = 1
corpus = "toy"
title = "High or low"
about = "Whether a tone is high."
term = "short"
{examples}
[target]
{target}
[protocol]
kind = "group-folds"
by = "speaker"
folds = 4
never_cross = ["speaker"]
cluster = "speaker"
development = {{ by = "speaker", share = 0.3 }}

[metrics]
ranking = "{ranking}"
report = [{report}]
"""

_ADAPTER = "from paralbench.corpora.manifest import read_manifest as read\n"

_MODEL = """id = "bands"
title = "Bands"
backend = "python"
rate = 16000
layers = 1
width = 8
frame_rate = 100.0
parameters = 0
licence = "none"
citation = "none"
"""

ENCODER = '''"""Energy in eight bands."""

import torch


class Encoder:
    def encode(self, waveforms):
        return [self.forward(torch.from_numpy(waveform)) for waveform in waveforms]

    def forward(self, waveform):
        frames = waveform.unfold(0, 320, 160) * torch.hann_window(320)
        power = torch.fft.rfft(frames).abs().square()[:, :40].reshape(len(frames), 8, 5).mean(2)
        return (power + 1e-9).log().unsqueeze(0)


def load():
    return Encoder()
'''


def write_catalog(
    root: Path, access: str = "open", examples: int | None = None, encoder: str = ENCODER
) -> Path:
    """A catalogue with the corpus 'toy', the tasks 'toy-tone' and 'toy-number', the model 'bands'."""
    tasks, model = root / "tasks" / "toy", root / "models" / "bands"
    tasks.mkdir(parents=True, exist_ok=True)
    model.mkdir(parents=True, exist_ok=True)
    count = SPEAKERS * EACH if examples is None else examples
    low, high = count // 2, count - count // 2
    declared = f"examples = {count}\ncounts = {{ low = {low}, high = {high} }}\n"
    (tasks / "corpus.toml").write_text(_CORPUS.format(access=access))
    classes = 'kind = "class"\nlabel = "target"\nclasses = ["low", "high"]\n'
    number = 'kind = "number"\nlabel = "height"\n'
    (tasks / "tone.toml").write_text(
        _TASK.format(
            name="tone", examples=declared, target=classes, ranking="uar", report='"uar", "wa"'
        )
    )
    adapter = _ADAPTER
    (tasks / "adapter.py").write_text(adapter)
    (tasks / "number.toml").write_text(
        _TASK.format(
            name="number", examples="", target=number.replace("height", "target"),
            ranking="ccc", report='"ccc", "rmse"',
        )
    )  # fmt: skip
    (model / "model.toml").write_text(_MODEL)
    (model / "adapter.py").write_text(encoder)
    return root


def write_corpus(
    root: Path, rows: Sequence[Mapping[str, str]] | None = None, seed: int = 0
) -> Path:
    """Wave files and manifest.csv below ``root``; ``rows`` in place of the usual ones."""
    rng = np.random.default_rng(seed)
    usual = usual_rows()
    for row in usual:
        write_tone(root / row["path"], row["target"] == "high", rng)
    write_table(root, usual if rows is None else rows)
    return root


def usual_rows() -> list[dict[str, str]]:
    """Every speaker says as many low as high."""
    return [
        {"path": f"wav/{speaker}-{number}.wav", "target": ("low", "high")[number % 2],
         "speaker": f"speaker{speaker}"}
        for speaker in range(SPEAKERS) for number in range(EACH)
    ]  # fmt: skip


def write_table(root: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """manifest.csv"""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [",".join(columns), *(",".join(row.get(key, "") for key in columns) for row in rows)]
    (root / "manifest.csv").write_text("\n".join(lines) + "\n")


def score(catalog: Path, data: Path, work: Path, task: str = "toy-tone", **asked: Any) -> Done:
    """Run one entry and expect a result."""
    (result,) = entries(catalog, data, work, task, **asked)
    assert isinstance(result, Done), result
    return result


def entries(
    catalog: Path,
    data: Path,
    work: Path,
    task: str = "toy-tone",
    *,
    replace: bool = True,
    **asked: Any,
) -> list[Done | Failed]:
    """Run what is asked for."""
    request = Request(
        tasks=[task],
        models=asked.pop("models", ["bands"]),
        heads=asked.pop("heads", ["sgd-probe"]),
        data={"toy": data},
        seeds=asked.pop("seeds", (0, 1)),
        under=asked.pop("under", ()),
        head_settings=asked,
    )
    benchmark = Benchmark(
        Catalog([catalog]), request, work / "cache", work / "results", replace=replace
    )
    return list(benchmark.run(lambda words: None, quiet=True))
