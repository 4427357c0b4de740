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
    """Training settings; ``recipes/<head>.toml`` holds a head's, the same for every encoder and task.

    Attributes:
        optimiser: with step size ``rate``, weight decay ``decay`` and, for SGD, ``momentum``.
        layer_rate: step size of the layer weights, which have to go further than others.
        schedule: of the step size after ``warmup`` (a share of all steps): constant, or a half
            cosine down to zero.
        epochs: at most so many. The number is chosen where the development loss, averaged over
            three neighbouring epochs, is lowest; training ends ``patience`` epochs later.
        inner_folds: without development rows the number of epochs is chosen on so many folds of the
            training rows, whole groups (speakers) each; with 0 it is ``epochs_blind``.
        refit: the network is then trained again, on training and development rows together, for as
            many steps. Without it the network is the one of the chosen epoch.
        average: the network is the exponential mean of its weights over about so many of the last
            epochs; 0 takes the weights of the last step.
        batch: examples a step; fewer, down to eight, where an epoch would have less than eight steps. ``steps``: a
            large training set has fewer epochs, so that all of them are at most so many steps.
        frames: at most so many padded frames in memory at once; a step with more of them is
            computed in several passes. 0: no limit.
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
        search: values to try, by setting, such as dropout or decay; all combinations, or ``budget``
            of them drawn at random. For each split the one is used whose log-loss (classes) or
            1 - CCC (numbers) is lowest on the rows that choose the epochs, whatever loss it trains
            with; all of them are recorded.
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
    inner_folds: int = Field(default=3, ge=0)
    refit: bool = True
    average: float = Field(default=2.0, ge=0)
    batch: int = Field(default=32, ge=1)
    steps: int = Field(default=3000, ge=1)
    frames: int = Field(default=20_000, ge=0)
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
        """The features that a head on frames needs stored."""
        layers = layer_choice.stored(self.layers)
        return FeatureSpec("frames", self.storage, self.frame_rate, layers=layers)
