"""The view of a task: its card and its data, of one corpus or of two (train and test)."""

from __future__ import annotations

from dataclasses import dataclass

from paralbench.catalog import Corpus
from paralbench.corpora.reading import Reading
from paralbench.records.task_card import TaskCard

NO_NUMBERS = "a record"


@dataclass(frozen=True)
class View:
    """The data of an entry.

    Args:
        corpus: the corpus, of a crossed entry that of the test.
        reading: its examples.
        task: the task's card.
        synthetic: whether the corpus was made by ``paralbench synth``.
        open: whether results may contain the names of refused examples.
        release: the known release that the copy is, if any.
    """

    corpus: Corpus
    reading: Reading
    task: TaskCard
    synthetic: bool
    open: bool
    release: str | None = None
