"""Tasks: what is recognised on which data, under which protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from paralbench.api.models import catalogue
from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.records.task_card import TaskCard

NO_NUMBERS = "it finds tasks, which are in the key"


@dataclass(frozen=True)
class Task:
    """A task on data. Made by :func:`get_task`.

    Attributes:
        card: its card: label, classes, protocol (folds), metrics.
        data: the folder of its corpus, or the CSV of a manifest.
        catalog: where it was found.
    """

    card: TaskCard
    data: Path
    catalog: Catalog

    @property
    def id(self) -> str:
        """Its name in results."""
        return self.card.id

    def __repr__(self) -> str:
        return f"<Task {self.id}: {self.card.title}, {self.card.metrics.ranking.upper()}>"


def get_task(
    name: str, data: Path | str | None = None, *, catalog: Sequence[Path | str] = ()
) -> Task:
    """A task of the catalogue on data of this machine.

    Args:
        name: its id (``paralbench list tasks``), for example ``"iemocap-emotion"``, or ``"manifest"``
            for a CSV or a folder of your own.
        data: the corpus's folder; by default where the configuration, PARALBENCH_DATA or
            ``paralbench fetch`` has it.
        catalog: folders with tasks of your own, besides those of PARALBENCH_CATALOG.

    Raises:
        UsageError: for an unknown task.
        ParalbenchError: where the data are not found, or are another corpus.

    Example:
        >>> import paralbench as pb
        >>> pb.get_task("manifest", data=".").card.metrics.ranking
        'uar'
    """
    tasks = catalogue(tuple(Path(folder).expanduser() for folder in catalog))
    card = tasks.task(name)
    folders = {} if data is None else {card.corpus: Path(data).expanduser()}
    return Task(card, locate(tasks.corpus(card.corpus).card, folders), tasks)
