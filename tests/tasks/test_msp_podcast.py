from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.facts import release
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example

CATALOG = Catalog()
CORPUS = CATALOG.corpus("msp-podcast")
HEADER = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set"


def _write(root: Path, *lines: str, labels: str = "Labels", header: str = HEADER) -> Path:
    file = root / labels / "labels_consensus.csv"
    file.parent.mkdir(parents=True)
    file.write_bytes("\r\n".join([header, *lines, "", ""]).encode("utf-8-sig"))
    return root


def _examples(root: Path) -> dict[str, Example]:
    return {example.id: example for example in read(CORPUS, root).examples}


@pytest.mark.parametrize("nested", [False, True])
def test_folders_may_be_nested_in_themselves(tmp_path: Path, nested: bool) -> None:
    labels, audio = ("Labels/Labels", "Audios/Audios") if nested else ("Labels", "Audios")
    (tmp_path / audio).mkdir(parents=True)
    root = _write(tmp_path, "a.wav,A,5,2,5,7,Female,Train", labels=labels)
    assert _examples(root)["a.wav"].clips[0].path == root / audio / "a.wav"


def test_cells_are_stripped_and_a_bom_is_no_part_of_a_name(tmp_path: Path) -> None:
    root = _write(
        tmp_path,
        " a.wav , H , 5.2, 5.0 ,4, 012 , Female , Test1 ",
        header=HEADER.replace(",", " , "),
    )
    examples = _examples(root)["a.wav"]
    assert examples.labels["emotion"] == "happiness"
    assert examples.groups == {"speaker": "012"}
    assert examples.partition == "Test1"


def test_o_and_x_are_left_out_of_the_tasks(tmp_path: Path) -> None:
    letters = "ASHUFDCNOX"
    root = _write(
        tmp_path,
        *(f"{item}.wav,{item},4,4,4,{place},Male,Train" for place, item in enumerate(letters)),
    )
    eight = select(CATALOG.task("msp-podcast-emotion"), read(CORPUS, root).examples)
    five = select(CATALOG.task("msp-podcast-emotion5"), read(CORPUS, root).examples)
    assert {item.id[0] for item in eight.examples} == set("ASHUFDCN")
    assert {item.id[0] for item in five.examples} == set("ASHDN")


def test_unknown_speakers_leave_every_part_but_in_a_task_of_their_own(tmp_path: Path) -> None:
    parts = ("Train", "Development", "Test1", "Test2", "Test3")
    lines = [
        f"{part}-{who}-{letter}.wav,{letter},4,4,4,{part if who == 'known' else who},,{part}"
        for part in parts
        for who in ("known", "Unknown", "unknown", "")
        for letter in "AN"
    ]
    examples = _examples(_write(tmp_path, *lines))
    chosen = select(CATALOG.task("msp-podcast-emotion"), list(examples.values()))
    (split,) = splits(chosen, [0])
    sides = [{chosen.examples[row].id.rsplit("-", 1)[0] for row in rows}
             for rows in (split.train, split.develop, split.test)]  # fmt: skip
    assert sides == [
        {"Train-known"},
        {"Development-known"},
        {"Test1-known"},
    ]
    assert audit(chosen, [split]).unknown == []
    those_too = select(CATALOG.task("msp-podcast-emotion-unknown"), list(examples.values()))
    (split,) = splits(those_too, [0])
    assert {those_too.examples[row].id.rsplit("-", 1)[0] for row in split.train} == {
        "Train-known", "Train-Unknown", "Train-unknown", "Train-",
    }  # fmt: skip
    assert audit(those_too, [split]).unknown == ["speaker"]
    assert "speaker" not in examples["Train-Unknown-A.wav"].groups
    assert examples["Test2-known-A.wav"].partition == "Test2"
    assert examples["Test3-Unknown-A.wav"].partition == "Test3-unknown"


def test_labels_that_are_withheld_or_strange(tmp_path: Path) -> None:
    root = _write(
        tmp_path,
        "a.wav,,,,,7,Male,Test3",
        "b.wav,Q,4,4,4,7,Male,Train",
        "c.wav,N,4,x,4,7,Male,Train",
    )
    reading = read(CORPUS, root)
    assert reading.examples[0].labels == {}
    assert [(item.subject, item.where.rsplit(":", 1)[1]) for item in reading.refused] == [
        ("b.wav", "3")
    ]
    broken = select(CATALOG.task("msp-podcast-arousal"), reading.examples)
    assert [item.id for item in broken.examples] == ["c.wav"]


def test_releases_up_to_1_8_spell_table_and_partition_otherwise(tmp_path: Path) -> None:
    root = _write(
        tmp_path, "a.wav,A,5,2,5,7,Female,Train", "b.wav,N,5,2,5,8,Female,Validation",
        "c.wav,N,5,2,5,Unknown,Male,Validation", "d.wav,N,5,2,5,9,Male,Test1",
    )  # fmt: skip
    table = root / "Labels" / "labels_consensus.csv"
    table.rename(table.with_name("labels_concensus.csv"))
    assert locate(CORPUS.card, {"msp-podcast": root}) == root
    partitions = {name: item.partition for name, item in _examples(root).items()}
    assert partitions == {
        "a.wav": "Train", "b.wav": "Development", "c.wav": "Development-unknown", "d.wav": "Test1",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("known", [item.id for item in CORPUS.card.releases])
def test_a_release_is_recognised_by_the_rows_of_its_own_table(known: str) -> None:
    """Tables as large as the published ones; a row less, and it is none of them."""
    (counts,) = next(item.counts for item in CORPUS.card.releases if item.id == known)
    sizes = counts.values or {"Train": counts.value or 0}
    examples = [
        Example(f"{split}{number}", (), attributes={"split": split})
        for split, size in sizes.items() for number in range(size)
    ]  # fmt: skip
    assert release(CORPUS.card, examples) == known
    assert release(CORPUS.card, examples[1:]) is None


def _detailed(root: Path, *lines: str) -> Path:
    (root / "Labels" / "labels_detailed.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


@pytest.mark.parametrize("worker", ["Workers", "WorkerID"])
def test_votes_of_releases_with_a_column_for_the_primary_emotion(
    tmp_path: Path, worker: str
) -> None:
    """1.6 and 2.0, as their readers rename the columns."""
    root = _detailed(
        _write(tmp_path, "a.wav,H,5,2,5,7,Female,Train", "b.wav,X,4,4,4,7,Female,Train"),
        f"FileName,{worker},EmoClass_Major,EmoClass_Second,EmoAct,EmoVal,EmoDom",
        'a.wav,WORKER1,Happy,"Happy,Excited",5,5,5',
        "a.wav,WORKER2,Happy,Happy,5,5,5",
        "a.wav,WORKER3,Other-Joking,Other,5,5,5",
        "b.wav,WORKER1,Contempt,Contempt,5,5,5",
    )
    examples = _examples(root)
    assert examples["a.wav"].votes == {"emotion": {"happiness": 2, "other": 1}}
    assert examples["b.wav"].votes == {"emotion": {"contempt": 1}}


def test_details_of_another_form_are_refused_with_their_place(tmp_path: Path) -> None:
    root = _detailed(
        _write(tmp_path, "a.wav,H,5,2,5,7,Female,Train"), "FileName,EmoDetail", "a.wav,Happy"
    )
    with pytest.raises(ParalbenchError, match=r"labels_detailed.csv:2: expected a column EmoClass"):
        read(CORPUS, root)
