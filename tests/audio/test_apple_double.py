"""Files with a Mac's metadata beside them are heard as any others."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.audio.decoding import blocks
from paralbench.records.errors import Refused
from paralbench.records.example import Clip
from paralbench.synthetic.corpus import litter


@pytest.mark.parametrize("suffix", ["mp3", "wav", "flac", "ogg"])
def test_apple_double_beside_a_file_changes_nothing(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a.{suffix}"
    noise = 0.1 * np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    soundfile.write(file, noise, 16000)
    alone = np.concatenate(list(blocks(Clip(file), 16000, 1.0)))
    litter(file)
    assert np.array_equal(np.concatenate(list(blocks(Clip(file), 16000, 1.0))), alone)


def test_what_cannot_be_decoded_leaves_no_file_open(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"\xff\xf3junk" * 100)
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("this system does not list open files")
    before = len(list(descriptors.iterdir()))
    for _ in range(20):
        with pytest.raises(Refused):
            next(blocks(Clip(file), 16000, 1.0))
    assert len(list(descriptors.iterdir())) == before
