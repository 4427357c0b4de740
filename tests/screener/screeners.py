"""Bundles made of small results on tones, in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from paralbench.bundling.bundle_maker import BundleSettings, make
from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Done, Request
from paralbench.evaluation.rerun import recorded_request
from paralbench.records.bundle import Manifest
from paralbench.records.intended_use import IntendedUse
from paralbench.records.quality_limits import AtLeast, AtMost, QualityLimits
from paralbench.records.result import Result
from paralbench.screener import bundle
from tests.evaluation import toy

SPEAKERS, EACH = 14, 2
LIMITS = QualityLimits(
    seconds=AtLeast(refuse=0.2), speech=AtLeast(), bandwidth=AtLeast(), noise_ratio=AtLeast(),
    speaker_contrast=AtMost(),
)  # fmt: skip


@dataclass(frozen=True)
class Lab:
    """A catalogue, a corpus, and where features and results are kept."""

    catalog: Path
    data: Path
    work: Path

    def result(self, task: str = "toy-tone", head: str = "sgd-probe", **asked_for: Any) -> Path:
        """A result's file; ``model`` and ``seeds`` beside the head's settings."""
        request = Request(
            tasks=[task],
            models=[asked_for.pop("model", "bands")],
            heads=[head],
            data={"toy": self.data},
            seeds=asked_for.pop("seeds", (0, 1)),
            head_settings=asked_for,
        )
        benchmark = Benchmark(
            Catalog([self.catalog]), request, self.work / "cache", self.work / "results", again=True
        )
        (actual,) = benchmark.run(lambda words: None, quiet=True)
        assert isinstance(actual, Done), actual
        return actual.file

    def request(self, recorded: Result) -> Request:
        """What asks for a result again."""
        return recorded_request(recorded, Path("result"), {"toy": self.data}, {})

    def make(
        self, file: Path, wanted: BundleSettings | None = None
    ) -> tuple[Manifest, dict[str, bytes]]:
        """Manifest and members."""
        wanted = wanted or BundleSettings(IntendedUse(quality=LIMITS), level=0.8)
        return make(
            file, Catalog([self.catalog]), self.request, self.work / "cache", wanted, quiet=True
        )

    def bundle(self, file: Path, wanted: BundleSettings | None = None) -> Path:
        """The bundle of a result, written."""
        manifest, members = self.make(file, wanted)
        target = self.work / "made.plb"
        bundle.write(target, manifest, members)
        return target

    @property
    def recordings(self) -> list[Path]:
        """The corpus's files, as the manifest lists them."""
        return [self.data / row["path"] for row in _rows()]


def lab(root: Path) -> Lab:
    """A corpus of 14 speakers whose two tones, low and high, tell the class and a number."""
    catalog = toy.write_catalog(root / "catalog")
    rng = np.random.default_rng(0)
    for row in _rows():
        write_tone(root / "data" / row["path"], float(row["target"]) > 2, rng)
    toy.write_table(root / "data", _rows())
    classes = catalog / "tasks" / "toy" / "tone.toml"
    classes.write_text(classes.read_text().replace("classes =", "cuts = [2.0]\nclasses ="))
    return Lab(catalog, root / "data", root)


def write_tone(
    file: Path, high: bool, rng: np.random.Generator, seconds: float | None = None
) -> None:
    """A noisy tone; some lie so near the border that a head cannot be sure."""
    seconds = float(rng.uniform(0.6, 1.2)) if seconds is None else seconds
    time = np.arange(round(seconds * 16000)) / 16000
    pitch = (700 if high else 450) * rng.uniform(0.7, 1.4)
    signal = 0.2 * np.sin(2 * np.pi * pitch * time) + 0.05 * rng.standard_normal(len(time))
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, signal.astype(np.float32), 16000, subtype="PCM_16")


def _rows() -> list[dict[str, str]]:
    return [
        {"path": f"wav/{speaker}-{number}.wav", "target": str(1.0 + 2 * (number % 2) + 0.1 * (speaker % 5)),
         "speaker": f"speaker{speaker}", "sex": "fm"[speaker % 2]}
        for speaker in range(SPEAKERS) for number in range(EACH)
    ]  # fmt: skip
