"""bundle.json: the description of a screener, after the model items of TRIPOD+AI (2024).

The items covered are in brackets. No field may be left empty: unknown facts are stated as unknown.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, model_validator

from paralbench.records.card import Card, Identifier, Sentence
from paralbench.records.fidelity import Fidelity
from paralbench.records.interval import Interval
from paralbench.records.model_card import Certainty, Policy, Sha256
from paralbench.records.quality_limits import QualityLimits
from paralbench.records.result import Score
from paralbench.records.subgroup import Subgroup

FORMAT: Final = "paralbench-bundle"
VERSION: Final = 1
NOTICE: Final = (
    "Research software, not a medical device. It does not diagnose and replaces no clinician."
)

Share = Field(ge=0, le=1)


class Member(Card):
    """One file of the bundle: its name, size in bytes and sha256."""

    name: str
    size: int = Field(ge=0)
    sha256: Sha256


class CompiledEncoder(Card):
    """The encoder converted to OpenVINO, a faster way than the one that was validated.

    ``member`` holds its network and its weights; ``input`` is what turns a waveform into its input.
    ``fidelity`` compares each admitted placement ("openvino-bf16") with the validated one, on
    recordings that the heads were trained on.
    """

    member: str
    input: dict[str, Any]
    fidelity: dict[str, Fidelity] = Field(min_length=1)


class EncoderReference(Card):
    """The frozen encoder. ``card`` is the member that holds its model card, ``member`` its weights'.

    ``member`` is None where the weights must be installed, or there are none; a folder's other files
    lie beside it. ``identity`` is what features are keyed by: weights, code, policy, precision and
    runtime. The member ``proof`` has a short sound and the screener's output for it; recomputing it
    on opening proves that the encoder is the same.
    """

    model: Identifier
    title: Sentence
    licence: Sentence
    identity: str
    weights: Sha256
    rate: int = Field(ge=4000, le=192_000)
    policy: Policy
    placement: str
    card: str
    proof: str
    member: str | None = None
    compiled: CompiledEncoder | None = None


class HeadReference(Card):
    """The head in its deployable form, folded; ``members`` are its weights, one file a fold or seed.

    ``form`` is the name of that form in the result; ``settings`` are what the head was built with.
    """

    head: Identifier
    form: str
    parameters: int = Field(ge=0)
    settings: dict[str, Any]
    members: list[str] = Field(min_length=1)


class Features(Card):
    """How a recording becomes the head's input; ``decoding`` names the decoding policy.

    ``cutting`` and ``pooling`` are the settings of the engine's own; ``layers`` None for all.
    """

    decoding: str
    layers: list[int] | None = None
    pooling: dict[str, Any] = Field(default_factory=dict)
    cutting: dict[str, Any] = Field(default_factory=dict)


class Outcome(Card):
    """What is predicted [outcome definition, and how it was assessed]. ``positive`` is the class
    whose probability is reported; None for a number, whose ``unit`` is given."""

    kind: Literal["class", "number"]
    label: str
    title: Sentence
    assessed: Sentence
    classes: list[str] = Field(default_factory=list)
    positive: str | None = None
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _reports_class_or_number(self) -> Outcome:
        if self.kind == "class" and (len(self.classes) < 2 or self.positive not in self.classes):
            raise ValueError("a class outcome needs two 'classes' or more, 'positive' among them")
        if self.kind == "number" and (self.classes or self.positive is not None):
            raise ValueError("a number has no 'classes' and no 'positive'")
        return self


class Calibration(Card):
    """From scores to probabilities: a method, its numbers, and on whom they were fitted.

    ``error_before`` and ``error_after`` are its error on development speakers that it was not fitted
    on, as ``error`` names it.
    """

    method: Identifier
    parameters: dict[str, list[float]]
    fitted_on: Sentence
    speakers: int = Field(ge=1)
    error: str
    error_before: float
    error_after: float


class Conformal(Card):
    """Intervals (number) or sets (class) that hold the truth for a share ``level`` of speakers.

    With ``by``, an attribute such as "sex", each value in ``groups`` has quantiles of its own
    (Mondrian); ``quantiles`` are then the widest of all, for people of whom it is not known.
    """

    method: Identifier
    level: float = Field(gt=0, lt=1)
    quantiles: list[float] = Field(min_length=1)
    by: str = ""
    groups: dict[str, list[float]] = Field(default_factory=dict)
    speakers: int = Field(ge=1)
    coverage: float = Share


class Estimate(Card):
    """A share with its interval from validation.

    ``people`` is how many it is of, ``right`` how many of them were classified correctly; None where
    it is not known, or where people have several recordings.
    """

    value: float = Share
    interval: Interval
    people: int | None = Field(default=None, ge=1)
    right: int | None = Field(default=None, ge=0)


class OperatingPoint(Card):
    """From ``threshold`` on the prediction is positive; between ``abstain`` there is none."""

    threshold: float = Share
    sensitivity: Estimate
    specificity: Estimate
    abstain: tuple[float, float] | None = None
    chosen: Sentence

    @model_validator(mode="after")
    def _threshold_within(self) -> OperatingPoint:
        if self.abstain is not None:
            low, high = self.abstain
            if not 0 <= low <= self.threshold <= high <= 1:
                raise ValueError("'abstain' must be two probabilities with 'threshold' between")
        return self


class Range(Card):
    """How far from the validated recordings' embeddings another may lie; ``member`` holds what the
    distance is measured with, ``limit`` the largest that is scored."""

    method: Identifier
    member: str
    limit: float = Field(gt=0)


class Reference(Card):
    """How the validated recordings were spread, so that a batch that differs is noticed.

    ``measures`` has, for measures of ``records.quality`` by name and for "distance", the 5th, 25th,
    50th, 75th and 95th percentile over ``recordings`` that passed the quality gate.
    """

    recordings: int = Field(ge=20)
    measures: dict[str, tuple[float, float, float, float, float]] = Field(min_length=1)

    @model_validator(mode="after")
    def _rising(self) -> Reference:
        for name, quantiles in self.measures.items():
            if list(quantiles) != sorted(quantiles):
                raise ValueError(f"the percentiles of '{name}' must not fall")
        return self


class Population(Card):
    """Whose recordings [source of data, participants, setting, sample size, missing data].

    ``attributes`` counts participants by the values of each attribute ("sex": {"f": 61}).
    """

    corpus: Identifier
    title: Sentence
    licence: Sentence
    setting: Sentence
    eligibility: Sentence
    languages: list[str]
    participants: int = Field(ge=1)
    recordings: int = Field(ge=1)
    prevalence: float | None = Field(default=None, ge=0, le=1)
    attributes: dict[str, dict[str, int]] = Field(default_factory=dict)
    missing: Sentence
    synthetic: bool
    certainty: Certainty


class Validation(Card):
    """How performance was estimated [validation], and on whom where they are others than trained on."""

    protocol: Sentence
    external: bool
    never_cross: list[str] = Field(min_length=1)
    folds: int = Field(ge=1)
    seeds: list[int] = Field(min_length=1)
    population: Population | None = None


class AboveNull(Card):
    """The entry against the best null of its task, a model that cannot know the answer.

    ``difference`` in ``metric`` is positive where the entry is better, with its 95 % interval; ``p``
    is of the paired permutation test over speakers, ``shown`` whether the entry is better by it.
    """

    null: Identifier
    metric: str
    difference: float
    low: float
    high: float
    p: float = Share
    shown: bool


class Performance(Card):
    """Scores with intervals, by subgroup [fairness], and calibration [performance].

    ``slope`` and ``intercept`` are of the logistic calibration line on validation predictions; 1 and
    0 are perfect. None for a number, or where they were not estimated. ``above_null`` is None where
    no null entry was compared.
    """

    scores: list[Score] = Field(min_length=1)
    slope: float | None = None
    intercept: float | None = None
    subgroups: list[Subgroup] = Field(default_factory=list)
    above_null: AboveNull | None = None


class Use(Card):
    """What it is for and what not [intended use, limitations, usability]."""

    intended: Sentence
    users: Sentence
    recording: Sentence
    not_for: list[Sentence] = Field(min_length=1)
    limits: list[Sentence] = Field(min_length=1)
    notice: Literal[
        "Research software, not a medical device. It does not diagnose and replaces no clinician."
    ] = NOTICE


class Origin(Card):
    """What made it [model development, availability]: the result it was built from, code and time."""

    entry: str
    task: Identifier
    task_version: int
    paralbench: str
    created: str
    licence: Sentence
    citation: Sentence
    contact: str = ""


class Recalibration(Card):
    """Which bundle was recalibrated (its sha256), and on what: a report, by the sha256 of its closing."""

    bundle: Sha256
    closing: Sha256
    created: str
    recordings: int = Field(ge=1)
    people: int = Field(ge=1)


class Manifest(Card):
    """bundle.json. ``members`` lists every other file of the bundle, by name."""

    format: Literal["paralbench-bundle"] = FORMAT
    format_version: Literal[1] = VERSION
    id: Identifier
    title: Sentence
    version: int = Field(ge=1)
    encoder: EncoderReference
    features: Features
    head: HeadReference
    outcome: Outcome
    calibration: Calibration | None
    conformal: Conformal | None
    operating_point: OperatingPoint | None
    range: Range | None
    limits: QualityLimits
    population: Population
    validation: Validation
    performance: Performance
    use: Use
    origin: Origin
    reference: Reference | None = None
    recalibration: Recalibration | None = None
    members: list[Member] = Field(default_factory=list)

    @model_validator(mode="after")
    def _each_member_once(self) -> Manifest:
        names = [member.name for member in self.members]
        if names != sorted(set(names)):
            raise ValueError("'members' must be sorted by name, each once")
        return self

    @property
    def named(self) -> list[str]:
        """The members that the manifest refers to."""
        names = [*self.head.members, self.encoder.card, self.encoder.proof]
        if self.encoder.member is not None:
            names.append(self.encoder.member)
        if self.encoder.compiled is not None:
            names.append(self.encoder.compiled.member)
        if self.range is not None:
            names.append(self.range.member)
        return names
