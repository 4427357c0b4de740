"""Comparison tasks run on folds that leak, say how much, and never rank."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.reading import read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.benchmark import Done
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import Selection, select
from paralbench.records.errors import ParalbenchError
from paralbench.records.task_card import TaskCard

CATALOG = Catalog()
COMPARISONS = {
    task.id: task for task in CATALOG.tasks.values() if task.protocol.comparison
}  # fmt: skip


def _selection(made: Callable[[str], Path], task: TaskCard) -> Selection:
    reading = read(CATALOG.corpus(task.corpus), made(task.corpus))
    return select(task, reading.examples, reading.refused)


def test_each_names_its_publication_and_a_task_that_may_be_ranked() -> None:
    assert {
        "emodb-emotion-emobox", "crema-d-emotion-emobox", "mesd-emotion-emobox",
        "accentdb-accent-random", "mustard-sarcasm-dependent", "iemocap-emotion-random-dev",
        "meld-emotion-official",
    } == set(COMPARISONS)  # fmt: skip
    for task in COMPARISONS.values():
        instead = CATALOG.task(task.protocol.instead)
        assert instead.corpus == task.corpus
        assert not instead.protocol.comparison
        assert task.about.lstrip().startswith("For comparison")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMPARISONS))
def test_the_leak_is_counted_and_no_file_is_on_two_sides(
    made: Callable[[str], Path], name: str
) -> None:
    selection = _selection(made, COMPARISONS[name])
    folds = splits(selection, [0])
    leaks = audit(selection, folds).leaks
    assert set(leaks) <= set(selection.task.protocol.never_cross)
    leaked = any(leak.trained for leak in leaks.values())
    assert leaked == (name != "iemocap-emotion-random-dev")  # whose test session stays unheard
    tested = np.concatenate([split.test for split in folds])
    assert len(set(tested.tolist())) == len(tested)


def test_without_the_lists_nothing_runs(made: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "wav").symlink_to(made("emodb") / "wav")
    reading = read(CATALOG.corpus("emodb"), tmp_path)
    selection = select(COMPARISONS["emodb-emotion-emobox"], reading.examples)
    with pytest.raises(ParalbenchError, match="no fold tests emobox-fold"):
        splits(selection, [0])


@pytest.mark.slow
def test_a_comparison_runs_to_a_result_without_a_rank(scored: Callable[[str], list[Done]]) -> None:
    results = {item.result.task: item.result for item in scored("emodb")}
    result = results["emodb-emotion-emobox"]
    assert (result.standing, result.data.synthetic) == ("comparison", True)
    leak = result.audit.leaks["speaker"]
    assert (leak.trained, leak.tested) == (10, 10)
    assert results["emodb-emotion"].audit.leaks == {}
