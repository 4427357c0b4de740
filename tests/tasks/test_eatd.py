from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.catalog import Catalog
from paralbench.corpora.reading import read
from paralbench.evaluation.selection import select

CORPUS = Catalog().corpus("eatd")
QUESTIONS = ("positive", "neutral", "negative")


def _volunteer(folder: Path, index: str, empty: tuple[str, ...] = ()) -> None:
    folder.mkdir(parents=True)
    (folder / "new_label.txt").write_text(index, encoding="utf-8")
    for question in QUESTIONS:
        samples = np.zeros(0 if question in empty else 800, np.float32)
        soundfile.write(folder / f"{question}_out.wav", samples, 16000, subtype="PCM_16")


@pytest.mark.parametrize(
    "folders", [("t_3", "v_3"), ("train/3", "validation/3"), ("Data/3", "ValidationData/3")]
)
def test_every_known_layout_gives_the_same_two_people(
    tmp_path: Path, folders: tuple[str, str]
) -> None:
    for folder in folders:
        _volunteer(tmp_path / folder, "60")
    examples = read(CORPUS, tmp_path).examples
    expected = [("train/3", "train"), ("validation/3", "validation")]
    assert [(example.id, example.partition) for example in examples] == expected


def test_the_cut_is_at_53_of_the_index_and_empty_answers_are_left_out(tmp_path: Path) -> None:
    _volunteer(tmp_path / "t_1", "52.5\n")
    _volunteer(tmp_path / "t_2", "53.0", empty=("neutral",))
    _volunteer(tmp_path / "v_1", "70", empty=QUESTIONS)
    _volunteer(tmp_path / "v_2", "unknown")
    reading = read(CORPUS, tmp_path)
    selection = select(Catalog().task("eatd-depression"), reading.examples)
    assert selection.class_counts() == {"not-depressed": 1, "depressed": 1}
    names = [[clip.path.stem for clip in example.clips] for example in selection.examples]
    assert names == [[f"{q}_out" for q in QUESTIONS], ["positive_out", "negative_out"]]
    assert [(refusal.subject, refusal.reason) for refusal in reading.refused] == [
        ("validation/1", "all three answers are empty"),
        ("validation/2", "its new_label.txt says 'unknown', expected a number"),
    ]
