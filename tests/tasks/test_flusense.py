from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select

CATALOG = Catalog()
CORPUS = CATALOG.corpus("flusense")


def _grid(*intervals: tuple[float, float, str]) -> str:
    output = "".join(f'{start}\n{end}\n"{text}"\n' for start, end, text in intervals)
    head = (
        'File type = "ooTextFile"\n"TextGrid"\n\n0\n9\n<exists>\n1\n"IntervalTier"\n"label"\n0\n9\n'
    )
    return f"{head}{len(intervals)}\n{output}"


def _read(root: Path, grids: dict[str, str], audio: str = "flusense_data") -> Reading:
    for folder in ("flusense_data", audio):
        (root / folder).mkdir(exist_ok=True)
    for name, text in grids.items():
        (root / "flusense_data" / f"{name}.TextGrid").write_text(text, encoding="utf-8")
    return read(CORPUS, root)


def test_labels_are_stripped_and_unlabelled_stretches_passed_over(tmp_path: Path) -> None:
    grid = _grid((0, 1, "cough "), (1, 2, " speech"), (2, 3, "cough\t"), (3, 4, ""), (4, 5, " "))
    examples = _read(tmp_path, {"a": grid}).examples
    assert [item.labels["event"] for item in examples] == ["cough", "speech", "cough"]
    assert [(item.clips[0].start, item.clips[0].end) for item in examples] == [
        (0, 1),
        (1, 2),
        (2, 3),
    ]


def test_a_name_may_begin_with_a_minus_and_stretches_are_of_one_video(tmp_path: Path) -> None:
    grid = _grid((0, 1, "cough"))
    names = ["-abc_0_000-10_000", "-abc_110_000-120_500", "_s_x", "d_e-f", "-We_88_160_000-170_000"]
    examples = _read(tmp_path, dict.fromkeys(names, grid)).examples
    assert {item.groups["recording"]: item.groups["video"] for item in examples} == {
        "-abc_0_000-10_000": "-abc", "-abc_110_000-120_500": "-abc", "_s_x": "_s_x", "d_e-f": "d_e-f",
        "-We_88_160_000-170_000": "-We_88",
    }  # fmt: skip
    clip = {item.id: item for item in examples}["-abc_0_000-10_000@0.000-1.000"].clips[0]
    assert clip.path.name == "-abc_0_000-10_000.wav"


@pytest.mark.parametrize("audio", ["flusense_data", "flusense_audio"])
def test_audio_lies_beside_the_grids_or_in_a_folder_of_its_own(tmp_path: Path, audio: str) -> None:
    (result,) = _read(tmp_path, {"a": _grid((0, 1, "cough"))}, audio).examples
    assert result.clips[0].path == tmp_path / audio / "a.wav"


def test_audio_may_be_in_another_format(tmp_path: Path) -> None:
    (tmp_path / "flusense_data").mkdir()
    (tmp_path / "flusense_data" / "-a.flac").touch()
    (result,) = _read(tmp_path, {"-a": _grid((0, 1, "cough"))}).examples
    assert result.clips[0].path == tmp_path / "flusense_data" / "-a.flac"


def test_unknown_labels_and_damaged_grids_are_refused_by_name(tmp_path: Path) -> None:
    grids = {
        "a": _grid((0, 1, "cough"), (1, 2, "bark")),
        "b": "no grid",
        "c": _grid((0, 1, "cough"))[:-4],
    }
    reading = _read(tmp_path, grids)
    assert [item.id for item in reading.examples] == ["a@0.000-1.000"]
    assert [item.subject for item in reading.refused] == ["a@1.000-2.000", "b", "c"]


def test_what_is_no_symptom_is_everything_else(tmp_path: Path) -> None:
    events = ["cough", "hiccup", "burp", "vomit", "silence", "gasp", "breathe", "etc", "sneeze"]
    grid = _grid(*((n, n + 1, event) for n, event in enumerate(events)))
    chosen = select(CATALOG.task("flusense-influenza"), _read(tmp_path, {"a": grid}).examples)
    assert chosen.class_counts() == {
        "cough": 1, "sneeze": 1, "sniffle": 0, "throat-clearing": 0, "speech": 0, "etc": 7,
    }  # fmt: skip


def test_hidden_files_are_not_grids(tmp_path: Path) -> None:
    reading = _read(tmp_path, {"a": _grid((0, 1, "cough")), "._a": "\0\5\26\7"})
    assert (len(reading.examples), reading.refused) == (1, ())


def test_two_files_of_one_video_stand_in_one_fold(tmp_path: Path) -> None:
    """In the public repository two videos come as a whole and as a stretch of it."""
    grid = _grid((0, 1, "cough"), (1, 2, "speech"))
    names = [f"vid{number:08d}" for number in range(10)]
    names.append("vid00000003_160_000-170_000")
    task = CATALOG.task("flusense-influenza")
    chosen = select(task, _read(tmp_path, dict.fromkeys(names, grid)).examples)
    for split in splits(chosen, [0]):
        tested = {chosen.examples[row].groups["recording"] for row in split.test}
        assert len(tested & {"vid00000003", "vid00000003_160_000-170_000"}) in (0, 2)


def test_rare_labels_count_as_everything_else_and_a_frame_is_the_least(tmp_path: Path) -> None:
    grid = _grid((0, 1, "snore"), (1, 2, "wheeze"), (2, 2.0037, "etc"), (3, 3.033, "cough"))
    reading = _read(tmp_path, {"a": grid})
    chosen = select(CATALOG.task("flusense-influenza"), reading.examples, reading.refused)
    assert chosen.class_counts() | {"etc": 2, "cough": 1} == chosen.class_counts()
    (short,) = reading.refused
    assert (short.subject, short.erratum) == ("a@2.000-2.004", "too-short")
