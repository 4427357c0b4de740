"""IEMOCAP's adapter against its inverse, and against the quirks of the release."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paralbench.audio.decoding import header
from paralbench.catalog import Catalog
from paralbench.corpora.fetching import digest
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read
from paralbench.records.errors import UsageError

CORPUS = Catalog().corpus("iemocap")
PER_SPEAKER = {"neu": 9, "ang": 7, "hap": 4, "exc": 6, "sad": 7, "fru": 3, "xxx": 3, "sur": 1}


@pytest.fixture(scope="module")
def synthetic(made: Callable[[str], Path]) -> Path:
    return made("iemocap")


def one_dialog(root: Path, lines: str, dialog: str = "Ses01F_impro01") -> Path:
    folder = root / "Session1" / "dialog" / "EmoEvaluation"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "Session1" / "sentences" / "wav").mkdir(parents=True, exist_ok=True)
    (folder / f"{dialog}.txt").write_text(lines, encoding="utf-8")
    return root


def line(name: str, emotion: str = "ang", vad: str = "[1.5000, 4.0000, 4.5000]") -> str:
    return f"[6.2901 - 8.2357]\t{name}\t{emotion}\t{vad}\n"


@pytest.mark.slow
def test_counts_by_speaker_emotion_and_session(synthetic: Path) -> None:
    reading = read(CORPUS, synthetic)
    assert not reading.refused
    result = Counter((e.groups["speaker"], e.labels["emotion"]) for e in reading.examples)
    speakers = [f"Ses0{number}{sex}" for number in range(1, 6) for sex in "FM"]
    assert result == {(s, e): count for s in speakers for e, count in PER_SPEAKER.items()}
    assert all(e.groups["speaker"][:5] == e.groups["session"] for e in reading.examples)


def test_audio_is_where_the_adapter_says(synthetic: Path) -> None:
    for example in read(CORPUS, synthetic).examples[::25]:
        result = header(example.clips[0].path)
        assert (result.rate, result.channels) == (16000, 1)
        assert 1.1 < result.seconds < 2.5


def test_speaker_is_the_last_field_not_the_first(tmp_path: Path) -> None:
    one_dialog(tmp_path, line("Ses01F_impro01_M000") + line("Ses01F_impro01_F000"))
    male, female = read(CORPUS, tmp_path).examples
    assert (male.groups["speaker"], male.attributes["sex"]) == ("Ses01M", "male")
    assert (female.groups["speaker"], female.attributes["sex"]) == ("Ses01F", "female")


def test_bracket_is_valence_activation_dominance(tmp_path: Path) -> None:
    raters = (
        "C-E1:\tAnger;\t()\nA-E3:\tval 2; act 4; dom  4;\t()\nA-F1:\tval 1; act 5; dom  ;\t()\n"
    )
    (result,) = read(CORPUS, one_dialog(tmp_path, line("Ses01F_impro01_M000") + raters)).examples
    assert result.labels == {"emotion": "ang", "valence": 1.5, "arousal": 4.0, "dominance": 4.5}


def test_bracket_is_the_mean_of_raters_without_self_report(synthetic: Path) -> None:
    file = synthetic / "Session2" / "dialog" / "EmoEvaluation" / "Ses02F_impro01.txt"
    block = file.read_text(encoding="utf-8").split("\n\n")[1].splitlines()
    votes = [
        [int(part.split()[1]) for part in row.split("\t")[1].split(";")[:3]]
        for row in block
        if row.startswith("A-E")
    ]
    labels = {e.id: e.labels for e in read(CORPUS, synthetic).examples}[block[0].split("\t")[1]]
    expected = np.mean(votes, axis=0)
    assert [labels[name] for name in ("valence", "arousal", "dominance")] == list(expected)


def test_suffix_dialogs_stay_separate(tmp_path: Path) -> None:
    for dialog in ("Ses05M_script01_1", "Ses05M_script01_1b"):
        one_dialog(tmp_path, line(f"{dialog}_F003"), dialog)
    plain, suffix = read(CORPUS, tmp_path).examples
    assert (plain.groups["dialog"], suffix.groups["dialog"]) == (
        "Ses05M_script01_1",
        "Ses05M_script01_1b",
    )
    assert suffix.clips[0].path.parent.name == "Ses05M_script01_1b"
    assert suffix.attributes["style"] == "scripted"


def test_apple_double_and_rater_folders_are_skipped(tmp_path: Path) -> None:
    root = one_dialog(tmp_path, line("Ses01F_impro01_M000"))
    folder = root / "Session1" / "dialog" / "EmoEvaluation"
    (folder / "Categorical").mkdir()
    (folder / "Categorical" / "Ses01F_impro01_e1.txt").write_text(
        line("Ses01F_impro01_M009"), encoding="utf-8"
    )
    (folder / "._Ses01F_impro01.txt").write_text(line("Ses01F_impro01_M008"), encoding="utf-8")
    reading = read(CORPUS, root)
    assert [e.id for e in reading.examples] == ["Ses01F_impro01_M000"]
    assert not reading.refused


@pytest.mark.parametrize(
    "broken",
    [
        "[6.29 - 8.23]\tSes01F_impro01_M001\tang\n",
        line("Ses01F_impro01_M001", vad="[1.5, 4.0]"),
        line("Ses01F_impro01_M001", vad="[1..5, 4.0, 2.0]"),
        line("nonsense"),
        line("Ses01F_impro01_"),
        line("Ses01F_impro01_XX0"),
        "[\n",
    ],
)
def test_broken_line_is_refused_with_its_place(tmp_path: Path, broken: str) -> None:
    root = one_dialog(
        tmp_path, "% header\n" + line("Ses01F_impro01_M000") + broken + line("Ses01F_impro01_M002")
    )
    reading = read(CORPUS, root)
    assert [e.id[-4:] for e in reading.examples] == ["M000", "M002"]
    (refusal,) = reading.refused
    assert refusal.where.endswith("Ses01F_impro01.txt:3")


def test_root_is_found_from_above_and_below(synthetic: Path) -> None:
    for inputs in (synthetic, synthetic.parent, synthetic / "Session3"):
        assert locate(CORPUS.card, {"iemocap": inputs}) == synthetic


@pytest.mark.slow
def test_same_seed_same_bytes(synthetic: Path, tmp_path: Path) -> None:
    CORPUS.synthesize(tmp_path / "again", 0)
    assert digest(tmp_path / "again") == digest(synthetic)
    shutil.rmtree(tmp_path / "again")
    CORPUS.synthesize(tmp_path / "again", 4)
    assert digest(tmp_path / "again") != digest(synthetic)


def test_another_seed_never_mixes_into_a_corpus(synthetic: Path) -> None:
    with pytest.raises(UsageError, match="holds another synthetic corpus"):
        CORPUS.synthesize(synthetic, 4)


def test_votes_are_the_raters_choices_without_the_actors_own(tmp_path: Path) -> None:
    lines = (
        line("Ses01F_impro01_M000")
        + "C-E1:\tAnger;\t()\nC-E2:\tNeutral state; Anger;\t()\nC-E4:\tOther;\t(bored)\n"
        + "C-M1:\tExcited;\t()\nA-E3:\tval 1; act 4; dom  4;\t()\n\n"
        + line("Ses01F_impro01_F000")
        + "C-E1:\tExcited;\t()\nC-E2:\t;\t()\n"
    )
    male, female = read(CORPUS, one_dialog(tmp_path, lines)).examples
    assert male.votes == {"emotion": {"ang": 2, "neu": 1, "oth": 1}}
    assert female.votes == {"emotion": {"exc": 1}}
