from collections import defaultdict
from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.corpora.reading import read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select

CATALOG = Catalog()
CORPUS = CATALOG.corpus("accentdb")


def _write(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_numbers_of_speakers_start_afresh_in_each_accent(tmp_path: Path) -> None:
    root = _write(tmp_path, "bangla/speaker_01/a.wav", "telugu/speaker_01/a.wav")
    examples = read(CORPUS, root).examples
    assert [item.labels["accent"] for item in examples] == ["bangla", "telugu"]
    assert [item.groups["speaker"] for item in examples] == [
        "bangla/speaker_01",
        "telugu/speaker_01",
    ]
    assert len({item.id for item in examples}) == 2


def test_files_in_no_speakers_folder_have_no_speaker(tmp_path: Path) -> None:
    root = _write(tmp_path, "bangla/a.wav", "telugu/speaker_01/a.wav")
    examples = read(CORPUS, root).examples
    assert [item.groups for item in examples] == [{}, {"speaker": "telugu/speaker_01"}]


def test_unknown_accents_are_refused_and_hidden_files_passed_over(tmp_path: Path) -> None:
    root = _write(tmp_path, "bangla/speaker_01/a.wav", "bangla/speaker_01/._a.wav",
                  "bangla/speaker_01/__MACOSX/._a.wav", "klingon/speaker_01/a.wav",
                  "bangla/.DS_Store")  # fmt: skip
    reading = read(CORPUS, root)
    assert [item.id for item in reading.examples] == ["bangla/speaker_01/a.wav"]
    assert ["klingon" in item.reason for item in reading.refused] == [True]


def test_speakers_stay_separate_and_an_accent_of_two_is_learnt_from_the_other(
    tmp_path: Path,
) -> None:
    speakers = {"american": 4, "bangla": 2, "odiya": 2, "telugu": 3, "welsh": 1}
    names = [f"{accent}/speaker_{n:02d}/{file}.wav" for accent, people in speakers.items()
             for n in range(people) for file in range(5)]  # fmt: skip
    chosen = select(
        CATALOG.task("accentdb-accent"), read(CORPUS, _write(tmp_path, *names)).examples
    )
    folds = splits(chosen, [0])
    audit(chosen, folds)
    trained: dict[str, list[bool]] = defaultdict(list)
    for split in folds:
        known = {chosen.examples[row].labels["accent"] for row in split.train}
        for accent in {str(chosen.examples[row].labels["accent"]) for row in split.test}:
            trained[accent].append(accent in known)
    assert trained.pop("welsh") == [False]
    assert all(all(learnt) for learnt in trained.values())
    assert set(trained) == {"american", "bangla", "odiya", "telugu"}
