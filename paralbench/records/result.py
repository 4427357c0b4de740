"""<head>.json: the result of an entry. Its predictions are in the Parquet file of the same name."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from paralbench.records.card import Card, Identifier
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.fidelity import Fidelity
from paralbench.records.interval import Interval
from paralbench.records.model_card import ModelCard
from paralbench.records.profile import Profile
from paralbench.records.subgroup import Subgroup
from paralbench.records.task_card import TaskCard, Transfer

Standing = Literal["ranked", "incomplete", "synthetic", "unverified", "null", "comparison", "local"]


class Score(Card):
    """A metric over all test examples: its mean over seeds, interval and parts.

    ``by_group`` has the same for the examples of one attribute's value ("culture=DE"); None where
    the metric is not defined on them. ``fold_mean`` is the mean of ``by_fold``, for metrics of which
    the task's card asks for it.
    """

    metric: str
    version: int
    value: float
    interval: Interval
    by_seed: dict[str, float]
    by_fold: dict[str, float]
    fold_mean: float | None = None
    by_group: dict[str, float | None] = Field(default_factory=dict)
    chance: float | None = None


class Paired(Card):
    """Two sets of predictions of the same examples compared: ours minus theirs.

    ``effect`` is the difference over its standard deviation between clusters, None where there is
    none; ``detectable`` the smallest difference that these test examples would show at the 5 %
    level in four of five cases.
    """

    metric: str
    version: int
    difference: float
    interval: Interval
    p: float = Field(ge=0, le=1)
    test: str
    seeds: int
    by_seed: list[float] = Field(default_factory=list)
    effect: float | None = None
    detectable: float | None = None


class RaterScore(Card):
    """What raters reach in a metric, with its interval over the same clusters as the scores'."""

    metric: str
    value: float
    interval: Interval


class Annotators(Card):
    """What the raters of the test examples reach, for tasks whose target is their distribution.

    ``floor`` is the cross-entropy of the distributions themselves, their mean entropy: no prediction
    is below. ``held_out`` scores each vote against the others of its example. In cross-entropy the
    others' distribution, with one more vote spread evenly over the classes, predicts the vote; in
    metrics of classes the vote predicts the class that most of the others chose. ``examples`` have two
    votes or more, ``votes`` are those of an example on average.
    """

    examples: int = Field(ge=1)
    votes: float = Field(gt=0)
    floor: RaterScore
    held_out: list[RaterScore]


class Control(Card):
    """The matched plain form of a head, trained beside it on the same folds, steps and seeds."""

    score: Score
    paired: Paired


class Form(Card):
    """The cost of a form of a trained head, in MACs and seconds for the example."""

    name: str
    parameters: int
    macs: int
    latency: float


class Forms(Card):
    """The trained and the deployable form of a head, and the agreement of their outputs.

    ``example`` describes the input of the costs; ``difference`` is the largest difference between
    their outputs on test examples, relative to the largest output; ``changed`` counts predictions
    that are not the same, and is none.
    """

    example: str
    trained: Form
    deployed: Form
    control: Form | None = None
    difference: float
    changed: int


class Compressed(Card):
    """A compressed form of the head: its loss and saving relative to the deployable form.

    ``bytes`` is what is stored of the head, ``share`` of what the deployable form stores; ``latency``
    is in seconds for the example that ``forms`` or ``example`` tells.
    """

    form: str
    score: Score
    paired: Paired
    bytes: int
    share: float
    latency: float
    deployed_latency: float
    example: str


class UnderCondition(Card):
    """The ranking metric on test clips under a condition, which the head was not trained for.

    ``identity`` names the condition and digests what makes its audio; ``paired`` is the score under
    the condition minus the clean one; ``by_sex`` has the same difference for each sex.
    """

    condition: str
    identity: str
    score: Score
    paired: Paired
    by_sex: dict[str, float] = Field(default_factory=dict)


class ProbabilityErrors(Card):
    """Errors of probabilities, means over seeds: Brier score, calibration error, and log-loss in nats."""

    brier: float
    ece: float
    log_loss: float


class ScalingFit(Card):
    """The scaling of one fit: probabilities p become softmax(factor * log p + bias)."""

    fold: int
    seed: int
    factor: float
    bias: list[float]


class Calibrated(Card):
    """The errors after one method of scaling, and what it fitted on each training side."""

    method: Literal["temperature", "platt"]
    errors: ProbabilityErrors
    fits: list[ScalingFit]


class Calibration(Card):
    """Errors of the test probabilities ``before`` and ``after`` scaling.

    A fit is scaled by the out-of-fold outputs of its training side. All other fields of a result are
    of the probabilities as they are before.
    """

    before: ProbabilityErrors
    after: list[Calibrated]


class FoldSummary(Card):
    """How many examples and groups stood on each side of one fold, averaged over nothing."""

    fold: int
    seed: int
    train: int
    develop: int
    test: int


class Leak(Card):
    """How many of the ``tested`` groups of a fold's test examples are in its training too."""

    trained: int = Field(ge=0)
    tested: int = Field(ge=1)


class Audit(Card):
    """The leak audit's scope. A run whose folds share a declared group has no result.

    ``leaks``, of comparison protocols only: by declared kind of group, the fold in which most of the
    tested groups are in training too. ``joined`` counts the names of groups, by kind, that were taken
    as one with another: spelled alike, or sharing a recording. ``repeated`` counts examples that share
    a recording with another one.
    """

    never_cross: list[str]
    controlled: list[str] = Field(default_factory=list)
    unknown: list[str] = Field(default_factory=list)
    crossing: dict[str, int] = Field(default_factory=dict)
    leaks: dict[str, Leak] = Field(default_factory=dict)
    joined: dict[str, int] = Field(default_factory=dict)
    repeated: int = Field(default=0, ge=0)
    folds: list[FoldSummary]


class Consumption(Card):
    """The audio that the encoder used, in seconds and as a fraction of the requested audio."""

    asked: float
    consumed: float
    fraction: float


class RefusedInput(Card):
    """An input that was not scored. ``subject`` is a salted hash unless the corpus is open."""

    subject: str
    reason: str


class Data(Card):
    """Declared and scored examples, and a fingerprint of the data read.

    ``release`` is the corpus's known release that the copy is. ``share`` is the scored share of the
    published examples, for tasks of which no complete copy can be had. ``quality`` counts scored
    examples with a fault: clipped, dead-channel, narrow-band or partly-silent.
    """

    corpus: Identifier
    declared: int | None
    listed: int
    scored: int
    release: str | None = None
    share: float | None = Field(default=None, ge=0, le=1)
    classes: dict[str, int] = Field(default_factory=dict)
    fingerprint: str
    synthetic: bool
    errata: list[str] = Field(default_factory=list)
    refused: list[RefusedInput] = Field(default_factory=list)
    quality: dict[str, int] = Field(default_factory=dict)


class Training(Card):
    """How the head was fitted: settings tried, and those selected on development examples."""

    settings: dict[str, Any]
    tried: list[dict[str, Any]] = Field(default_factory=list)
    chosen: list[dict[str, Any]] = Field(default_factory=list)
    trained_parameters: int


class Model(Card):
    """The encoder as it was run; an entry of several encoders names each under ``streams``.

    ``placement`` is its runtime and precision; ``fidelity`` what admitted it where it is not the
    reference, fp32 in torch.
    """

    id: Identifier
    title: str
    parameters: int
    weights: str
    encoder: str
    policy: dict[str, Any]
    licence: str
    streams: list[Model] = Field(default_factory=list)
    placement: str = "torch-fp32"
    fidelity: Fidelity | None = None


class Cards(Card):
    """The cards of task, corpus and encoders when the entry was run."""

    task: TaskCard
    corpus: CorpusCard
    models: list[ModelCard]


class Provenance(Card):
    """Code, machine and time.

    ``key`` is what decides the scores, by name: digests of cards, weights, data and sources, or words
    where they are short; empty in results made before it was recorded. ``engine`` digests its
    sources.
    """

    paralbench: str
    engine: str
    key: dict[str, str] = Field(default_factory=dict)
    task_card: str
    python: str
    packages: dict[str, str]
    hardware: dict[str, Any]
    created: str
    seconds: dict[str, float]


class Result(Card):
    """An entry (task, model, head) with its scores and their provenance.

    Version 2 has cards, subgroups, profile and what cross-corpus entries were trained on; results of
    version 1 are read as they are. ``target`` is the task card's: label, classes and merges, or a
    series' rate, window and delay. ``conditions_sha256`` is of the predictions under conditions, None in
    results from before they were stored.
    """

    schema_version: Literal[1, 2]
    entry: str
    task: Identifier
    task_version: int
    task_title: str = ""
    task_about: str = ""
    model: Model
    head: Identifier
    standing: Standing
    standing_reason: str = ""
    target: dict[str, Any] = Field(default_factory=dict)
    ranking: str
    scores: list[Score] = Field(min_length=1)
    confusion: list[list[float]] = Field(default_factory=list)
    classes: list[str] = Field(default_factory=list)
    layer_weights: list[float] = Field(default_factory=list)
    seeds: list[int]
    folds: int
    data: Data
    audio: Consumption
    audit: Audit
    training: Training
    provenance: Provenance
    predictions_sha256: str
    control: Control | None = None
    forms: Forms | None = None
    compressed: list[Compressed] = Field(default_factory=list)
    calibration: Calibration | None = None
    transfer: Transfer | None = None
    cards: Cards | None = None
    profile: Profile | None = None
    subgroups: list[Subgroup] = Field(default_factory=list)
    conditions: list[UnderCondition] = Field(default_factory=list)
    conditions_sha256: str | None = None
    annotators: Annotators | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Result:
        if self.ranking not in {score.metric for score in self.scores}:
            raise ValueError(f"it is ranked by '{self.ranking}', which is not among its scores")
        classes = len(self.classes)
        if self.confusion and [len(row) for row in self.confusion] != [classes] * classes:
            raise ValueError("'confusion' needs a row and a column for each of 'classes'")
        return self

    def score(self, metric: str) -> Score:
        """The score of one metric; raises KeyError if it was not reported."""
        for score in self.scores:
            if score.metric == metric:
                return score
        raise KeyError(metric)
