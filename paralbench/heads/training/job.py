"""One split's work: search where one is declared, train, fold, train the control, and keep it all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import torch

from paralbench.heads.head import Fitted, Problem, Split, Stream, Weight
from paralbench.heads.layers.compressed import compressed, size
from paralbench.heads.training import forms
from paralbench.heads.training.deployment import state
from paralbench.heads.training.fitting import Fitting, Trained
from paralbench.heads.training.network import Build, Network, folded, parameters
from paralbench.heads.training.recipe import Recipe
from paralbench.heads.training.sequences import Batch, Sequences
from paralbench.records.result import Form

Plain = Callable[[Any], Any]
"""Settings to those of the matched plain form."""


@dataclass(frozen=True)
class Done:
    """What came of one split. ``forms`` are measured where they were asked for."""

    fitted: Fitted
    control: Fitted | None
    trained_parameters: int
    tried: list[dict[str, Any]]
    difference: float
    changed: int
    forms: list[Form]
    example: str
    compressed: dict[str, Fitted]
    weights: dict[str, Weight]


@dataclass(frozen=True)
class About:
    """What the fits of an entry have in common, features apart.

    Args:
        build: makes the network.
        plain: settings of the control, None where none is trained.
        problem: what is learnt.
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
        self._build, self._plain, self._problem = about.build, about.plain, about.problem
        self._settings, self._device = about.settings, about.device
        self._sequences = Sequences(streams, about.problem, about.settings.layers)

    def run(self, split: Split, measure: bool) -> Done:
        """Fit one split; ``measure`` what the forms cost as well."""
        fitting = Fitting(self._sequences, self._problem, split, self._device)
        recipe, trained, tried = self._searched(fitting, split)
        deployed = folded(trained.network)
        outputs = fitting.outputs(deployed, recipe)
        classes = self._problem.kind == "class"
        apart, changed = 0.0, 0
        if parameters(deployed) != parameters(trained.network):
            before = fitting.outputs(trained.network, recipe)
            apart, changed = forms.difference(before, outputs, classes)
        control, plain = None, None
        if self._plain is not None:
            settings = self._plain(recipe)
            plain = fitting.train(self._build, settings)
            control = self._fitted(
                plain, plain.network, fitting.outputs(plain.network, settings), split
            )
        networks: dict[str, Network] = {
            form: compressed(deployed, form) for form in recipe.compress
        }
        smaller = {
            form: self._fitted(trained, network, fitting.outputs(network, recipe), split)
            for form, network in networks.items()
        }
        weights = self._weights({"deployed": deployed, **networks}, split, measure)
        measured, example = self._measured(trained, deployed, plain, split) if measure else ([], "")
        return Done(
            fitted=self._fitted(trained, deployed, outputs, split),
            control=control,
            trained_parameters=parameters(trained.network),
            tried=tried,
            difference=apart,
            changed=changed,
            forms=measured,
            example=example,
            compressed=smaller,
            weights=weights,
        )

    def _weights(
        self, networks: dict[str, Network], split: Split, measure: bool
    ) -> dict[str, Weight]:
        """Bytes and latency of each form; nothing where none is compressed or none is measured."""
        if len(networks) < 2 or not measure:
            return {}
        batch, example = self._example(split)
        timed = {form.name: form.latency for form in forms.compared(networks, batch)}
        return {
            name: Weight(size(network), timed[name], example) for name, network in networks.items()
        }

    def _searched(
        self, fitting: Fitting, split: Split
    ) -> tuple[Recipe, Trained, list[dict[str, Any]]]:
        """The settings whose development loss is lowest; without a search those that were given."""
        candidates = _candidates(self._settings, split)
        if len(candidates) == 1 or not len(split.develop):
            return self._settings, fitting.train(self._build, self._settings), []
        tried, best = [], None
        for values in candidates:
            recipe = self._settings.checked(
                {**self._settings.model_dump(), **values}, "search"
            )  # fmt: skip
            trained = fitting.train(self._build, recipe)
            loss = trained.development
            tried.append(
                {"fold": split.fold, "seed": split.seed, **values, "development_loss": loss}
            )
            if best is None or (loss or np.inf) < (best[1].development or np.inf):
                best = (recipe, trained)
        assert best is not None
        return best[0], best[1], tried

    def _fitted(
        self, trained: Trained, network: Network, outputs: torch.Tensor, split: Split
    ) -> Fitted:
        shares = network.shares()
        return Fitted(
            split=split,
            outputs=trained.objective.answers(outputs),
            chosen={
                "epoch": trained.epoch,
                "epochs": trained.epochs,
                "development_loss": trained.development,
            },
            state=state(
                network, None if self._problem.kind == "class" else trained.objective.scale
            ),
            layer_weights=shares[0].detach().numpy() if len(shares) == 1 else None,
        )

    def _measured(
        self, trained: Trained, deployed: Network, plain: Trained | None, split: Split
    ) -> tuple[list[Form], str]:
        networks = {"trained": trained.network, "deployed": deployed}
        if plain is not None:
            networks["control"] = plain.network
        batch, example = self._example(split)
        return forms.compared(networks, batch), example

    def _example(self, split: Split) -> tuple[Batch, str]:
        """A test example of median length, and how to tell of it."""
        sequences = self._sequences
        items = sorted(sequences.items(split.test).tolist(), key=sequences.length)
        item = items[len(items) // 2]
        frames = sequences.length(item)
        seconds = f", {frames / sequences.rate:.1f} s" if sequences.rate else ""
        told = f"a test example of median length: {frames} frames{seconds}"
        return sequences.batch(np.array([item])), told


def _candidates(settings: Recipe, split: Split) -> list[dict[str, Any]]:
    """All combinations of the search, or as many as its budget allows, the same for every fold."""
    names = list(settings.search)
    every = [dict(zip(names, values, strict=True)) for values in product(*settings.search.values())]
    if settings.budget and settings.budget < len(every):
        picked = np.random.default_rng(split.seed).permutation(len(every))[: settings.budget]
        every = [every[place] for place in sorted(picked)]
    return every
