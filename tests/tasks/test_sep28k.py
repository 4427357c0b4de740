from pathlib import Path
from typing import Any

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError

CATALOG = Catalog()
CORPUS = CATALOG.corpus("sep28k")
COLUMNS = ("Show", "EpId", "ClipId", "Start", "Stop", "Unsure", "PoorAudioQuality", "Prolongation",
           "Block", "SoundRep", "WordRep", "DifficultToUnderstand", "Interjection",
           "NoStutteredWords", "NaturalPause", "Music", "NoSpeech")  # fmt: skip


def _row(show: str = "HVSA", episode: str = "010", clip: int = 0, **votes: Any) -> str:
    cells: dict[str, object] = dict.fromkeys(COLUMNS, 0)
    cells |= {"Show": show, "EpId": episode, "ClipId": clip, **votes}
    return ", ".join(str(cells[column]) for column in COLUMNS)


def _read(root: Path, *rows: str, name: str = "SEP-28k_labels.csv") -> Reading:
    (root / name).write_text("\r\n".join([", ".join(COLUMNS), *rows, "", ""]), encoding="utf-8")
    return read(CORPUS, root)


def test_a_blank_follows_each_comma_and_episodes_are_text(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (result,) = _read(tmp_path, _row(Block=3)).examples
    assert result.id == "HVSA_010_0"
    assert result.groups == {"episode": "HVSA/010", "show": "HVSA"}
    assert result.clips[0].path == tmp_path / "clips" / "HVSA" / "010" / "HVSA_010_0.wav"


@pytest.mark.parametrize(
    ("votes", "label"),
    [
        ({"Interjection": 2, "NoStutteredWords": 1}, "stuttered"),
        ({"Block": 2, "NoStutteredWords": 2}, "stuttered"),
        ({"NoStutteredWords": 2, "Prolongation": 1}, "fluent"),
        ({"NoStutteredWords": 1, "WordRep": 1}, None),
        ({"NaturalPause": 3, "Music": 3, "DifficultToUnderstand": 3}, None),
    ],
)
def test_two_of_three_annotators_decide(
    tmp_path: Path, votes: dict[str, Any], label: str | None
) -> None:
    (result,) = _read(tmp_path, _row(**votes)).examples
    assert result.labels.get("fluency") == label


def test_episode_lists_without_a_header_are_no_concern(tmp_path: Path) -> None:
    (tmp_path / "SEP-28k_episodes.csv").write_text("HVSA, Title, http://gone, mp3, HVSA, 010\n")
    assert len(_read(tmp_path, _row(Block=2)).examples) == 1


def test_each_podcast_is_tested_once_and_fluencybank_is_not_among_them(tmp_path: Path) -> None:
    rows = [_row(show, episode, clip, **({"Block": 3} if clip else {"NoStutteredWords": 3}))
            for show in ("A", "B", "C") for episode in ("0", "1") for clip in (0, 1)]  # fmt: skip
    bank = [_row("FluencyBank", "10", 0, NoStutteredWords=3)]
    _read(tmp_path, *rows)
    without = _read(tmp_path, *bank, name="fluencybank_labels.csv").examples
    assert len(without) == 12, "clips of FluencyBank are not demanded where there are none"
    (tmp_path / "clips" / "FluencyBank").mkdir(parents=True)
    examples = read(CORPUS, tmp_path).examples
    assert len(examples) == 13
    chosen = select(CATALOG.task("sep28k-stutter"), examples)
    folds = splits(chosen, [0])
    audit(chosen, folds)
    shows = [{chosen.examples[row].groups["show"] for row in split.test} for split in folds]
    assert shows == [{"A"}, {"B"}, {"C"}]
    assert all(len(split.develop) == 4 for split in folds)


def test_votes_that_are_no_numbers_are_refused_and_columns_are_needed(tmp_path: Path) -> None:
    reading = _read(tmp_path, _row(Block=2), _row(clip=1, Block="x"), _row(clip=2, Block=""))
    assert [refusal.subject for refusal in reading.refused] == ["HVSA_010_1", "HVSA_010_2"]
    (tmp_path / "SEP-28k_labels.csv").write_text("Show, EpId\nA, 1\n")
    with pytest.raises(ParalbenchError, match=r"expected a column 'ClipId', found: Show, EpId"):
        read(CORPUS, tmp_path)


def test_each_dysfluency_is_a_task_of_two_votes_of_three(tmp_path: Path) -> None:
    reading = _read(tmp_path, *(_row(clip=votes, Block=votes) for votes in range(4)))
    chosen = select(CATALOG.task("sep28k-block"), reading.examples)
    assert [chosen.classes[int(target)] for target in chosen.targets] == [
        "absent", "absent", "present", "present",
    ]  # fmt: skip
    for kind in ("prolongation", "soundrep", "wordrep", "interjection"):
        card = CATALOG.task(f"sep28k-{kind}")
        assert (card.metrics.ranking, card.partial, card.target.label) == ("f1", True, kind)
