from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.corpora.reading import read

CORPUS = Catalog().corpus("androids")
FOLDS = "Read" + "," * 7 + "Interview" + "," * 4 + "\nfold1,fold2,fold3,fold4,fold5\n'01_CF56_1',\n"


def _corpus(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    (root / "fold-list.csv").write_text(FOLDS, encoding="utf-8")
    return root


def test_turns_of_an_interview_are_in_their_order(tmp_path: Path) -> None:
    folder = "Interview-Task/audio_clip/01_PM60_X/01_PM60_X"
    root = _corpus(tmp_path, *(f"{folder}_{turn}.wav" for turn in (10, 2, 1)))
    (example,) = read(CORPUS, root).examples
    assert [clip.path.stem for clip in example.clips] == [f"01_PM60_X_{n}" for n in (1, 2, 10)]


def test_one_number_is_two_people_and_the_folds_are_found_without_the_folder_audio(
    tmp_path: Path,
) -> None:
    root = _corpus(
        tmp_path, "Reading-Task/HC/01_CF56_1.wav", "Reading-Task/PT/01_PM30_2.wav",
        "Reading-Task/PT/odd.wav", "Interview-Task/audio/HC/01_CF56_1.wav",
    )  # fmt: skip
    reading = read(CORPUS, root)
    assert [example.groups for example in reading.examples] == [
        {"speaker": "01_C", "fold": "1"}, {"speaker": "01_P"},
    ]  # fmt: skip
    assert [refusal.subject for refusal in reading.refused] == ["reading/odd.wav"]
