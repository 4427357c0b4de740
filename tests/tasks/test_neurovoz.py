from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.corpora.facts import release
from paralbench.corpora.reading import read
from paralbench.records.example import Example

CORPUS = Catalog().corpus("neurovoz")


def test_all_recordings_of_a_person_are_one_example(tmp_path: Path) -> None:
    (tmp_path / "audios").mkdir()
    for name in ("PD_A1_0004", "PD_PAN_VINO_0004", "HC_A1_0004", "PD_A1_0040", "A1_0001"):
        (tmp_path / "audios" / f"{name}.wav").touch()
    reading = read(CORPUS, tmp_path)
    assert {example.id: len(example.clips) for example in reading.examples} == {
        "HC_0004": 1, "PD_0004": 2, "PD_0040": 1,
    }  # fmt: skip
    assert [refusal.subject for refusal in reading.refused] == ["A1_0001.wav"]


def test_a_release_is_told_by_its_people() -> None:
    def people(controls: int, patients: int) -> list[Example]:
        groups = ["control"] * controls + ["parkinson"] * patients
        return [Example(str(n), (), {"parkinson": group}) for n, group in enumerate(groups)]

    assert release(CORPUS.card, people(55, 53)) == "1.0.0, 108 people"
    assert release(CORPUS.card, people(58, 54)) == "112 people"
    assert release(CORPUS.card, people(54, 54)) is None
