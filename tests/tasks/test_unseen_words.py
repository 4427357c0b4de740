"""Cards that hold the words out: on the examples of the card without, from neither side of a cell."""

from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.reading import read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.task_card import CrossedFolds

SUFFIX = "-unseen-words"
TASKS = [name for name in Catalog().tasks if name.endswith(SUFFIX)]


def test_corpora_with_speakers_and_texts_have_one() -> None:
    corpora = {Catalog().task(name).corpus for name in TASKS}
    assert corpora >= {"crema-d", "ravdess", "emodb", "mesd", "iemocap", "game-voices"}


@pytest.mark.parametrize("name", TASKS)
def test_it_is_the_task_without_in_all_but_the_folds(name: str) -> None:
    crossed, other = Catalog().task(name), Catalog().task(name.removesuffix(SUFFIX))
    for field in ("corpus", "term", "target", "where", "metrics", "examples", "counts"):
        assert getattr(crossed, field) == getattr(other, field)
    assert isinstance(crossed.protocol, CrossedFolds)
    assert "text" in crossed.protocol.by


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_a_cell_is_tested_on_unseen_groups(made: Callable[[str], Path], name: str) -> None:
    task = Catalog().task(name)
    reading = read(Catalog().corpus(task.corpus), made(task.corpus))
    selection = select(task, reading.examples, reading.refused)
    folds = splits(selection, seeds=(0,))
    tested = sorted(row for split in folds for row in split.test)
    assert tested == list(range(len(selection.examples)))
    for split in folds:
        for kind in task.protocol.never_cross:
            seen = {selection.examples[row].group(kind) for row in [*split.train, *split.develop]}
            assert seen.isdisjoint(selection.examples[row].group(kind) for row in split.test)
    assert not set(audit(selection, folds).crossing) & set(task.protocol.never_cross)
