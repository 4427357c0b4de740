"""Local, federated and pooled training compared on one machine, with speakers dealt to sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.evaluation.folds import balanced
from paralbench.evaluation.inputs import Inputs
from paralbench.evaluation.predicting import predictions
from paralbench.evaluation.selection import Selection
from paralbench.federation import averaging, exact_head
from paralbench.federation.bunches import bunches
from paralbench.federation.messages import Message
from paralbench.federation.site_data import site_rows
from paralbench.federation.site_rows import SiteRows
from paralbench.heads import linear_probe
from paralbench.heads.deployable import Layout, State
from paralbench.heads.head import Fitted, Head, PooledStream, Problem, Split
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Paired, Score
from paralbench.records.task_card import Metrics
from paralbench.results.scores import difference, scores

NO_NUMBERS = "it compares ways to train, and writes no result"

LOCAL, FEDERATED, POOLED = "local", "federated", "pooled"


@dataclass(frozen=True)
class Trial:
    """What a trial showed.

    Args:
        sites: speakers and examples of each site.
        scores: of each way to train, by the task's ranking metric.
        paired: federated minus local, and pooled minus federated.
        difference: the largest between an output of the federated and of the pooled head.
        rounds: requests of the longest training.
        sent: bytes that a site sent in it, at most.
    """

    sites: dict[str, tuple[int, int]]
    scores: dict[str, Score]
    paired: dict[str, Paired]
    difference: float
    rounds: int
    sent: int


def tried(
    inputs: Inputs, head: Head, settings: Any, layout: Layout, sites: NDArray[np.str_],
    bunch_size: int = 1,
) -> Trial:  # fmt: skip
    """Train in all three ways on every fold of a task, and predict its test examples.

    Args:
        inputs: features and folds; development rows are trained on.
        head: the linear probe, or an mlp.
        settings: of the head.
        layout: of its records.
        sites: [examples], the site of each.
        bunch_size: speakers in the smallest sum.
    """
    (stream,) = inputs.streams
    assert isinstance(stream, PooledStream)
    problem = inputs.problem
    averaging.check(head.name, settings, problem.classes)
    fitted: dict[str, list[Fitted]] = {LOCAL: [], FEDERATED: [], POOLED: []}
    rounds = sent = 0
    for split in inputs.splits:
        train = np.union1d(split.train, split.develop)
        names = np.unique(sites[train])
        members = [train[sites[train] == name] for name in names]
        for name, rows in zip(names, members, strict=True):
            test = split.test[sites[split.test] == name]
            if len(test):
                here = Split(split.fold, split.seed, rows, rows[:0], test)
                fitted[LOCAL] += head.fit([stream], problem, [here], settings).fitted
        pooled = Split(split.fold, split.seed, train, train[:0], split.test)
        exchange = _Exchange.of(stream, problem, members, bunch_size, head, settings)
        bunched = np.full(len(problem.targets), -1, np.int64)
        bunched[np.concatenate(members)] = exchange.bunches
        joined = Problem(problem.kind, problem.targets, problem.classes, groups=bunched)
        fitted[POOLED] += head.fit([stream], joined, [pooled], settings).fitted
        state = exchange.trained(problem.classes, split.seed)
        form = head.deployable(state, settings, layout)
        outputs = np.stack([
            form.outputs([values.reshape(len(values), 2, -1)])[0]
            for values in stream.values[split.test]
        ])  # fmt: skip
        fitted[FEDERATED].append(Fitted(pooled, outputs.astype(np.float32), {}, state))
        rounds, sent = max(rounds, exchange.rounds), max(sent, exchange.sent)
    tables = {way: predictions(inputs.selection, fits) for way, fits in fitted.items()}
    task = inputs.selection.task
    ranking = Metrics(ranking=task.metrics.ranking, report=[task.metrics.ranking])
    away = max(
        float(np.abs(ours.outputs - theirs.outputs).max())
        for ours, theirs in zip(fitted[FEDERATED], fitted[POOLED], strict=True)
    )
    return Trial(
        sites={str(name): _size(inputs.selection, sites == name) for name in np.unique(sites)},
        scores={way: scores(ranking, table)[0] for way, table in tables.items()},
        paired={
            f"{ours} - {theirs}": difference(ranking.ranking, tables[ours], tables[theirs])
            for ours, theirs in ((FEDERATED, LOCAL), (POOLED, FEDERATED))
        },
        difference=away,
        rounds=rounds,
        sent=sent,
    )


def dealt(selection: Selection, count: int) -> NDArray[np.str_]:
    """Speakers dealt to so many sites of about the same size and classes, [examples]."""
    groups = selection.group(selection.task.protocol.cluster)
    number = balanced(groups, selection.targets, len(selection.classes), count)
    return np.array([f"site {place + 1}" for place in number])


def by_attribute(selection: Selection, name: str) -> NDArray[np.str_]:
    """The site of each example, by a group or an attribute such as site, session or language.

    Raises:
        ParalbenchError: where fewer than two have one, or a speaker is at two sites.
    """
    sites = selection.attribute(name)
    if len(np.unique(sites)) < 2:
        raise ParalbenchError(f"'{name}' has one value in this task; sites need two or more.")
    speakers = selection.group(selection.task.protocol.cluster).numbers
    for speaker in np.unique(speakers):
        if len(np.unique(sites[speakers == speaker])) > 1:
            raise ParalbenchError(f"a speaker is at two sites by '{name}'; a speaker has one site.")
    return sites


class _Exchange:
    """All sites in one process, counting what they exchange."""

    def __init__(self, sites: Sequence[SiteRows], head: Head, settings: Any) -> None:
        self._sites, self._head, self._settings = sites, head, settings
        self.rounds = self.sent = 0

    @classmethod
    def of(
        cls, stream: PooledStream, problem: Problem, members: Sequence[NDArray[np.int64]], size: int,
        head: Head, settings: Any,
    ) -> _Exchange:  # fmt: skip
        """Sites of these rows."""
        assert problem.groups is not None
        sites = [
            site_rows(
                place, stream, problem, rows,
                bunches(problem.groups[rows], problem.targets[rows], problem.classes, size),
                head, settings,
            )
            for place, rows in enumerate(members)
        ]  # fmt: skip
        return cls(sites, head, settings)

    @property
    def bunches(self) -> NDArray[np.int64]:
        """The bunches of all sites' rows, one site's after another's."""
        ends = np.cumsum([0, *(int(site.bunch.max()) + 1 for site in self._sites)])
        return np.concatenate(
            [start + site.bunch for start, site in zip(ends, self._sites, strict=False)]
        )

    def ask(self, request: Message) -> list[Message]:
        """Every site's answer."""
        answers: list[Message] = [site.answer(request) for site in self._sites]
        self.rounds += 1
        self.sent += max(sum(values.nbytes for values in answer.values()) for answer in answers)
        return answers

    def trained(self, classes: int, seed: int) -> State:
        """The federated head's state."""
        if self._head.name != "linear-probe":
            averaged = averaging.fit(
                self.ask, linear_probe.Settings(), classes, seed + 1, with_parts=False
            )
            return averaged.states[seed]
        head = exact_head.fit(self.ask, classes, self._settings)
        return exact_head.state_of(head.weights, head.bias)


def _size(selection: Selection, rows: NDArray[np.bool_]) -> tuple[int, int]:
    speakers = selection.group(selection.task.protocol.cluster).numbers[rows]
    return len(np.unique(speakers)), int(rows.sum())
