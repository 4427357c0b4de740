"""When a recording was made, from files that another library wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.screening.recording_time import from_metadata, normalised, of


def test_the_files_own_date(tmp_path: Path) -> None:
    for suffix, kind in ((".wav", "WAV"), (".ogg", "OGG")):
        file = tmp_path / f"a{suffix}"
        with soundfile.SoundFile(file, "w", 16000, 1, format=kind) as opened:
            opened.date = "2023-01-02"
            opened.write(np.zeros(1600))
        assert from_metadata(file) == "2023-01-02"
    soundfile.write(tmp_path / "b.wav", np.zeros(1600), 16000)
    assert from_metadata(tmp_path / "b.wav") is None
    (tmp_path / "c.wav").write_text("no audio")
    assert from_metadata(tmp_path / "c.wav") is None
    assert from_metadata(tmp_path / "none.wav") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024", "2024"), ("2024-02", "2024-02"), (" 2024-02-29 ", "2024-02-29"),
        ("2023-02-29", None), ("14:03:09", None), ("", None), ("yesterday", None),
        ("2024-02-29T10:00:00Z", "2024-02-29T10:00:00+00:00"), ("2024-02-29T10:00", "2024-02-29"),
        ("٢٠٢٤", None),
    ],
)  # fmt: skip
def test_times_are_those_of_fhir(text: str, expected: str | None) -> None:
    assert normalised(text) == expected


def test_the_list_goes_before_the_file() -> None:
    assert of({"recorded": "2024-01-01"}, "2023") == "2024-01-01"
    assert of({"recorded": "unknown"}, "2023") == "2023"
    assert of({}, None) is None
