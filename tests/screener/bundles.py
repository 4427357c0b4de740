"""A small bundle that is made up: its manifest and members."""

from __future__ import annotations

import numpy as np
from safetensors.numpy import save

from paralbench.records.bundle import (
    EncoderReference,
    Features,
    HeadReference,
    Manifest,
    Origin,
    Outcome,
    Performance,
    Population,
    Use,
    Validation,
)  # fmt: skip
from paralbench.records.interval import Interval
from paralbench.records.model_card import Policy
from paralbench.records.quality_limits import QualityLimits
from paralbench.records.result import Score


def members() -> dict[str, bytes]:
    """A head of two tensors and a table."""
    rng = np.random.default_rng(0)
    weights = {
        "weight": rng.normal(size=(2, 8)).astype(np.float32),
        "bias": np.zeros(2, np.float32),
    }
    return {
        "head/0.safetensors": save(weights),
        "encoder/model.json": b"{}\n",
        "proof.safetensors": save({"sound": np.zeros(8, np.float32)}),
        "range.json": b'{"mean": [0.5, 1.5]}\n',
    }


def manifest() -> Manifest:
    """What the bundle says of itself; its members are filled in by ``write``."""
    interval = Interval(low=0.6, high=0.8, level=0.95, method="clustered-bootstrap", clusters=20)
    population = Population(
        corpus="lab", title="A lab", licence="own", setting="Made up.", eligibility="Anyone.",
        languages=["en"], participants=20, recordings=40, prevalence=0.5,
        attributes={"sex": {"f": 10, "m": 10}}, missing="None.", synthetic=True,
        certainty="computed",
    )  # fmt: skip
    return Manifest(
        id="lab-mood",
        title="Mood in a lab – größer",
        version=1,
        encoder=EncoderReference(
            model="log-mel", title="Log-mel", licence="MIT", identity="abc", weights="0" * 64,
            rate=16000, policy=Policy(), placement="torch-fp32",
            card="encoder/model.json", proof="proof.safetensors",
        ),
        features=Features(decoding="mono-mean/soxr-hq/1", pooling={"how": "mean"}),
        head=HeadReference(
            head="mlp", form="folded", parameters=18, settings={"hidden": 8},
            members=["head/0.safetensors"],
        ),
        outcome=Outcome(
            kind="class", label="mood", title="Low mood", assessed="A questionnaire.",
            classes=["high", "low"], positive="low",
        ),
        calibration=None, conformal=None, operating_point=None, range=None,
        limits=QualityLimits(),
        population=population,
        validation=Validation(
            protocol="Five folds of speakers.", external=False, never_cross=["speaker"], folds=5,
            seeds=[0, 1],
        ),
        performance=Performance(
            scores=[Score(metric="uar", version=1, value=0.7, interval=interval,
                          by_seed={"0": 0.7}, by_fold={})]
        ),
        use=Use(
            intended="None: a test.", users="Nobody.", recording="Any.", not_for=["Patients."],
            limits=["It is made up."],
        ),
        origin=Origin(
            entry="0" * 16, task="lab-mood", task_version=1, paralbench="0.1.0",
            created="2026-01-01T00:00:00Z", licence="MIT", citation="None.",
        ),
    )  # fmt: skip
