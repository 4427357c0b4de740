"""Folds that a user chooses for own recordings, in place of the task card's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import UsageError
from paralbench.records.task_card import (
    CrossedFolds,
    Development,
    GroupFolds,
    LeaveOneGroupOut,
    TaskCard,
)

NO_NUMBERS = "it changes the task's card, which is part of the key"


@dataclass(frozen=True)
class OwnProtocol:
    """What replaces the card's protocol; None and () leave a part as the card has it.

    Args:
        folds: how many; "loso" leaves one group of ``by`` out at a time; "crossed" crosses folds of
            speakers with folds of texts, so that a test cell has neither in its training examples.
        groups: the groups that never stand on two sides of a split.
        by: the group that is dealt to folds as a whole.
    """

    folds: int | Literal["loso", "crossed"] | None = None
    groups: tuple[str, ...] = ()
    by: str | None = None

    @classmethod
    def recorded(cls, task: TaskCard) -> OwnProtocol | None:
        """What a result's card was run with; None for protocols that cannot be chosen."""
        protocol = task.protocol
        if isinstance(protocol, GroupFolds):
            return cls(protocol.folds, tuple(protocol.never_cross), protocol.by)
        if isinstance(protocol, LeaveOneGroupOut):
            return cls("loso", tuple(protocol.never_cross), protocol.by)
        if isinstance(protocol, CrossedFolds):
            return cls("crossed")
        return None

    def applied(self, task: TaskCard, corpus: CorpusCard) -> TaskCard:
        """The card with this protocol.

        Raises:
            UsageError: for a task whose protocol is part of its definition.
        """
        card = task.protocol
        if corpus.access != "own" or not isinstance(card, GroupFolds | LeaveOneGroupOut):
            raise UsageError(
                f"task '{task.id}': its folds are part of the task; --folds, --groups and --by are "
                "for your own recordings (task manifest)."
            )
        if self.folds == "crossed":
            return task.model_copy(update={"protocol": self._crossed(task.id)})
        by = self.by or (self.groups[0] if self.groups else card.by)
        groups = list(self.groups or card.never_cross)
        if by not in groups:
            groups.insert(0, by)
        common = {
            "by": by,
            "never_cross": groups,
            "cluster": card.cluster if card.cluster in groups else by,
            "controlled": card.controlled,
            "development": card.development if by == card.by else Development(by=by, share=0.2),
        }
        folds = self.folds or (card.folds if isinstance(card, GroupFolds) else "loso")
        protocol = (
            LeaveOneGroupOut.model_validate({"kind": "leave-one-group-out", **common})
            if folds == "loso"
            else GroupFolds.model_validate({"kind": "group-folds", "folds": folds, **common})
        )
        return task.model_copy(update={"protocol": protocol})

    def _crossed(self, task: str) -> CrossedFolds:
        if self.groups or self.by is not None:
            raise UsageError(
                f"task '{task}': --folds crossed divides neither speakers nor texts; leave out "
                "--groups and --by."
            )
        return CrossedFolds(
            kind="crossed-folds",
            by=("speaker", "text"),
            folds=(5, 3),
            never_cross=["speaker", "text"],
            cluster="speaker",
            development=Development(by="speaker", share=0.2),
        )
