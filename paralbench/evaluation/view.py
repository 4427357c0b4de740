"""A task with the data it is run on: one corpus, or two where one trains and the other is tested."""

from __future__ import annotations

from dataclasses import dataclass

from paralbench.catalog import Corpus
from paralbench.corpora.reading import Reading
from paralbench.records.task_card import TaskCard

NO_NUMBERS = "a record"


@dataclass(frozen=True)
class View:
    """What an entry is about, before model and head.

    ``open`` tells whether refused examples may be called by their names in a result.
    """

    corpus: Corpus
    reading: Reading
    task: TaskCard
    synthetic: bool
    open: bool
