"""Linear probe trained by Adam: softmax weights over layers, one linear layer on pooled records.

The probe of SUPERB (Yang et al., 2021) and EmoBox (Ma et al., 2024), pooled before it is weighted;
for comparison with them and with results of earlier versions.

All folds and seeds are trained together: one matrix product a step serves every fit, and each fit
standardises with its own training rows, sees only its own training rows in its loss, and stops on
its own development rows. Steps are full-batch Adam. After training, standardisation, layer weights
and linear layer fold into a single linear map of the pooled record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from paralbench.heads.deployable import Deployable, HeadForms, Layout, Record, State
from paralbench.heads.head import (
    Fits,
    Fitted,
    OutOfFold,
    PooledStream,
    Problem,
    Split,
    Stream,
    Workplace,
)
from paralbench.heads.linear_map import LinearHead, LinearMap
from paralbench.records.card import Card
from paralbench.records.errors import UsageError

_ROWS_AT_ONCE = 8192
_ROWS_IN_CACHE = 256


class Settings(Card):
    """How the probe is trained.

    ``step`` is Adam's learning rate times the number of inputs, so that one step moves an output
    by about so much whatever the width; ``rate`` is a learning rate that does not depend on the
    width and replaces ``step``. ``layer_step`` is the learning rate of the layer weights.
    A fit ends at ``steps``, or when it has not got better for ``patience`` steps on its development
    rows (from ``steps_least`` on: the first steps may overshoot), and keeps its best step, whatever
    the other fits do. One without development rows ends at ``steps_blind``.
    ``layers``: "learned", "last", or the number of one layer.
    """

    step: float = Field(default=3.0, gt=0)
    rate: float | None = Field(default=None, gt=0)
    layer_step: float = Field(default=0.1, gt=0)
    steps: int = Field(default=150, ge=1)
    steps_blind: int = Field(default=20, ge=1)
    steps_least: int = Field(default=30, ge=0)
    patience: int = Field(default=8, ge=1)
    decay: float = Field(default=0.0, ge=0)
    class_weights: Literal["balanced", "none"] = "balanced"
    layers: Literal["learned", "last"] | int = "learned"


class SgdProbe(LinearHead):
    """See the module's docstring."""

    name = "sgd-probe"
    settings = Settings
    deterministic = False

    def forms(self, settings: Any, layout: Layout) -> HeadForms:
        """See :class:`Head`."""
        deployed = LinearMap.drawn(self.layers(settings, layout.layers[0]), layout)
        return HeadForms(TrainedProbe(deployed, layout.classes), deployed)

    def fit(
        self,
        streams: Sequence[Stream],
        problem: Problem,
        splits: Sequence[Split],
        settings: Any,
        work: Workplace | None = None,
    ) -> Fits:
        """Fit on every split at once; one stream of pooled records."""
        (stream,) = streams
        assert isinstance(stream, PooledStream)
        if stream.words is not None:
            raise UsageError(
                f"head 'sgd-probe' reads no bags of audio words; '{stream.model}' needs a network, "
                f"for example --head concatenation."
            )
        inputs = _inputs(stream.values, self.layers(settings, stream.values.shape[1]))
        training = _Training(inputs, problem, splits, settings)
        best = training.run()
        fitted = [
            self._fitted(training, best, member, split) for member, split in enumerate(splits)
        ]
        size = inputs.shape[2] * training.outputs + training.outputs
        layers = inputs.shape[0] if inputs.shape[0] > 1 else 0
        return Fits(fitted, size + layers)

    def _fitted(self, training: _Training, best: _Best, member: int, split: Split) -> Fitted:
        outputs = best.outputs[member]
        if training.problem.kind == "class":
            outputs = outputs.softmax(-1)
        else:
            outputs = outputs * training.spread[member] + training.centre[member]
        developed = OutOfFold(split.develop, outputs[split.develop].numpy())
        shares = best.layers[member].softmax(0)
        return Fitted(
            split,
            outputs[split.test].numpy(),
            {"steps": int(best.steps[member]), "development_loss": _number(best.losses[member])},
            training.folded(best, member),
            shares.numpy(),
            developed if len(split.develop) else None,
        )


class TrainedProbe(Deployable):
    """The probe as it trains: layers standardised, mapped by one matrix, and weighted.

    Args:
        deployed: the map that it folds into, whose input it takes.
        classes: how many, 0 where a number is predicted.
    """

    def __init__(self, deployed: LinearMap, classes: int) -> None:
        layers, rows, _ = deployed.state()["weights"].shape
        self._deployed, self._classes = deployed, classes
        basis = _simplex(classes) if classes else torch.ones(1, 1)
        self._learnt = {
            "weights": torch.randn(rows, basis.shape[1]) / rows**0.5,
            "bias": torch.zeros(basis.shape[1]),
            **({"layers": torch.zeros(layers)} if layers > 1 else {}),
        }
        self._fixed = {
            "mean": torch.zeros(layers, rows), "scale": torch.ones(layers, rows), "basis": basis,
        }  # fmt: skip

    def state(self) -> State:
        """What is learnt, and what standardises and spreads it."""
        return {name: value.numpy() for name, value in (self._learnt | self._fixed).items()}

    @property
    def parameters(self) -> int:
        """How many numbers were trained."""
        return sum(value.numel() for value in self._learnt.values())

    def to(self, device: str) -> Self:
        """It with everything moved to a device."""
        self._deployed.to(device)
        self._learnt = {name: value.to(device) for name, value in self._learnt.items()}
        self._fixed = {name: value.to(device) for name, value in self._fixed.items()}
        return self

    def prepare(self, records: Sequence[Record]) -> Tensor:
        """[rows, layers, 2 * width]"""
        return self._deployed.prepare(records)

    def forward(self, inputs: Tensor) -> Tensor:
        """See :class:`Deployable`."""
        each = ((inputs - self._fixed["mean"]) * self._fixed["scale"]) @ self._learnt["weights"]
        if "layers" in self._learnt:
            each = each * self._learnt["layers"].softmax(0)[:, None]
        outputs: Tensor = (each.sum(1) + self._learnt["bias"]) @ self._fixed["basis"].T
        return outputs.softmax(1) if self._classes else outputs


HEAD = SgdProbe()


def _simplex(classes: int) -> Tensor:
    """Orthonormal columns [classes, classes - 1], each summing to zero (Helmert's)."""
    basis = torch.zeros(classes, classes - 1)
    for column in range(classes - 1):
        basis[: column + 1, column] = 1
        basis[column + 1, column] = -(column + 1)
    scaled: Tensor = basis / basis.norm(dim=0)
    return scaled


def _number(value: Tensor) -> float | None:
    return float(value) if torch.isfinite(value) else None


def _inputs(features: NDArray[np.float32], layers: Sequence[int]) -> Tensor:
    """[layers, rows, 2 * width], the layers that are used."""
    rows, count, statistics, width = features.shape
    if len(layers) < count:
        features = features[:, list(layers)]
    # A view, not a copy: the matrix products below take rows that are not contiguous.
    return torch.from_numpy(features.reshape(rows, -1, statistics * width)).transpose(0, 1)


@dataclass
class _Best:
    """The best step of every member so far, and the outputs it gave."""

    losses: Tensor
    steps: Tensor
    weights: Tensor
    bias: Tensor
    layers: Tensor
    outputs: Tensor

    def take(
        self, better: Tensor, step: int, losses: Tensor, outputs: Tensor, now: _Weights
    ) -> None:
        self.losses[better] = losses[better]
        self.steps[better] = step
        self.weights[better] = now.weights.detach()[better]
        self.bias[better] = now.bias.detach()[better]
        self.layers[better] = now.layers.detach()[better]
        self.outputs[better] = outputs[better]


@dataclass
class _Weights:
    """weights [members, inputs, outputs], bias [members, outputs], layers [members, layers]."""

    weights: Tensor
    bias: Tensor
    layers: Tensor


class _Training:
    """All members (fits) side by side."""

    def __init__(
        self, inputs: Tensor, problem: Problem, splits: Sequence[Split], settings: Settings
    ) -> None:
        self.inputs, self.problem, self.splits, self.settings = inputs, problem, splits, settings
        # A softmax does not see what is added to all logits alike: one output fewer carries them all.
        self.basis = _simplex(problem.classes) if problem.kind == "class" else torch.ones(1, 1)
        self.outputs = self.basis.shape[1]
        rows = inputs.shape[1]
        train = torch.zeros(len(splits), rows)
        develop = torch.zeros(len(splits), rows)
        for member, split in enumerate(splits):
            train[member, split.train] = 1
            develop[member, split.develop] = 1
        self._blind = ~develop.any(1)
        self._standardise(train)
        self._set_targets(train)
        self.train_share = self._shares(train)
        self.develop_share = self._shares(develop)

    def run(self) -> _Best:
        """Train until everybody has ended; return everybody's best step."""
        settings = self.settings
        now = self._start()
        best = self._nothing_yet(now)
        rate = settings.step / self.inputs.shape[2] if settings.rate is None else settings.rate
        adam = torch.optim.Adam(
            [
                {"params": [now.weights, now.bias], "lr": rate},
                {"params": [now.layers], "lr": settings.layer_step},
            ]
        )
        last = torch.where(self._blind, settings.steps_blind, settings.steps)
        for step in range(int(last.max()) + 1):
            adam.zero_grad()
            outputs, losses = self._pass(now)
            # Who has once waited longer than its patience has ended, and takes nothing any more.
            better = (losses < best.losses) & (step <= self._end(best, last))
            best.take(torch.where(self._blind, step == last, better), step, losses, outputs, now)
            if bool((step >= self._end(best, last)).all()):
                break
            adam.step()
        return best

    def _end(self, best: _Best, last: Tensor) -> Tensor:
        """The step at which each member ends unless it gets better until then."""
        waits = (best.steps + self.settings.patience).clamp_min(self.settings.steps_least)
        return torch.where(self._blind, last, torch.minimum(last, waits))

    def folded(self, best: _Best, member: int) -> dict[str, NDArray[np.float32]]:
        """The deployable form: one map [layers, 2 * width, outputs] and a bias, in float32."""
        shares = best.layers[member].double().softmax(0)
        scale = self.scale[member].double() * shares[:, None]
        weights = scale[:, :, None] * best.weights[member].double()
        bias = best.bias[member].double() - torch.einsum(
            "ld,ldo->o", self.mean[member].double(), weights
        )
        weights, bias = weights @ self.basis.double().T, self.basis.double() @ bias
        if self.problem.kind == "number":
            weights = weights * self.spread[member].double()
            bias = bias * self.spread[member].double() + self.centre[member].double()
        return {"weights": weights.float().numpy(), "bias": bias.float().numpy()}

    def _standardise(self, train: Tensor) -> None:
        """Mean and 1 / deviation of each member's training rows, [members, layers, inputs]."""
        layers, rows, width = self.inputs.shape
        # In double precision no common centre is needed, which test rows would have a say in.
        train = train.double()
        sums = torch.zeros(layers, len(train), width, dtype=torch.float64)
        squares = torch.zeros_like(sums)
        for start in range(0, rows, _ROWS_IN_CACHE):
            block = slice(start, start + _ROWS_IN_CACHE)
            for layer in range(layers):
                values = self.inputs[layer, block].double()
                sums[layer].addmm_(train[:, block], values)
                squares[layer].addmm_(train[:, block], values.square_())
        count = train.sum(1)[:, None]
        mean = sums / count
        variance = squares / count - mean.square()
        # Columns that do not vary carry nothing; dividing by their rounding noise would blow it up.
        varies = variance > 1e-10 * (1 + mean.square())
        scale = torch.where(varies, variance.clamp_min(1e-30).rsqrt(), 0.0)
        self.mean = mean.float().transpose(0, 1)
        self.scale = scale.float().transpose(0, 1)

    def _set_targets(self, train: Tensor) -> None:
        """Class indices [rows], or numbers standardised by each member's training rows."""
        targets = torch.from_numpy(self.problem.targets)
        if self.problem.kind == "class":
            self._targets = targets.long()
            return
        values = targets.float()
        count = train.sum(1, keepdim=True)
        self.centre = train @ values[:, None] / count
        variance = (train * (values - self.centre).square()).sum(1, keepdim=True) / count
        self.spread = variance.sqrt().clamp_min(1e-8)
        self._targets = (values - self.centre) / self.spread

    def _shares(self, mask: Tensor) -> Tensor:
        """How much each row counts in a member's loss, [members, rows]; each member's sum is 1."""
        weight = mask
        if self.problem.kind == "class" and self.settings.class_weights == "balanced":
            member_of = functional.one_hot(self._targets, self.problem.classes).float()
            counts = mask @ member_of
            weight = mask * (counts.clamp_min(1).reciprocal() @ member_of.T)
        return weight / weight.sum(1, keepdim=True).clamp_min(1e-12)

    def _start(self) -> _Weights:
        """Small random weights, different for each seed and fold and always the same for them."""
        layers, _, width = self.inputs.shape
        starts = []
        for split in self.splits:
            generator = torch.Generator().manual_seed(split.seed * 1009 + split.fold)
            starts.append(torch.randn(width, self.outputs, generator=generator) * 0.1 / width**0.5)
        members = len(self.splits)
        # Of standardised numbers the best bias is zero; Adam would walk on its gradient's rounding.
        learns_bias = self.problem.kind == "class"
        return _Weights(
            torch.stack(starts).requires_grad_(),
            torch.zeros(members, self.outputs, requires_grad=learns_bias),
            torch.zeros(members, layers, requires_grad=layers > 1),
        )

    def _nothing_yet(self, now: _Weights) -> _Best:
        members, rows = len(self.splits), self.inputs.shape[1]
        never = torch.full((members,), torch.inf)
        weights, bias, shares = (
            torch.zeros_like(leaf) for leaf in (now.weights, now.bias, now.layers)
        )
        outputs = torch.zeros(members, rows, self.basis.shape[0])
        return _Best(never, torch.zeros(members, dtype=torch.long), weights, bias, shares, outputs)

    def _pass(self, now: _Weights) -> tuple[Tensor, Tensor]:
        """One pass over all rows: gradients of every member's own loss, outputs, losses."""
        rows = self.inputs.shape[1]
        outputs, losses = [], torch.zeros(len(self.splits))
        for start in range(0, rows, _ROWS_AT_ONCE):
            block = slice(start, min(start + _ROWS_AT_ONCE, rows))
            computed = self._forward(self.inputs[:, block], now)
            each = self._loss(computed, block)
            (each * self.train_share[:, block]).sum().backward()  # type: ignore[no-untyped-call]
            losses += (each.detach() * self.develop_share[:, block]).sum(1)
            outputs.append(computed.detach())
        if self.settings.decay:
            (self.settings.decay * now.weights.square().sum()).backward()  # type: ignore[no-untyped-call]
        losses[self._blind] = torch.inf
        return torch.cat(outputs, 1), losses

    def _forward(self, inputs: Tensor, now: _Weights) -> Tensor:
        """[members, rows, outputs]: one product a layer for all members, then weighed."""
        members, width, outputs = now.weights.shape
        scaled = self.scale[:, :, :, None] * now.weights[:, None]
        offset = torch.einsum("mld,mldo->mlo", self.mean, scaled)
        # Weights times rows, not rows times weights: both products, this one and its gradient's,
        # are a third faster so, since the long side of the result is then the contiguous one.
        joined = scaled.permute(1, 0, 3, 2).reshape(inputs.shape[0], members * outputs, width)
        outputs_of_layers = torch.bmm(joined, inputs.transpose(1, 2)).view(
            -1, members, outputs, inputs.shape[1]
        )
        shares = now.layers.softmax(1)
        mixed = torch.einsum("ml,lmor->mro", shares, outputs_of_layers)
        shift = torch.einsum("ml,mlo->mo", shares, offset)
        return (mixed + (now.bias - shift)[:, None]) @ self.basis.T

    def _loss(self, outputs: Tensor, block: slice) -> Tensor:
        """[members, rows]"""
        if self.problem.kind == "number":
            return (outputs[..., 0] - self._targets[:, block]).square()
        targets = self._targets[block].expand(len(self.splits), -1)
        return functional.cross_entropy(
            outputs.flatten(0, 1), targets.flatten(), reduction="none"
        ).view(targets.shape)
