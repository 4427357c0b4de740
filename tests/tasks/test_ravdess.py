from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.audio.decoding import header
from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select


def _read(root: Path) -> Reading:
    return read(Catalog().corpus("ravdess"), root)


def _files(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_seven_numbers_say_everything(tmp_path: Path) -> None:
    (item,) = _read(_files(tmp_path, "Actor_12/03-01-06-02-02-01-12.wav")).examples
    assert item.labels == {"emotion": "fearful"}
    assert item.groups == {"speaker": "12", "text": "02"}
    assert item.attributes["intensity"] == "strong"


def test_odd_actors_are_men(tmp_path: Path) -> None:
    root = _files(
        tmp_path, "Actor_01/03-01-01-01-01-01-01.wav", "Actor_02/03-01-01-01-01-01-02.wav"
    )
    assert [example.attributes["sex"] for example in _read(root).examples] == ["male", "female"]


def test_the_second_copy_of_the_doubled_zip_is_the_same_file(tmp_path: Path) -> None:
    name = "Actor_01/03-01-03-01-01-01-01.wav"
    reading = _read(_files(tmp_path, name, f"audio_speech_actors_01-24/{name}"))
    (item,) = reading.examples
    assert item.clips[0].path == tmp_path / name
    assert item.errata == ("doubled-folder",)
    assert reading.refused == ()


def test_song_is_read_and_no_part_of_the_task(tmp_path: Path) -> None:
    root = _files(
        tmp_path,
        "Actor_01/03-02-03-01-01-01-01.wav",
        "Actor_01/03-01-03-01-01-01-01.wav",
        "Actor_02/03-01-05-01-01-01-02.wav",
    )
    chosen = select(Catalog().task("ravdess-emotion"), _read(root).examples)
    assert [example.id[:5] for example in chosen.examples] == ["03-01", "03-01"]


def test_a_root_one_level_too_high_is_put_right_and_song_is_not_taken_for_it(
    tmp_path: Path,
) -> None:
    _files(
        tmp_path,
        "Audio_Song_Actors_01-24/Actor_01/03-02-03-01-01-01-01.wav",
        "Audio_Speech_Actors_01-24/Actor_01/03-01-03-01-01-01-01.wav",
    )
    card = Catalog().corpus("ravdess").card
    assert locate(card, {"": tmp_path}) == tmp_path / "Audio_Speech_Actors_01-24"


def test_a_name_that_says_nothing_is_refused(tmp_path: Path) -> None:
    root = _files(
        tmp_path, "Actor_01/03-01-09-01-01-01-01.wav", "Actor_01/03-01-03-01-01-01-01.wav"
    )
    assert [refusal.subject for refusal in _read(root).refused] == ["03-01-09-01-01-01-01.wav"]


def test_the_folds_hold_every_actor_once() -> None:
    protocol = Catalog().task("ravdess-emotion").protocol
    assert protocol.kind == "fixed-folds"
    actors = Counter(actor for fold in protocol.folds for actor in fold)
    assert actors == {f"{number:02d}": 1 for number in range(1, 25)}


@pytest.mark.slow
def test_synth_is_read_completely_and_a_stereo_file_among_it(made: Callable[[str], Path]) -> None:
    reading = _read(made("ravdess"))
    chosen = select(Catalog().task("ravdess-emotion"), reading.examples, reading.refused)
    assert (len(chosen.examples), chosen.refused) == (24 * 8 + 1, ())
    folds = splits(chosen, seeds=(0,))
    audit(chosen, folds)
    assert len(folds) == 6
    stereo = made("ravdess") / "Actor_01/03-01-05-02-02-01-01.wav"
    assert header(stereo).channels == 2
