from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.audio.decoding import header
from paralbench.catalog import Catalog
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import Refused


def _read(root: Path) -> Reading:
    return read(Catalog().corpus("crema-d"), root)


def _files(root: Path, *names: str) -> Path:
    (root / "AudioWAV").mkdir()
    for name in names:
        (root / "AudioWAV" / f"{name}.wav").touch()
    return root


def test_the_name_says_who_what_and_how(tmp_path: Path) -> None:
    (item,) = _read(_files(tmp_path, "1001_IEO_ANG_HI")).examples
    assert item.labels == {"emotion": "ANG"}
    assert item.groups == {"speaker": "1001", "text": "IEO"}
    assert item.attributes["level"] == "HI"


def test_the_silent_file_is_left_out_by_its_erratum(tmp_path: Path) -> None:
    reading = _read(_files(tmp_path, "1076_MTI_SAD_XX", "1076_MTI_ANG_XX"))
    assert [item.id for item in reading.examples] == ["1076_MTI_ANG_XX"]
    assert [(item.subject, item.erratum) for item in reading.refused] == [
        ("1076_MTI_SAD_XX", "silent-file")
    ]


def test_the_name_with_one_x_is_read_as_the_file_it_is(tmp_path: Path) -> None:
    (item,) = _read(_files(tmp_path, "1040_ITH_SAD_X")).examples
    assert (item.id, item.errata) == ("1040_ITH_SAD_XX", ("one-x-name",))


def test_files_whose_video_is_broken_are_read(tmp_path: Path) -> None:
    reading = _read(_files(tmp_path, "1064_TIE_SAD_XX", "1064_IEO_DIS_MD"))
    assert (len(reading.examples), reading.refused) == (2, ())


def test_another_file_with_one_x_is_refused(tmp_path: Path) -> None:
    reading = _read(_files(tmp_path, "1001_ITH_SAD_X", "1001_ITH_SAD_XX"))
    assert [refusal.subject for refusal in reading.refused] == ["1001_ITH_SAD_X.wav"]


def test_what_listeners_heard_and_ties_are_no_label(tmp_path: Path) -> None:
    root = _files(tmp_path, "1001_DFA_ANG_XX", "1001_DFA_SAD_XX", "1001_DFA_HAP_XX")
    (root / "processedResults").mkdir()
    (root / "processedResults/summaryTable.csv").write_text(
        '"","FileName","VoiceVote","VoiceLevel"\n"1","1001_DFA_ANG_XX","N","60"\n'
        '"2","1001_DFA_SAD_XX","A:D","50:50"\n"3","1001_DFA_HAP_XX","H","70"\n'
    )
    chosen = select(Catalog().task("crema-d-perceived"), _read(root).examples)
    assert {example.id: example.labels["perceived"] for example in chosen.examples} == {
        "1001_DFA_ANG_XX": "NEU",
        "1001_DFA_HAP_XX": "HAP",
    }


def test_sex_and_age_come_from_the_demographics(tmp_path: Path) -> None:
    root = _files(tmp_path, "1001_DFA_ANG_XX")
    (root / "VideoDemographics.csv").write_text(
        "ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,Caucasian,Not Hispanic\n"
    )
    (item,) = _read(root).examples
    assert (item.attributes["sex"], item.attributes["age"]) == ("male", "51")


@pytest.mark.slow
def test_synth_is_read_and_its_pointer_is_no_audio(made: Callable[[str], Path]) -> None:
    reading = _read(made("crema-d"))
    chosen = select(Catalog().task("crema-d-emotion"), reading.examples, reading.refused)
    audit(chosen, splits(chosen, seeds=(0,)))
    assert len(chosen.examples) == 10 * 3 * 6 - 1 + 1  # less the silent file, with the pointer
    by_name = {example.id: example for example in chosen.examples}
    assert by_name["1040_ITH_SAD_XX"].errata == ("one-x-name",)
    with pytest.raises(Refused, match="Git-LFS pointer"):
        header(by_name["1091_TSI_ANG_XX"].clips[0].path)
