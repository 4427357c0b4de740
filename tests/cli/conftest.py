"""Every command in a folder, with a configuration and a cache, of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PARALBENCH_CATALOG", "PARALBENCH_DATA"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name.lower()))
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def tones(tmp_path: Path) -> Path:
    """<class>/<speaker>/<file>: low and high tones in noise, of six speakers, two files each."""
    root, rng = tmp_path / "tones", np.random.default_rng(0)
    seconds = np.arange(8000) / 16000
    for speaker in range(6):
        for pitch, frequency in (("low", 200), ("high", 900)):
            folder = root / pitch / f"s{speaker}"
            folder.mkdir(parents=True)
            for take in range(2):
                tone = np.sin(2 * np.pi * (frequency + 10 * speaker) * seconds)
                noisy = 0.3 * tone + rng.normal(0, 0.05, len(tone))
                soundfile.write(folder / f"{take}.wav", noisy, 16000)
    return root
