"""A network in training, step by step, and the running mean of its weights."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from paralbench.heads.head import Rows
from paralbench.heads.training.network import Network, to_device
from paralbench.heads.training.objective import Objective
from paralbench.heads.training.optimisation import optimiser, step_size
from paralbench.heads.training.recipe import Recipe
from paralbench.heads.training.sequences import Batch, Sequences
from paralbench.records.errors import ParalbenchError

_EPOCH_STEPS, _LEAST_BATCH, _EPOCHS = 8, 8, 3
"""A small training set has smaller batches, so that an epoch has so many steps, but none below this;
a large one has fewer epochs, but so many at least."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a run may last: ``batch`` items a step, ``epoch`` steps an epoch, ``epochs`` of them."""

    batch: int
    epoch: float
    epochs: int

    @classmethod
    def of(cls, recipe: Recipe, items: int, epochs: int) -> Schedule:
        """For a training set of so many items.

        >>> Schedule.of(Recipe(batch=32), 320, 50)
        Schedule(batch=32, epoch=10, epochs=50)
        >>> Schedule.of(Recipe(batch=32), 40, 50)
        Schedule(batch=8, epoch=5, epochs=50)
        >>> Schedule.of(Recipe(batch=32, steps=3000), 16_000, 50)
        Schedule(batch=32, epoch=500, epochs=6)
        """
        batch = min(recipe.batch, max(_LEAST_BATCH, items // _EPOCH_STEPS))
        epoch = -(-items // batch)
        return cls(batch, epoch, min(epochs, max(_EPOCHS, recipe.steps // epoch)))

    @property
    def steps(self) -> int:
        """All of them."""
        return round(self.epochs * self.epoch)


class Run:
    """The training of one network.

    Args:
        network: with its first weights.
        reader: computes it.
        objective: what it is trained towards.
        recipe: how it is trained.
        schedule: for how long at most.
        items: what it is trained on.
        shuffle: draws the batches.
        name: of the fit, for errors.
    """

    def __init__(
        self,
        network: Network,
        reader: Reader,
        objective: Objective,
        recipe: Recipe,
        schedule: Schedule,
        items: Rows,
        shuffle: np.random.Generator,
        name: str,
    ) -> None:
        self.objective, self.schedule, self.reader = objective, schedule, reader
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        """With the mean of the weights."""
        self._trained, self._recipe, self._name = network.train(), recipe, name
        self._optimiser = optimiser(network, recipe)
        self._rates = [group["lr"] for group in self._optimiser.param_groups]
        self._batches = self._endless(items, shuffle)
        self._window = max(1.0, recipe.average * schedule.epoch)
        self._step = 0

    def train(self, until: int) -> None:
        """Go on until so many steps are done.

        Raises:
            ParalbenchError: where the loss is not finite.
        """
        weights: list[Tensor] = list(self._trained.parameters())
        means: list[Tensor] = list(self.network.parameters())
        while self._step < until:
            share = step_size(self._recipe, self._step, self.schedule.steps)
            for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
                group["lr"] = rate * share
            self._optimiser.zero_grad()
            self._backward(next(self._batches))
            if self._recipe.clip:
                torch.nn.utils.clip_grad_norm_(weights, self._recipe.clip)
            self._optimiser.step()
            self._step += 1
            # The mean of all steps at first, so that the first weights are soon forgotten.
            with torch.no_grad():
                torch._foreach_lerp_(means, weights, max(1 / self._window, 4 / (3 + self._step)))

    def _backward(self, items: Rows) -> None:
        """Gradients of one step; in several passes where its frames would not fit in one."""
        pieces = self.reader.pieces(items, len(items))
        if len(pieces) == 1:
            outputs, rows = self.reader.outputs(self._trained, pieces[0])
            self._checked(self.objective.loss(outputs, rows)).backward()  # type: ignore[no-untyped-call]
            return
        # First all outputs, and what the loss wants of each; then each piece again, with gradients.
        states, passes = [], []
        with torch.no_grad():
            for piece in pieces:
                states.append(torch.get_rng_state())
                passes.append(self.reader.outputs(self._trained, piece))
        last = torch.get_rng_state()
        together = torch.cat([outputs for outputs, _ in passes]).requires_grad_()
        rows = np.concatenate([rows for _, rows in passes])
        self._checked(self.objective.loss(together, rows)).backward()  # type: ignore[no-untyped-call]
        assert together.grad is not None
        gradients = torch.split(together.grad, [len(outputs) for outputs, _ in passes])
        for piece, state, gradient in zip(pieces, states, gradients, strict=True):
            torch.set_rng_state(state)  # the same dropout as before
            self.reader.outputs(self._trained, piece)[0].backward(gradient)  # type: ignore[no-untyped-call]
        torch.set_rng_state(last)

    def _checked(self, loss: Tensor) -> Tensor:
        if not torch.isfinite(loss):
            raise ParalbenchError(
                f"{self._name}: the loss became {loss.item()} at step {self._step + 1}; try a smaller "
                f"--set rate (now {self._recipe.rate:g})."
            )
        return loss

    def _endless(self, items: Rows, shuffle: np.random.Generator) -> Iterator[Rows]:
        """Batches of items of similar length, so that little is padded; in random order."""
        lengths, size = self.reader.sequences.lengths[items], self.schedule.batch
        while True:
            # Stretched by chance a little, so that batches are not the same every epoch.
            order = items[np.argsort(lengths * shuffle.uniform(0.8, 1.25, len(items)))]
            starts = np.arange(0, len(items), size)
            for start in shuffle.permutation(starts):
                yield order[start : start + size]


@dataclass(frozen=True)
class Reader:
    """Computes networks on items.

    Args:
        sequences: the items.
        batch: makes a batch of some of them.
        series: outputs are those of every frame.
        device: where.
        frames: at most so many padded frames at once, 0 for no limit.
        half: products in bfloat16.
    """

    sequences: Sequences
    batch: Callable[[Rows], Batch]
    series: bool
    device: torch.device
    frames: int
    half: bool

    def outputs(self, network: Network, items: Rows) -> tuple[Tensor, Rows]:
        """Outputs [rows, outputs] of the rows of these items, and which rows they are."""
        batch = to_device(self.batch(items), self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            outputs = network(batch)
        if self.series:
            outputs = outputs[batch.masks[0]]
        return outputs.float(), np.concatenate([self.sequences.rows(int(item)) for item in items])

    def predicted(self, network: Network, rows: Rows) -> Tensor:
        """Outputs [rows, outputs] of these rows, in their order, without gradients."""
        items = self.sequences.items(rows)
        items = items[np.argsort(self.sequences.lengths[items], kind="stable")]
        with torch.inference_mode():
            passes = [self.outputs(network, piece) for piece in self.pieces(items, 64)]
        of = np.concatenate([rows for _, rows in passes])
        order = np.argsort(of)
        place = order[np.searchsorted(of, rows, sorter=order)]
        return torch.cat([outputs.cpu() for outputs, _ in passes])[place]

    def pieces(self, items: Rows, most: int) -> list[Rows]:
        """Items in order, at most so many and at most so many padded frames in a piece."""
        pieces, start, longest = [], 0, 0
        for end, length in enumerate(self.sequences.lengths[items]):
            longest = max(longest, int(length))
            crowded = 0 < self.frames < (end + 1 - start) * longest
            if end > start and (crowded or end - start >= most):
                pieces.append(items[start:end])
                start, longest = end, int(length)
        return [*pieces, items[start:]]
