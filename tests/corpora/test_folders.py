from pathlib import Path

from paralbench.corpora.folders import nested, visible


def test_what_operating_systems_leave_is_not_seen(tmp_path: Path) -> None:
    for name in ("b/2.wav", "a/1.wav", "a/._1.wav", "__MACOSX/a/1.wav", ".DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = visible(tmp_path, "**/*.wav")
    assert [file.relative_to(tmp_path).as_posix() for file in files] == ["a/1.wav", "b/2.wav"]


def test_a_folder_inside_one_of_its_own_name(tmp_path: Path) -> None:
    assert nested(tmp_path, "Audios/Audios", "Audios") == tmp_path / "Audios"
    (tmp_path / "Audios/Audios").mkdir(parents=True)
    assert nested(tmp_path, "Audios/Audios", "Audios") == tmp_path / "Audios/Audios"
