"""<task>.toml: the label, examples, folds and metrics of a task."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from paralbench.records.card import Card, Identifier, Sentence


class ClassTarget(Card):
    """One of several classes. ``merge`` maps a label of the corpus onto a class of the task.

    Labels that are neither a class nor merged into one are left out of the task. An empty list
    of classes means that the data declare them (only for a lab's own manifest). ``cuts`` makes
    classes of a number: below the first cut is the first class, from the last cut on the last.
    Where a metric needs a positive class (sensitivity), it is the last.
    """

    kind: Literal["class"]
    label: str
    classes: list[str] = Field(default_factory=list)
    merge: dict[str, str] = Field(default_factory=dict)
    cuts: list[float] = Field(default_factory=list)

    @model_validator(mode="after")
    def _merged_into_known(self) -> ClassTarget:
        unknown = sorted(set(self.merge.values()) - set(self.classes))
        if self.classes and unknown:
            raise ValueError(
                f"merge names classes that the task does not have: {', '.join(unknown)}"
            )
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("a class is listed twice")
        if len(self.classes) == 1:
            raise ValueError("a class task needs two classes or more")
        if self.cuts and (len(self.cuts) != len(self.classes) - 1 or self.merge):
            raise ValueError("'cuts' need one class more than cuts, and no 'merge'")
        if self.cuts != sorted(set(self.cuts)):
            raise ValueError("'cuts' must rise")
        return self


class DistributionTarget(Card):
    """How the raters' choices are distributed over classes.

    ``label`` names the votes, ``merge`` maps a choice onto a class. Choices that are neither a class
    nor merged into one are left out, and an example without any other is not of the task. The class of
    an example is the one with most votes, of several the first of ``classes``.
    """

    kind: Literal["distribution"]
    label: str
    classes: list[str] = Field(min_length=2)
    merge: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _of_its_classes(self) -> DistributionTarget:
        unknown = sorted(set(self.merge.values()) - set(self.classes))
        if unknown:
            raise ValueError(
                f"merge names classes that the task does not have: {', '.join(unknown)}"
            )
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("a class is listed twice")
        return self


class NumberTarget(Card):
    """A number, in the corpus's own unit."""

    kind: Literal["number"]
    label: str
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _a_span(self) -> NumberTarget:
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError("'minimum' must be below 'maximum'")
        return self


class SeriesTarget(Card):
    """A value at a fixed rate, ``rate`` a second.

    ``delay`` is how many seconds the annotators lag behind: training labels are shifted to the
    front by it, and predictions shifted back before they are scored. ``window`` is the seconds
    around a step that a head uses.
    """

    kind: Literal["series"]
    label: str
    rate: float = Field(gt=0)
    delay: float = Field(default=0.0, ge=0)
    window: float = Field(default=4.0, gt=0)


Target = Annotated[
    ClassTarget | DistributionTarget | NumberTarget | SeriesTarget, Field(discriminator="kind")
]


class Development(Card):
    """How development examples are taken from a fold's training examples.

    Groups of ``by`` are taken until ``share`` of the training examples is reached, or
    ``count`` groups. The selection depends on the seed.

    Or ``within`` alone: examples that share this group with the test fold and are therefore unfit
    for training (the other speaker of the held-out session).
    """

    by: str | None = None
    share: float | None = Field(default=None, gt=0, lt=1)
    count: int | None = Field(default=None, ge=1)
    within: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Development:
        if (self.by is None) == (self.within is None):
            raise ValueError("give either 'by' or 'within'")
        if self.within is not None and (self.share is not None or self.count is not None):
            raise ValueError("'within' takes all that shares the group; no 'share', no 'count'")
        if self.by is not None and (self.share is None) == (self.count is None):
            raise ValueError("give either 'share' or 'count'")
        return self


class ProtocolCommon(Card):
    """``never_cross``: groups that folds must not share. ``cluster``: the unit that intervals resample.

    ``controlled`` lists groups that all examples share by design, so that they cannot tell the
    classes apart (one and the same speaker in both languages). ``comparison`` names the publication
    whose folds these are, where they let groups cross: the audit counts those groups instead of
    ending the run, and the result is never ranked. ``instead`` is then the task with folds of ours.
    """

    never_cross: list[str] = Field(min_length=1)
    cluster: str
    controlled: list[str] = Field(default_factory=list)
    comparison: str = ""
    instead: str = ""
    development: Development | None = None

    @model_validator(mode="after")
    def _within_may_cross(self) -> ProtocolCommon:
        within = self.development.within if self.development else None
        if within in self.never_cross:
            raise ValueError(
                f"development within '{within}' shares it with the test fold, "
                "so 'never_cross' cannot list it"
            )
        return self


class LeaveOneGroupOut(ProtocolCommon):
    """Every group of ``by`` is the test fold once."""

    kind: Literal["leave-one-group-out"]
    by: str


class GroupFolds(ProtocolCommon):
    """``folds`` folds of groups of ``by``, balanced by class and size, always the same."""

    kind: Literal["group-folds"]
    by: str
    folds: int = Field(ge=2, le=100)


class FixedFolds(ProtocolCommon):
    """Explicit folds: each list holds the groups of ``by`` that one fold tests."""

    kind: Literal["fixed-folds"]
    by: str
    folds: list[list[str]] = Field(min_length=2)


CrossedCount = Annotated[int, Field(ge=2, le=20)]


class Partitions(ProtocolCommon):
    """The official split: partitions for training, development and test."""

    kind: Literal["partitions"]
    train: list[str] = Field(min_length=1)
    develop: list[str] = Field(default_factory=list)
    test: list[str] = Field(min_length=1)


class CrossedFolds(ProtocolCommon):
    """Folds of groups of two kinds, crossed: each pair of folds is a test cell.

    ``by`` names the kinds (speaker and text), ``folds`` the number of folds of each. A cell is
    predicted by a head that was trained on neither its groups of the first kind nor those of the
    second. Development examples have groups of ``development.by`` apart from training, and share
    those of the other kind with it.
    """

    kind: Literal["crossed-folds"]
    by: tuple[str, str]
    folds: tuple[CrossedCount, CrossedCount]

    @model_validator(mode="after")
    def _kept_apart(self) -> CrossedFolds:
        if self.by[0] == self.by[1]:
            raise ValueError("'by' must name two kinds of groups")
        if not set(self.by) <= set(self.never_cross):
            raise ValueError("'never_cross' must list both kinds of 'by'")
        if self.development is not None and self.development.by not in self.by:
            raise ValueError("development must be by one of the two kinds of 'by'")
        return self

    @property
    def inner(self) -> str:
        """The kind of group that keeps training and development apart."""
        return self.development.by if self.development and self.development.by else self.by[0]


Protocol = Annotated[
    LeaveOneGroupOut | GroupFolds | FixedFolds | CrossedFolds | Partitions,
    Field(discriminator="kind"),
]


class Metrics(Card):
    """``ranking`` is the metric entries are ordered by; ``report`` lists all that are computed.

    ``by`` names attributes (or groups) for whose values each metric is also computed; sex, age band,
    language and site always are, if the corpus has them. ``smallest`` is the number of examples that
    such a subgroup needs for a score. ``over_folds`` names those of which the mean over folds, as some
    publications report it, is recorded beside the score over all test examples.
    """

    ranking: str
    report: list[str] = Field(min_length=1)
    by: list[str] = Field(default_factory=list)
    smallest: int = Field(default=10, ge=2)
    over_folds: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _ranking_reported(self) -> Metrics:
        if self.ranking not in self.report:
            raise ValueError("'ranking' must be one of 'report'")
        if not set(self.over_folds) <= set(self.report):
            raise ValueError("'over_folds' must be some of 'report'")
        return self


class Transfer(Card):
    """A head trained on one task and tested on another, over the classes of a label set.

    ``mapping`` has both tasks' classes and what they are in the set.
    """

    labels: Identifier
    trained: Identifier
    tested: Identifier
    mapping: dict[Identifier, dict[str, str]]


class Published(Card):
    """Published scores, and whether this task's scores can be set beside them.

    ``how`` says what is the same and what is not, ``source`` where they were published.
    """

    comparable: bool
    how: Sentence
    source: Sentence


class TaskCard(Card):
    """A task: one label of one corpus under one protocol.

    ``term`` says how long the characteristic lasts, not how long a recording is: short is a state
    (emotion, sentiment), medium a condition of days to months (depression, an infection), long a trait
    or a lasting disease (age, sex, accent, dementia).

    ``examples`` and, for classes, ``counts`` are those of the published corpus: without them, and
    without a known release of the corpus, a result is not ranked. ``tested`` and ``tested_counts`` are
    the same of the test side of an official split. ``partial``: no complete copy can
    be had any more; results are ranked among copies of like completeness. ``transfer`` is set on
    cards derived from two, never in a file.
    """

    id: Identifier
    version: int = Field(ge=1)
    corpus: Identifier
    title: Sentence
    about: Sentence
    term: Literal["short", "medium", "long"]
    target: Target
    where: dict[str, list[str]] = Field(default_factory=dict)
    protocol: Protocol
    metrics: Metrics
    examples: int | None = Field(default=None, ge=1)
    counts: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    tested: int | None = Field(default=None, ge=1)
    tested_counts: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    partial: bool = False
    published: list[Published] = Field(default_factory=list)
    transfer: Transfer | None = None

    @model_validator(mode="after")
    def _id_begins_with_corpus(self) -> TaskCard:
        if self.id != self.corpus and not self.id.startswith(
            (f"{self.corpus}-", f"{self.corpus}.")
        ):
            raise ValueError(f"the id must be '{self.corpus}' or begin with '{self.corpus}-'")
        return self

    @model_validator(mode="after")
    def _counts_of_its_classes(self) -> TaskCard:
        target = self.target
        classes = target.classes if isinstance(target, ClassTarget | DistributionTarget) else []
        for name, counts, total, all_of in (
            ("counts", self.counts, self.examples, "examples"),
            ("tested_counts", self.tested_counts, self.tested, "tested"),
        ):
            if not counts:
                continue
            if set(counts) != set(classes):
                raise ValueError(f"'{name}' needs every class of the target, and no other")
            if sum(counts.values()) != total:
                raise ValueError(f"'{name}' add up to {sum(counts.values())}, not to '{all_of}'")
        if self.tested is not None and not isinstance(self.protocol, Partitions):
            raise ValueError("'tested' is for an official split; other folds test every example")
        return self
