"""The view of a task: its card and its data, of one corpus or of two (train and test)."""

from __future__ import annotations

from dataclasses import dataclass

from paralbench.catalog import Corpus
from paralbench.corpora.reading import Reading
from paralbench.records.task_card import TaskCard

NO_NUMBERS = "a record"


@dataclass(frozen=True)
class View:
    """The data of an entry; ``open`` if results may contain the names of refused examples."""

    corpus: Corpus
    reading: Reading
    task: TaskCard
    synthetic: bool
    open: bool
