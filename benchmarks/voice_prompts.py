"""From clips to a score: `paralbench run` with whisper-tiny.en against the plain script, real recordings."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from paralbench.audio import decoding
from paralbench.catalog import Catalog
from paralbench.corpora.fetching import fetch
from paralbench.corpora.locating import fetched
from paralbench.corpora.reading import read
from paralbench.encoders.compatibility import make_importable
from paralbench.encoders.weights import find
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError

TASK, MODEL = "voice-prompts-language", "whisper-tiny.en"


def run() -> list[tuple[str, str]]:
    """The same clips and folds; the script gets WAV files, since librosa reads no G.722."""
    catalog = Catalog()
    corpus = catalog.corpus("voice-prompts")
    try:
        root = fetch(corpus.card, fetched(corpus.card.id))
    except ParalbenchError as error:
        return [("not measured", str(error))]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _write_clips(catalog, root, work)
        write_weights(catalog, work / "weights")
        script, said = _timed([sys.executable, "-m", "benchmarks.plain_script",
                               str(work / "clips.csv"), str(work / "weights")])  # fmt: skip
        ours = [sys.executable, "-m", "paralbench", "run", "--task", TASK, "--model", MODEL, "--json",
                "--data", f"voice-prompts={root}", "--cache", str(work / "cache"),
                "--results", str(work / "results")]  # fmt: skip
        first, told = _timed(ours)
        refit, _ = _timed([*ours, "--again"])
        second, _ = _timed(ours)
    score = _uar(told)
    return [
        ("script / paralbench, first run", f"{script / first:.1f} (aim: 4)"),
        ("script / paralbench, features there, fitted anew", f"{script / refit:.1f}"),
        ("script / paralbench, second run of the same command", f"{script / second:.1f} (aim: 25)"),
        (
            "plain script, one seed, keeps nothing",
            f"{script:.1f} s, {said.strip().splitlines()[-1]}",
        ),
        (
            "paralbench, 5 seeds, with interval",
            f"{first:.1f} s, then {refit:.1f} s, then {second:.2f} s, {score}",
        ),
    ]


def _write_clips(catalog: Catalog, root: Path, work: Path) -> None:
    selection = select(catalog.task(TASK), read(catalog.corpus("voice-prompts"), root).examples)
    fold_of = {row: split.fold for split in splits(selection, [0]) for row in split.test.tolist()}
    with (work / "clips.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "label", "fold"))
        for number, example in enumerate(selection.examples):
            wav = work / "wav" / f"{number}.wav"
            wav.parent.mkdir(exist_ok=True)
            samples = np.concatenate(list(decoding.blocks(example.clips[0], 16000, 60.0)))
            soundfile.write(wav, samples, 16000)
            rows.writerow((wav, example.labels["language"], fold_of[number]))


def write_weights(catalog: Catalog, folder: Path) -> None:
    """The packaged weights as transformers keeps them; the decoder, which is not used, is left empty."""
    import torch

    make_importable()
    from transformers import WhisperConfig, WhisperModel

    model = catalog.model(MODEL)
    found = find(model.card, model.folder, {})
    assert found.path is not None
    config = WhisperConfig(
        d_model=384, encoder_layers=4, encoder_attention_heads=6, encoder_ffn_dim=1536,
        decoder_layers=1, decoder_attention_heads=6, decoder_ffn_dim=16, vocab_size=51864,
    )  # fmt: skip
    whisper: Any = WhisperModel(config)
    arrays = model.adapter.encoder_arrays(found.path)
    state = {name: torch.from_numpy(values) for name, values in arrays.items()}
    whisper.encoder.load_state_dict(state)
    whisper.save_pretrained(folder)


def _timed(command: list[str]) -> tuple[float, str]:
    began = time.perf_counter()
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return time.perf_counter() - began, done.stdout


def _uar(told: str) -> str:
    (entry,) = json.loads(told)
    score = entry["scores"][0]
    low, high = score["interval"]["low"], score["interval"]["high"]
    return f"UAR {score['value']:.4f} [{low:.4f}, {high:.4f}]"
