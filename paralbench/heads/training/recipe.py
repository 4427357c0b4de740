"""How a network is trained: the settings that all of them share. A head adds its own below it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from paralbench.audio.cutting import Cutting
from paralbench.features.precision import Precision
from paralbench.features.spec import FeatureSpec
from paralbench.heads import layer_choice
from paralbench.records.card import Card


class Recipe(Card):
    """Training settings; a head's own defaults are in ``recipes/<head>.toml``.

    Attributes:
        optimiser: with step size ``rate``, weight decay ``decay`` and, for SGD, ``momentum``.
        layer_rate: step size of the layer weights, which have to go further than others.
        schedule: of the step size after ``warmup`` (a share of all steps): constant, or a half
            cosine down to zero.
        epochs: at most so many; ends after ``patience`` epochs without a lower development loss,
            and keeps the best. A fit without development rows runs ``epochs_blind`` epochs.
        batch: examples a step; ``frames``: at most so many padded frames a step (0: no limit).
        clip: largest gradient norm, 0 for none.
        loss: "auto" is cross-entropy for classes and 1 - CCC for numbers and series; "ordinal" is
            cross-entropy with targets that spread to neighbouring classes; "mse" for numbers.
        class_weights: of cross-entropy. ``smoothing``: of its targets (or their spread).
        precision: "bf16" computes products in bfloat16, where the processor has it.
        layers: "learned" (softmax-weighted sum), "last", or the number of one layer.
        frame_rate: frames are averaged to so many a second before they are stored; 0 keeps the
            encoder's own.
        storage: precision in which frames are stored.
        standardise: features by mean and deviation over the training examples' frames.
        cutting: how a recording that comes as one long clip is cut into utterances.
        compress: forms of the deployable head that are tried after training and reported beside it.
        search: values to try, by setting; all combinations, or ``budget`` of them drawn at random.
            What has the lowest development loss is kept, fold by fold; all of it is recorded.
    """

    optimiser: Literal["adam", "adamw", "sgd", "rmsprop"] = "adamw"
    rate: float = Field(default=1e-3, gt=0)
    decay: float = Field(default=1e-2, ge=0)
    layer_rate: float = Field(default=1e-2, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    schedule: Literal["constant", "cosine"] = "cosine"
    warmup: float = Field(default=0.0, ge=0, lt=1)
    epochs: int = Field(default=50, ge=1)
    epochs_blind: int = Field(default=15, ge=1)
    patience: int = Field(default=8, ge=1)
    batch: int = Field(default=32, ge=1)
    frames: int = Field(default=0, ge=0)
    clip: float = Field(default=1.0, ge=0)
    loss: Literal["auto", "cross-entropy", "ordinal", "ccc", "mse"] = "auto"
    class_weights: Literal["balanced", "none"] = "balanced"
    smoothing: float = Field(default=0.0, ge=0, lt=1)
    precision: Literal["fp32", "bf16"] = "fp32"
    layers: Literal["learned", "last"] | int = "learned"
    frame_rate: float = Field(default=0.0, ge=0)
    storage: Precision = "float16"
    standardise: bool = True
    cutting: Cutting = Cutting()
    compress: list[Literal["int8", "ternary", "blocks"]] = Field(default_factory=list)
    search: dict[str, list[Any]] = Field(default_factory=dict)
    budget: int = Field(default=0, ge=0)

    def spec(self) -> FeatureSpec:
        """What a head that listens frame by frame needs stored."""
        layers = layer_choice.stored(self.layers)
        return FeatureSpec("frames", self.storage, self.frame_rate, layers=layers)
