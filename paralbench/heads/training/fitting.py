"""One fit: how long a network trains is chosen on rows that it does not train on, then it is refitted."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paralbench.heads.head import OutOfFold, Problem, Rows, Split
from paralbench.heads.training.frames import Shape
from paralbench.heads.training.inputs import Inputs
from paralbench.heads.training.network import Build, Network
from paralbench.heads.training.objective import Objective, criterion
from paralbench.heads.training.recipe import Recipe
from paralbench.heads.training.run import Reader, Run, Schedule
from paralbench.heads.training.sequences import Sequences
from paralbench.heads.training.standard import standards

_ROOM = 512 << 20
"""Bytes of prepared items that all training sets of a fit may keep in memory."""


@dataclass(frozen=True)
class Choice:
    """When a recipe's training ends.

    Args:
        recipe: the recipe.
        schedule: of the runs that chose; its ``epoch`` is their mean.
        epoch: the chosen one; the recipe's own where there were no rows to choose on.
        epochs: that were trained to choose it.
        chosen_on: the rows that chose.
        loss: the criterion there, None where there were none.
        out_of_fold: outputs there.
        network: of that epoch, where it is the one to use.
    """

    recipe: Recipe
    schedule: Schedule
    epoch: int
    epochs: int
    chosen_on: str
    loss: float | None = None
    out_of_fold: OutOfFold | None = None
    network: Network | None = None


@dataclass(frozen=True)
class Trained:
    """A network, its objective, and how long it trained."""

    network: Network
    objective: Objective
    choice: Choice
    refitted: bool


class Fitting:
    """Fits networks on one split; its statistics and prepared items serve all of them.

    Args:
        sequences: the items.
        problem: the targets.
        split: rows that train, develop and test.
        device: where.
    """

    def __init__(
        self, sequences: Sequences, problem: Problem, split: Split, device: str = "cpu"
    ) -> None:
        self._sequences, self._problem, self._split = sequences, problem, split
        self._device = torch.device(device)
        self._inputs: dict[tuple[bytes, bool], Inputs] = {}

    def choose(self, build: Build, recipe: Recipe) -> Choice:
        """The number of epochs, from the split's own seed.

        Development rows choose it; where there are none, inner folds of the training rows. Runs on
        several folds go on beside each other, so that one curve serves all.

        Raises:
            ParalbenchError: where the loss is not finite.
        """
        split = self._split
        sides = self._sides(recipe)
        if not sides:
            schedule = Schedule.of(
                recipe, len(self._sequences.items(split.train)), recipe.epochs_blind
            )
            return Choice(recipe, schedule, schedule.epochs, 0, "nothing")
        runs = [
            self._run(build, recipe, train, place, len(sides) + 1)
            for place, (train, _) in enumerate(sides)
        ]
        held = np.concatenate([rows for _, rows in sides])
        epochs = min(run.schedule.epochs for run in runs)
        curve: list[float] = []
        outputs: list[NDArray[np.float32]] = []
        networks: dict[int, Network] = {}
        best = 0
        for epoch in range(epochs):
            answers, losses = [], []
            for run, (_, rows) in zip(runs, sides, strict=True):
                run.train(round((epoch + 1) * run.schedule.epoch))
                predicted = run.reader.predicted(run.network, rows)
                losses.append(float(run.objective.loss(predicted, rows, training=False)))
                answers.append(run.objective.answers(predicted))
            curve.append(float(np.average(losses, weights=[len(rows) for _, rows in sides])))
            outputs.append(np.concatenate(answers))
            means = smoothed(curve)
            best = int(np.argmin(means))
            if not self._refits(recipe):
                networks[epoch] = copy.deepcopy(runs[0].network)
                # The newest mean lacks a neighbour: once it has one, the best may move back.
                settled = int(np.argmin(means[:-1])) if epoch else 0
                networks = {place: networks[place] for place in {settled, epoch}}
            if epoch - best >= recipe.patience:
                break
        schedule = replace(
            runs[0].schedule, epoch=float(np.mean([run.schedule.epoch for run in runs]))
        )
        order = np.argsort(held)
        return Choice(
            recipe,
            schedule,
            epoch=best + 1,
            epochs=len(curve),
            chosen_on="development" if len(split.develop) else f"{len(sides)} inner folds",
            loss=criterion(self._problem, outputs[best], held),
            out_of_fold=OutOfFold(held[order], outputs[best][order]),
            network=networks.get(best),
        )

    def finish(self, build: Build, choice: Choice) -> Trained:
        """The network of a choice: refitted, or of the chosen epoch."""
        split, recipe = self._split, choice.recipe
        if choice.network is not None:
            objective = Objective(self._problem, split.train, recipe)
            return Trained(choice.network, objective, choice, refitted=False)
        rows = split.train
        if len(split.develop):
            rows = np.sort(np.concatenate([split.train, split.develop]))
        run = self._run(build, recipe, rows, 0, 2, choice.schedule)
        run.train(round(choice.epoch * choice.schedule.epoch))
        return Trained(run.network, run.objective, choice, refitted=bool(choice.epochs))

    def outputs(self, network: Network, recipe: Recipe) -> Tensor:
        """Raw outputs of the test rows [rows, outputs], in their order."""
        return self._reader(recipe, self._sequences).predicted(network, self._split.test)

    def _refits(self, recipe: Recipe) -> bool:
        return recipe.refit or not len(self._split.develop)

    def _sides(self, recipe: Recipe) -> list[tuple[Rows, Rows]]:
        """Rows to train on and rows to choose on: development rows, or inner folds of groups."""
        train, problem = self._split.train, self._problem
        if len(self._split.develop):
            return [(train, self._split.develop)]
        owners = problem.groups
        if owners is None:
            owners = problem.recordings
        owners = train if owners is None else owners[train]
        groups, owner, sizes = np.unique(owners, return_inverse=True, return_counts=True)
        folds = min(recipe.inner_folds, len(groups))
        if folds < 2:
            return []
        rows, member = np.zeros(folds, np.int64), np.zeros(len(groups), np.int64)
        drawn = np.random.default_rng([self._split.seed, self._split.fold]).permutation(len(groups))
        for group in drawn[np.argsort(-sizes[drawn], kind="stable")]:  # the largest first
            member[group] = rows.argmin()
            rows[member[group]] += sizes[group]
        fold = member[owner]
        return [(train[fold != place], train[fold == place]) for place in range(folds)]

    def _run(
        self,
        build: Build,
        recipe: Recipe,
        rows: Rows,
        place: int,
        training_sets: int,
        schedule: Schedule | None = None,
    ) -> Run:
        """A run on these rows that begins with the seed of the split and the ``place``."""
        seed = [self._split.seed, self._split.fold, *([place] if place else [])]
        torch.manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
        items = self._sequences.items(rows)
        key = rows.tobytes(), recipe.standardise
        if key not in self._inputs:
            statistics = standards(self._sequences, items, recipe.standardise, seed[:2])
            self._inputs[key] = Inputs(self._sequences, statistics, _ROOM // training_sets)
        inputs = self._inputs[key]
        objective = Objective(self._problem, rows, recipe)
        series = self._problem.recordings is not None
        shape = Shape(self._sequences.shapes, objective.outputs, series)
        network = Network(inputs.standards, build(shape, recipe)).to(self._device)
        return Run(
            network, self._reader(recipe, inputs), objective, recipe,
            schedule or Schedule.of(recipe, len(items), recipe.epochs), items,
            np.random.default_rng(seed), f"fold {self._split.fold}, seed {self._split.seed}",
        )  # fmt: skip

    def _reader(self, recipe: Recipe, source: Inputs | Sequences) -> Reader:
        return Reader(
            self._sequences,
            source.batch,
            self._problem.recordings is not None,
            self._device,
            recipe.frames,
            recipe.precision == "bf16",
        )


def smoothed(curve: list[float]) -> NDArray[np.float64]:
    """A curve, averaged over each epoch and its two neighbours.

    >>> int(smoothed([5.0, 3.0, 0.5, 4.0, 2.0, 2.0, 2.0]).argmin())
    5
    """
    padded = np.pad(np.array(curve), 1, mode="edge")
    return np.convolve(padded, np.ones(3) / 3, mode="valid")
