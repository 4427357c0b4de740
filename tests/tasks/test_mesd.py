from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select


def _read(root: Path) -> Reading:
    return read(Catalog().corpus("mesd"), root)


def test_the_word_may_contain_an_underscore(tmp_path: Path) -> None:
    (tmp_path / "Anger_F_A_mas_tarde.wav").touch()
    (item,) = _read(tmp_path).examples
    assert item.labels == {"emotion": "anger"}
    assert item.groups == {"text": "mas_tarde", "voice": "female"}
    assert (item.attributes["voice"], item.attributes["list"]) == ("female", "A")


def test_a_name_that_says_nothing_is_refused(tmp_path: Path) -> None:
    for name in ("Anger_F_A_tarde.wav", "Anger_X_A_tarde.wav"):
        (tmp_path / name).touch()
    assert [refusal.subject for refusal in _read(tmp_path).refused] == ["Anger_X_A_tarde.wav"]


def test_a_root_one_level_too_high_is_put_right(tmp_path: Path) -> None:
    folder = tmp_path / "Mexican Emotional Speech Database (MESD)"
    folder.mkdir()
    (folder / "Anger_F_A_tarde.wav").touch()
    assert locate(Catalog().corpus("mesd").card, {"mesd": tmp_path}) == folder


@pytest.mark.slow
def test_synth_is_read_and_known_to_have_unknown_speakers(made: Callable[[str], Path]) -> None:
    reading = _read(made("mesd"))
    chosen = select(Catalog().task("mesd-emotion"), reading.examples, reading.refused)
    assert (len(chosen.examples), chosen.refused) == (3 * 6 * 6, ())
    report = audit(chosen, splits(chosen, seeds=(0,)))
    assert report.unknown == ["speaker"]
    assert "text" not in report.crossing
