from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.reading import read
from paralbench.records.errors import ParalbenchError

CORPUS = Catalog().corpus("kespeech")


def _write(root: Path, part: str, **lists: str) -> Path:
    folder = root / "Tasks" / "ASR" / part
    folder.mkdir(parents=True)
    for name, text in lists.items():
        (folder / name.replace("wav_scp", "wav.scp")).write_bytes(text.encode())
    return root


def test_kaldis_lists_with_paths_relative_to_the_root(tmp_path: Path) -> None:
    _write(
        tmp_path, "train_phase2",
        wav_scp="u1 Audio/7/phase2/u1.wav\r\nu2\tAudio/7/phase2/u 2.wav\n",
        utt2spk="u2  7\nu1 7\n", utt2subdialect="u1 Ji-Lu\nu2 Mandarin",
    )  # fmt: skip
    _write(tmp_path, "test", wav_scp="u3 Audio/8/phase1/u3.wav", utt2spk="u3 8", utt2subdialect="")
    by_name = {example.id: example for example in read(CORPUS, tmp_path).examples}
    assert by_name["u1"].clips[0].path == tmp_path / "Audio/7/phase2/u1.wav"
    assert by_name["u2"].clips[0].path == tmp_path / "Audio/7/phase2/u 2.wav"
    assert (by_name["u1"].partition, by_name["u1"].attributes) == ("train", {"phase": "phase2"})
    assert (by_name["u3"].partition, by_name["u3"].attributes) == ("test", {})
    assert [by_name[name].labels.get("dialect") for name in ("u1", "u2", "u3")] == [
        "Ji-Lu", "Mandarin", None,
    ]  # fmt: skip
    assert by_name["u1"].groups == {"speaker": "7"}


def test_what_the_lists_do_not_say_is_refused_by_name(tmp_path: Path) -> None:
    _write(
        tmp_path, "test", wav_scp="u1 a.wav\nu2 b.wav\nu3\nu4 d.wav\n",
        utt2spk="u1 1\nu3 1\nu4 1\n", utt2subdialect="u1 Mandarin\nu4 Elvish\n",
    )  # fmt: skip
    reading = read(CORPUS, tmp_path)
    assert [item.id for item in reading.examples] == ["u1"]
    assert [(item.subject, item.where[-1]) for item in reading.refused] == [
        ("u2", "2"), ("u3", "3"), ("u4", "4"),
    ]  # fmt: skip


def test_a_list_that_is_missing_says_so(tmp_path: Path) -> None:
    _write(tmp_path, "test", wav_scp="u1 a.wav", utt2spk="u1 1")
    with pytest.raises(ParalbenchError, match=r"utt2subdialect is missing"):
        read(CORPUS, tmp_path)


def test_a_folder_without_lists_is_passed_over(tmp_path: Path) -> None:
    _write(tmp_path, "test", wav_scp="u1 a.wav", utt2spk="u1 1", utt2subdialect="u1 Beijing")
    (tmp_path / "Tasks/ASR/.DS_Store").touch()
    (tmp_path / "Tasks/ASR/notes").mkdir()
    assert [example.id for example in read(CORPUS, tmp_path).examples] == ["u1"]
