"""One fit: a network trained on one split, stopped and chosen by its development rows alone."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paralbench.heads.head import Problem, Rows, Split
from paralbench.heads.training.frames import Shape
from paralbench.heads.training.network import Build, Network, to_device
from paralbench.heads.training.objective import Objective
from paralbench.heads.training.optimisation import optimiser, schedule
from paralbench.heads.training.recipe import Recipe
from paralbench.heads.training.sequences import Sequences
from paralbench.heads.training.standard import Standard, standards
from paralbench.records.errors import ParalbenchError


@dataclass(frozen=True)
class Trained:
    """A network at its best epoch; ``development`` is its loss there, None without such rows."""

    network: Network
    objective: Objective
    epoch: int
    epochs: int
    development: float | None


class Fitting:
    """Fits networks on one split; statistics of its training rows are taken once.

    Args:
        sequences: what is heard.
        problem: what is to be learnt.
        split: who trains, develops and tests.
        device: where.
    """

    def __init__(
        self, sequences: Sequences, problem: Problem, split: Split, device: str = "cpu"
    ) -> None:
        self._sequences, self._problem, self._split = sequences, problem, split
        self._device = torch.device(device)
        self._standards: dict[bool, list[Standard]] = {}

    def train(self, build: Build, recipe: Recipe) -> Trained:
        """Train from the split's own seed: the same again for the same seed and thread count.

        Raises:
            ParalbenchError: where the loss is not finite.
        """
        split, sequences = self._split, self._sequences
        seed = [split.seed, split.fold]
        torch.manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
        shuffle = np.random.default_rng(seed)
        objective = Objective(self._problem, split.train, recipe)
        network = self._network(build, recipe, objective).to(self._device)
        items = sequences.items(split.train)
        develop = sequences.items(split.develop)
        epochs = recipe.epochs if len(develop) else recipe.epochs_blind
        descent = optimiser(network, recipe)
        batches = len(list(self._batches(items, recipe, np.random.default_rng(0))))
        steps = schedule(descent, recipe, epochs * batches)
        best, state, best_epoch, epoch = float("inf"), None, 0, 0
        for epoch in range(1, epochs + 1):
            network.train()
            for chosen in self._batches(items, recipe, shuffle):
                descent.zero_grad()
                outputs, rows = self._outputs(network, chosen, recipe)
                loss = objective.loss(outputs, rows)
                if not torch.isfinite(loss):
                    raise ParalbenchError(
                        f"fold {split.fold}, seed {split.seed}: the loss became {loss.item()} in "
                        f"epoch {epoch}; try a smaller --set rate (now {recipe.rate:g})."
                    )
                loss.backward()  # type: ignore[no-untyped-call]
                if recipe.clip:
                    torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
                descent.step()
                steps.step()
            if not len(develop):
                continue
            outputs, rows = self._predicted(network, develop, recipe)
            now = float(objective.loss(outputs, rows, training=False))
            if now < best:
                best, best_epoch, state = now, epoch, copy.deepcopy(network.state_dict())
            elif epoch - best_epoch >= recipe.patience:
                break
        if state is not None:
            network.load_state_dict(state)
        chosen_epoch = best_epoch if len(develop) else epoch
        return Trained(network.eval(), objective, chosen_epoch, epoch, best if state else None)

    def answers(self, trained: Trained, network: Network, recipe: Recipe) -> NDArray[np.float32]:
        """What a network says of the test rows, in their order."""
        return trained.objective.answers(self.outputs(network, recipe))

    def outputs(self, network: Network, recipe: Recipe) -> Tensor:
        """Raw outputs of the test rows [rows, outputs], in their order."""
        test = self._split.test
        outputs, rows = self._predicted(network, self._sequences.items(test), recipe)
        place = np.empty(len(self._problem.targets), np.int64)
        place[rows] = np.arange(len(rows))
        return outputs[place[test]]

    def _network(self, build: Build, recipe: Recipe, objective: Objective) -> Network:
        series = self._problem.recordings is not None
        shape = Shape(self._sequences.shapes, objective.outputs, series)
        wanted = recipe.standardise
        if wanted not in self._standards:
            items = self._sequences.items(self._split.train)
            self._standards[wanted] = standards(
                self._sequences, items, wanted, (self._split.seed, self._split.fold)
            )
        return Network(self._standards[wanted], build(shape, recipe))

    def _outputs(self, network: Network, items: Rows, recipe: Recipe) -> tuple[Tensor, Rows]:
        """Outputs of the rows of these items, [rows, outputs], and which rows they are."""
        batch = to_device(self._sequences.batch(items), self._device)
        rows = np.concatenate([self._sequences.rows(int(item)) for item in items])
        half = recipe.precision == "bf16"
        with torch.autocast(self._device.type, torch.bfloat16, enabled=half):
            found = network(batch)
        if self._problem.recordings is not None:
            found = found[batch.masks[0]]
        return found.float(), rows

    def _predicted(self, network: Network, items: Rows, recipe: Recipe) -> tuple[Tensor, Rows]:
        network.eval()
        outputs, rows = [], []
        with torch.inference_mode():
            for chosen in self._batches(items, recipe, None):
                found, of = self._outputs(network, chosen, recipe)
                outputs.append(found.cpu())
                rows.append(of)
        return torch.cat(outputs), np.concatenate(rows)

    def _batches(
        self, items: Rows, recipe: Recipe, shuffle: np.random.Generator | None
    ) -> Iterator[Rows]:
        """Items of like length together, so that little is padded; in random order if shuffled."""
        lengths = np.array([self._sequences.length(int(item)) for item in items])
        if shuffle is not None:
            # Stretched by chance a little, so that batches are not the same every epoch.
            order = np.argsort(lengths * shuffle.uniform(0.8, 1.25, len(items)), kind="stable")
        else:
            order = np.argsort(lengths, kind="stable")
        batches = list(_filled(items[order], lengths[order], recipe))
        if shuffle is not None:
            shuffle.shuffle(batches)
        yield from batches


def _filled(items: Rows, lengths: NDArray[Any], recipe: Recipe) -> Iterator[Rows]:
    """Batches of at most so many items, and at most so many padded frames."""
    start = 0
    for end in range(1, len(items) + 1):
        full = end - start >= recipe.batch
        crowded = (
            recipe.frames > 0
            and end < len(items)
            and (end + 1 - start) * int(lengths[start : end + 1].max()) > recipe.frames
        )
        if full or crowded or end == len(items):
            yield items[start:end]
            start = end
