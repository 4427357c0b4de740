"""The costs of an entry: parameters, MACs, latency, memory, size and energy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from paralbench.records.card import Card

_NUMBER = r"[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,2})?"
_NUMBERS = rf"^({_NUMBER}( {_NUMBER})*)?$"
"""Numbers on one line."""

PartName = Literal["encoder", "head-trained", "head-deployed", "entry"]


class Timing(Card):
    """Seconds to process a single clip.

    ``p95`` and ``p99`` are None where fewer than 20 and 100 samples were taken. ``microseconds`` holds
    the raw samples in the order in which they were taken, as one line, to keep result files short.
    """

    p50: float = Field(gt=0)
    p95: float | None = None
    p99: float | None = None
    microseconds: str = Field(pattern=_NUMBERS)

    @property
    def samples(self) -> list[float]:
        """The raw samples in seconds."""
        return [float(sample) / 1e6 for sample in self.microseconds.split()]


class Cost(Card):
    """What one part costs on one clip of ``seconds``.

    ``macs`` are multiply-accumulates, None where nothing counts them. ``memory`` is how many bytes
    the part needed above what the process held before it began, None where that was not measured.
    ``energy`` in joules, of the whole processor package or GPU.
    """

    seconds: float = Field(gt=0)
    macs: int | None = None
    latency: Timing
    memory: int | None = None
    energy: float | None = None

    @property
    def macs_per_second(self) -> float | None:
        """MACs a second of audio."""
        return None if self.macs is None else self.macs / self.seconds

    @property
    def real_time_factor(self) -> float:
        """Median seconds of computing a second of audio."""
        return self.latency.p50 / self.seconds


class Growth(Card):
    """Exponents of cost over clip length, fitted by least squares in logarithms; 1 is linear.

    None where fewer than three lengths were measured, or where the memory needed is too little to tell.
    """

    latency: float | None = None
    memory: float | None = None
    lengths: list[float] = Field(default_factory=list)


class Part(Card):
    """The encoder, a form of the head, or the whole entry.

    ``frozen`` and ``trained`` count parameters; ``size`` is in bytes on disk. ``uncounted`` says why
    there are no MACs, ``counted`` how they were counted. ``not_measured`` has a reason by clip length.
    """

    frozen: int = Field(ge=0)
    trained: int = Field(ge=0)
    size: int = Field(ge=0)
    counted: str = ""
    uncounted: str = ""
    costs: list[Cost] = Field(default_factory=list)
    not_measured: dict[str, str] = Field(default_factory=dict)
    growth: Growth = Growth()

    def at(self, seconds: float) -> Cost | None:
        """The cost at one clip length; None where it was not measured."""
        return next((cost for cost in self.costs if cost.seconds == seconds), None)


class Peak(Card):
    """Memory at one clip length: of each part as in :class:`Cost`, and of all.

    ``whole`` is the process's largest resident set while it processed the clip;
    ``gpu`` the same of CUDA's allocator. ``elapsed`` is what the one pass took, a first guess only.
    """

    seconds: float
    parts: dict[str, int]
    whole: int
    gpu: int | None = None
    elapsed: float


class Memory(Card):
    """Resident set of a fresh process, in bytes.

    ``baseline`` is held once Python, torch and this package are there; ``loading`` is the peak while
    weights are read; ``loaded`` is held afterwards. ``peaks`` include all of these.
    """

    how: str
    baseline: int
    loading: int
    loaded: int
    peaks: list[Peak]
    not_measured: dict[str, str] = Field(default_factory=dict)

    def at(self, seconds: float) -> Peak | None:
        """At one clip length; None where it was not measured."""
        return next((peak for peak in self.peaks if peak.seconds == seconds), None)


class Throughput(Card):
    """Seconds of audio processed a second, at best; ``tried`` by batch size."""

    seconds: float
    best: float = Field(gt=0)
    at_once: int = Field(ge=1)
    tried: dict[str, float]

    @property
    def real_time_factor(self) -> float:
        """Seconds of computing a second of audio."""
        return 1 / self.best


class Noise(Card):
    """Whether other load disturbed the measurement, and the evidence.

    ``spread`` is the 90th over the 10th percentile of a fixed computation repeated in between;
    ``waiting`` the share of measured time that the process did not compute; ``stolen`` the share of
    the machine's time that its host took, ``others`` that other processes computed; ``load`` the load
    average before.
    """

    verdict: Literal["quiet", "noisy"]
    reasons: list[str] = Field(default_factory=list)
    spread: float
    waiting: float
    stolen: float | None = None
    others: float | None = None
    load: float | None = None
    calibration_microseconds: str = Field(pattern=_NUMBERS)


class Reference(Card):
    """A reference entry measured beside this one, in turn, in the same process."""

    name: str
    size: int
    costs: list[Cost]
    memory: Memory
    not_measured: dict[str, str] = Field(default_factory=dict)


class Ratios(Card):
    """This entry's costs over a reference's on clips of ``seconds``; None where one has none or is 0.

    ``latency`` is the median over turns of the ratio of their medians within a turn.
    """

    reference: str
    seconds: float
    macs: float | None = Field(default=None, gt=0)
    latency: float | None = Field(default=None, gt=0)
    memory: float | None = Field(default=None, gt=0)
    size: float | None = Field(default=None, gt=0)


class TrainingCost(Card):
    """What fitting the head took in the run: seconds on the clock for all fits, and how many."""

    seconds: float
    fits: int
    trained_parameters: int


class Machine(Card):
    """Where it was measured. Costs compare within one ``hardware_class`` only."""

    hardware_class: str
    device: str
    threads: int
    governor: str
    instructions: list[str]
    packages: dict[str, str]


class Profile(Card):
    """The cost of one entry: its parts on reference clips, absolute and beside the references'.

    ``method`` is the version of how it is measured. ``energy`` names the counter, or says that it is
    unavailable and why. ``key`` identifies an unchanged entry on an unchanged machine.
    """

    method: int
    key: str
    created: str
    budget: float
    elapsed: float
    machine: Machine
    noise: Noise
    parts: dict[PartName, Part]
    memory: Memory
    throughput: Throughput | None = None
    references: list[Reference]
    ratios: list[Ratios]
    energy: str
    training: TrainingCost | None = None

    def against(self, reference: str, seconds: float = 10.0) -> Ratios | None:
        """The ratios to one reference at one clip length."""
        key = (reference, seconds)
        return next((r for r in self.ratios if (r.reference, r.seconds) == key), None)
