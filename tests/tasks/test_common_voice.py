from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.facts import release
from paralbench.corpora.reading import read
from paralbench.evaluation.benchmark import Done
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example

CATALOG = Catalog()
CORPUS = CATALOG.corpus("common-voice")
HEADER = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\t{}\tlocale\tsegment\n"


def _corpus(root: Path, accents: str, *train: str) -> Path:
    for part in ("train", "dev", "test"):
        text = HEADER.format(accents) + ("".join(train) if part == "train" else "")
        (root / f"{part}.tsv").write_text(text, encoding="utf-8")
    return root


def _row(number: int, age: str, sex: str, accent: str) -> str:
    return f"c{number}\tx{number}.mp3\tone\t2\t0\t{age}\t{sex}\t{accent}\ten\t\n"


def test_old_and_new_spellings_are_the_same_classes(tmp_path: Path) -> None:
    root = _corpus(
        tmp_path, "accents", _row(1, "fourties", "male", "us"),
        _row(2, "eighties", "male_masculine", "United States English"),
        _row(3, "seventies", "female", "england"),
        _row(4, "forties", "female_feminine", "England English"),
        _row(5, "", "non-binary", "United States English|England English"),
    )  # fmt: skip
    examples = read(CORPUS, root).examples
    for task, counts in (
        ("common-voice-sex", [2, 2]),
        ("common-voice-age", [0, 0, 0, 2, 0, 0, 2]),
        ("common-voice-accent", [2, 2, 0, 0, 0, 0]),
    ):
        assert list(select(CATALOG.task(task), examples).class_counts().values()) == counts


def test_quotation_marks_are_letters_and_a_row_with_too_many_cells_is_refused(
    tmp_path: Path,
) -> None:
    odd = 'c1\tx1\t"He said\t2\t0\tteens\tmale\t\ten\t\n'
    root = _corpus(tmp_path, "accent", odd, _row(2, "teens", "male", "us"), "a\t" * 12 + "b\n")
    reading = read(CORPUS, root)
    assert [(example.id, example.clips[0].path.name) for example in reading.examples] == [
        ("x1", "x1.mp3"), ("x2", "x2.mp3"),
    ]  # fmt: skip
    assert [refusal.reason for refusal in reading.refused] == [
        "expected 10 cells between tabs, got 13"
    ]


def test_a_table_without_the_speakers_age_says_which_column_it_expects(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("client_id\tpath\tsentence\n", encoding="utf-8")
    with pytest.raises(ParalbenchError, match="expected a column 'age'"):
        read(CORPUS, tmp_path)


@pytest.mark.slow
def test_a_release_is_known_by_the_sizes_of_its_parts() -> None:
    (four,) = (known for known in CORPUS.card.releases if known.id == "4")
    sizes = four.counts[0].values
    examples = [
        Example(f"{part}{number}", (), partition=part)
        for part, size in sizes.items()
        for number in range(size)
    ]
    assert release(CORPUS.card, examples) == "4"
    assert release(CORPUS.card, examples[1:]) is None


@pytest.mark.slow
def test_every_task_runs_from_synth_to_a_result(scored: Callable[[str], list[Done]]) -> None:
    done = {item.result.task: item for item in scored("common-voice")}
    assert all(item.refused == () for item in done.values())
    assert {item.result.standing for item in done.values()} == {"synthetic"}
    assert done["common-voice-sex"].result.score("uar").value > 0.8
