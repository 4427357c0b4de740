from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate

_FILES = {
    "emodb": ["wav/03a01Fa.wav"],
    "ravdess": ["Actor_01/03-01-01-01-01-01-01.wav"],
    "crema-d": ["AudioWAV/1001_DFA_ANG_XX.wav"],
    "coswara": ["combined_data.csv", "20200413/a/vowel-a.wav"],
    "svd": ["overview.csv", "data/1/vowels/1-a_n.nsp"],
    "audformat": ["db.yaml", "audio/1.wav"],
}


@pytest.mark.parametrize("corpus", _FILES)
@pytest.mark.parametrize("level", ["right", "too high", "too low"])
def test_a_root_one_level_off_is_put_right(tmp_path: Path, corpus: str, level: str) -> None:
    root = tmp_path / "some" / "copy"
    for name in _FILES[corpus]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    inside = root / Path(_FILES[corpus][-1]).parts[0]
    inputs = {"right": root, "too high": root.parent, "too low": inside}[level]
    assert locate(Catalog().corpus(corpus).card, {corpus: inputs}) == root
