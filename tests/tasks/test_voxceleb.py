import time
from pathlib import Path

import numpy as np
import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read
from paralbench.corpora.verifying import verify
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example
from paralbench.synthetic.corpus import write_wav

CATALOG = Catalog()
CORPUS = CATALOG.corpus("voxceleb")
VOX1 = "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\n"
VOX2 = "Name ,VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set \n"


def _write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def _examples(root: Path) -> dict[str, Example]:
    return {example.id: example for example in read(CORPUS, root).examples}


def test_tabs_in_the_first_metadata_and_padding_in_the_second(tmp_path: Path) -> None:
    root = _write(tmp_path, {
        "vox1_meta.csv": VOX1 + "id10001\tA_B\tm\tIreland\tdev\n",
        "vox2_meta.csv": VOX2 + "A_B ,id00012 ,n000012 ,f ,test \n",
        "wav/id10001/-vid/00001.wav": "", "aac/id00012/vid/00002.m4a": "",
    })  # fmt: skip
    examples = _examples(root)
    assert examples["id10001/-vid/00001"].attributes == {
        "release": "voxceleb1", "sex": "male", "set": "dev", "nationality": "Ireland",
        "unit": "utterance",
    }  # fmt: skip
    second = examples["id00012/vid/00002"]
    assert (second.labels, second.attributes["set"]) == ({"sex": "female"}, "test")
    assert second.clips[0].path == root / "aac/id00012/vid/00002.m4a"
    chosen = select(CATALOG.task("voxceleb-gender"), [*examples.values(), *_twin(examples)])
    assert {example.attributes["release"] for example in chosen.examples} == {"voxceleb1"}


def _twin(found: dict[str, Example]) -> list[Example]:
    """A woman beside the man, as a class task needs two classes."""
    man = found["id10001/-vid/00001"]
    return [Example("twin", man.clips, {"sex": "female"}, {"speaker": "twin"}, man.attributes)]


def test_ages_bring_a_split_of_their_own(tmp_path: Path) -> None:
    root = _write(tmp_path, {
        "vox1_meta.csv": VOX1 + "id10001\tA\tm\tIreland\ttest\nid10002\tB\tf\tIreland\tdev\n",
        "wav/id10001/v/00001.wav": "", "wav/id10002/v/00001.wav": "", "wav/id10002/v/00002.wav": "",
        "utt2age.train": "id10001/v/00001 70\n", "utt2age.test": "id10002/v/00001 33\r\n",
    })  # fmt: skip
    examples = _examples(root)
    record = {name: (item.labels.get("age"), item.partition) for name, item in examples.items()}
    assert record == {
        "id10001/v/00001": (70.0, "train"),
        "id10002/v/00001": (33.0, "test"),
        "id10002/v/00002": (None, None),
    }
    chosen = select(CATALOG.task("voxceleb-age"), list(examples.values()))
    assert chosen.targets.tolist() == [70.0, 33.0]


def test_a_listed_utterance_without_a_file_is_an_example_that_will_be_missed(
    tmp_path: Path,
) -> None:
    root = _write(tmp_path, {
        "vox1_meta.csv": VOX1 + "id10001\tA\tm\tIreland\tdev\n",
        "age_voxceleb/utt2age.test": "id10001/v/00009 70\nid00042/v/00001 20\n"
        "id10001/v/00001 old\nid10001/v/00009 71\n",
    })  # fmt: skip
    reading = read(CORPUS, root)
    assert [item.id for item in reading.examples] == ["id10001/v/00009", "id00042/v/00001"]
    assert reading.examples[0].labels["age"] == 70.0
    assert [item.labels.get("sex") for item in reading.examples] == ["male", None]
    assert [item.subject for item in reading.refused] == ["id10001/v/00001 old", "id10001/v/00009"]


def test_speakers_whom_nobody_names_and_hidden_files(tmp_path: Path) -> None:
    root = _write(tmp_path, {
        "vox1_meta.csv": VOX1 + "id10001\tA\tm\tIreland\tdev\n",
        "dev/wav/id10001/v/00001.wav": "", "dev/wav/id10001/v/._00001.wav": "",
        "dev/wav/id10001/.DS_Store": "", "dev/wav/id10001/notes.txt": "", "dev/wav/id99999/v/00001.wav": "",
    })  # fmt: skip
    reading = read(CORPUS, root)
    assert [item.id for item in reading.examples] == ["id10001/v/00001"]
    assert [item.subject for item in reading.refused] == ["id99999"]


def test_metadata_that_are_missing_or_wrong_say_so(tmp_path: Path) -> None:
    with pytest.raises(ParalbenchError, match=r"expected vox1_meta\.csv or vox2_meta\.csv"):
        read(CORPUS, tmp_path)
    _write(tmp_path, {"vox1_meta.csv": VOX1 + "id10001\tA\t?\tIreland\tdev\n"})
    with pytest.raises(ParalbenchError, match=r"vox1_meta\.csv:2: Gender is '\?'"):
        read(CORPUS, tmp_path)


@pytest.mark.slow
def test_listing_takes_seconds_for_a_hundred_thousand(tmp_path: Path) -> None:
    count = 20_000
    ages = "".join(f"id10001/v{n // 100}/{n:05d} 40\n" for n in range(count))
    root = _write(
        tmp_path, {"vox1_meta.csv": VOX1 + "id10001\tA\tm\t\tdev\n", "utt2age.train": ages}
    )
    begun = time.perf_counter()
    assert len(read(CORPUS, root).examples) == count
    assert time.perf_counter() - begun < 3.0


def test_the_releases_lie_under_roots_of_their_own_beside_each_other(tmp_path: Path) -> None:
    """As lhotse's recipe unpacks them: each release with its metadata."""
    _write(tmp_path, {
        "VoxCeleb1/vox1_meta.csv": VOX1 + "id10001\tA\tm\tIreland\tdev\n",
        "VoxCeleb1/dev/wav/id10001/v/00001.wav": "",
        "VoxCeleb2/vox2_meta.csv": "Name \tVoxCeleb2 ID \tVGGFace2 ID \tGender \tSet \n"
        "B \tid00012 \tn000012 \tf \tdev \n",
        "VoxCeleb2/dev/aac/id00012/v/00001.m4a": "",
    })  # fmt: skip
    both = {"id10001/v/00001": "voxceleb1", "id00012/v/00001": "voxceleb2"}
    for place in (tmp_path, tmp_path / "VoxCeleb1", tmp_path / "VoxCeleb2"):
        examples = _examples(locate(CORPUS.card, {"voxceleb": place}))
        assert {name: item.attributes["release"] for name, item in examples.items()} == both


def test_without_voxceleb_2_the_copy_is_not_complete(tmp_path: Path) -> None:
    _write(tmp_path, {"vox1_meta.csv": VOX1 + "id10001\tA\tm\tIreland\tdev\n"})
    write_wav(tmp_path / "wav" / "id10001" / "v" / "00001.wav", np.zeros(1600, np.float32))
    state = verify(CORPUS, tmp_path, read(CORPUS, tmp_path))
    assert state.verdict == "counts differ"
    assert ("release voxceleb2, unit utterance", 0) in {
        (item.what, item.found) for item in state.differences
    }


def test_lists_of_one_video_for_ages_and_of_people_for_sexes(tmp_path: Path) -> None:
    root = _write(tmp_path, {
        "vox2_meta.csv": VOX2 + "A ,id00012 ,n1 ,f ,dev \nB ,id00015 ,n2 ,m ,dev \n",
        "aac/id00012/v1/00001.m4a": "", "aac/id00012/v1/00002.m4a": "", "aac/id00012/v2/00007.m4a": "",
        "aac/id00015/w/00001.m4a": "",
        "dataset/age-train.txt": "speaker_age,birth_year,Name,VoxCeleb_ID,video_id\n"
        "26.0,1987.0,A,id00012,v1\n",
        "dataset/age-test.txt": "speaker_age,birth_year,Name,VoxCeleb_ID,video_id\n"
        "31.0,1987.0,B,id00015,gone\n",
        "dataset/gender-train_set.txt": '["id00012"]', "dataset/gender-test_set.txt": '["id00015"]',
    })  # fmt: skip
    examples = _examples(root)
    assert [len(examples[name].clips) for name in ("id00012/v1", "id00015/gone")] == [2, 1]
    chosen = select(CATALOG.task("voxceleb-age-hechmi"), list(examples.values()))
    assert [(item.id, item.partition) for item in chosen.examples] == [
        ("id00012/v1", "age-train"), ("id00015/gone", "age-test"),
    ]  # fmt: skip
    sexes = select(CATALOG.task("voxceleb-gender-hechmi"), list(examples.values()))
    assert [(item.id, len(item.clips), item.partition) for item in sexes.examples] == [
        ("id00012", 2, "sex-train"), ("id00015", 1, "sex-test"),
    ]  # fmt: skip
