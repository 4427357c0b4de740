"""One split's work: search where one is declared, train, fold, and train the control."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from torch import Tensor

from paralbench.heads.head import Fitted, Problem, Split, Stream, Weight
from paralbench.heads.layers.compressed import compressed, size
from paralbench.heads.training import forms
from paralbench.heads.training.deployment import state
from paralbench.heads.training.fitting import Choice, Fitting, Trained
from paralbench.heads.training.network import Build, Network, folded, parameters
from paralbench.heads.training.recipe import Recipe
from paralbench.heads.training.sequences import Sequences
from paralbench.records.result import Form

Plain = Callable[[Any], Any]
"""Settings to those of the matched plain form."""


@dataclass(frozen=True)
class Done:
    """The outcome of one split. ``forms`` and ``weights`` are measured for the first one only."""

    fitted: Fitted
    control: Fitted | None
    compressed: dict[str, Fitted]
    trained_parameters: int
    tried: list[dict[str, Any]]
    difference: float
    changed: int
    forms: list[Form]
    weights: dict[str, Weight]
    example: str


@dataclass(frozen=True)
class About:
    """What the fits of an entry have in common, besides features.

    Args:
        build: makes the network.
        plain: settings of the control, None where none is trained.
        problem: the targets.
        settings: the head's recipe.
        device: where.
    """

    build: Build
    plain: Plain | None
    problem: Problem
    settings: Recipe
    device: str = "cpu"


class Job:
    """The fits of an entry, one split after the other."""

    def __init__(self, about: About, streams: Sequence[Stream]) -> None:
        self._about = about
        self._sequences = Sequences(streams, about.problem, about.settings.layers)

    def run(self, split: Split, measure: bool) -> Done:
        """Fit one split; ``measure`` what the forms cost as well."""
        about = self._about
        fitting = Fitting(self._sequences, about.problem, split, about.device)
        trained, tried = self._searched(fitting, split, None)
        recipe = trained.choice.recipe
        deployed = folded(trained.network)
        outputs = fitting.outputs(deployed, recipe)
        relative, changed = 0.0, 0
        if parameters(deployed) != parameters(trained.network):
            before = fitting.outputs(trained.network, recipe)
            relative, changed = forms.difference(before, outputs, about.problem.kind == "class")
        networks = {"trained": trained.network, "deployed": deployed}
        control = None
        if about.plain is not None:
            plain, more = self._searched(fitting, split, about.plain)
            networks["control"] = plain.network
            control = self._fitted(
                plain, plain.network, fitting.outputs(plain.network, plain.choice.recipe), split
            )
            tried += [{**candidate, "control": True} for candidate in more]
        smaller: dict[str, Network] = {form: compressed(deployed, form) for form in recipe.compress}
        measured, weights, example = self._measured(networks, smaller, split, measure)
        return Done(
            fitted=self._fitted(trained, deployed, outputs, split),
            control=control,
            compressed={
                form: self._fitted(trained, network, fitting.outputs(network, recipe), split)
                for form, network in smaller.items()
            },
            trained_parameters=parameters(trained.network),
            tried=tried,
            difference=relative,
            changed=changed,
            forms=measured,
            weights=weights,
            example=example,
        )

    def _searched(
        self, fitting: Fitting, split: Split, plain: Plain | None
    ) -> tuple[Trained, list[dict[str, Any]]]:
        """The fit of the candidate with the lowest criterion, and all candidates with theirs.

        Without rows to choose on, the settings as they are.
        """
        settings, build = self._about.settings, self._about.build
        tried: list[dict[str, Any]] = []
        best: Choice | None = None
        for values in _candidates(settings, split):
            recipe = settings.checked({**settings.model_dump(), **values}, "search")
            choice = fitting.choose(build, plain(recipe) if plain else recipe)
            if choice.loss is None:
                best = fitting.choose(build, plain(settings) if plain else settings)
                break
            if values:
                where = {"fold": split.fold, "seed": split.seed}
                tried.append({**where, **values, "development_loss": choice.loss})
            if best is None or best.loss is None or choice.loss < best.loss:
                best = choice
        assert best is not None
        return fitting.finish(build, best), tried

    def _fitted(self, trained: Trained, network: Network, outputs: Tensor, split: Split) -> Fitted:
        shares, choice = network.shares(), trained.choice
        return Fitted(
            split=split,
            outputs=trained.objective.answers(outputs),
            chosen={
                "epoch": choice.epoch,
                "epochs": choice.epochs or choice.epoch,
                "development_loss": choice.loss,
                "chosen_on": choice.chosen_on,
                "refitted": trained.refitted,
            },
            state=state(network, trained.objective.scale),
            layer_weights=shares[0].detach().numpy() if len(shares) == 1 else None,
            out_of_fold=choice.out_of_fold,
        )

    def _measured(
        self, networks: dict[str, Network], smaller: dict[str, Network], split: Split, measure: bool
    ) -> tuple[list[Form], dict[str, Weight], str]:
        """Cost of the forms and of the compressed ones for a test example of median length."""
        if not measure:
            return [], {}, ""
        sequences = self._sequences
        items = sequences.items(split.test)
        item = items[np.argsort(sequences.lengths[items], kind="stable")[len(items) // 2]]
        frames = sequences.lengths[item]
        seconds = f", {frames / sequences.rate:.1f} s" if sequences.rate else ""
        example = f"a test example of median length: {frames} frames{seconds}"
        costs = forms.compared({**networks, **smaller}, sequences.batch(np.array([item])))
        weights = {
            form.name: Weight(size(network), form.latency, example)
            for form in costs
            for name, network in {"deployed": networks["deployed"], **smaller}.items()
            if smaller and name == form.name
        }
        return [form for form in costs if form.name in networks], weights, example


def _candidates(settings: Recipe, split: Split) -> list[dict[str, Any]]:
    """All combinations of the search, or as many as its budget allows, the same for every fold."""
    names = list(settings.search)
    grid = [dict(zip(names, values, strict=True)) for values in product(*settings.search.values())]
    if settings.budget and settings.budget < len(grid):
        picked = np.random.default_rng(split.seed).permutation(len(grid))[: settings.budget]
        return [grid[place] for place in sorted(picked)]
    return grid
