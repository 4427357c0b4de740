"""The head that a study trained, as a head: it is scored on a site's speakers, and bundled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from paralbench.audio.cutting import Cutting
from paralbench.evaluation import entry
from paralbench.evaluation.outcome import Outcome
from paralbench.evaluation.preparation import Preparation
from paralbench.features.spec import FeatureSpec
from paralbench.federation import averaging, exact_head
from paralbench.federation.messages import Ask, Message
from paralbench.federation.site_data import SiteData
from paralbench.federation.study import Study
from paralbench.heads import head as find_head
from paralbench.heads import linear_probe
from paralbench.heads import settings as find_settings
from paralbench.heads.deployable import Deployable, Layout, State
from paralbench.heads.head import (
    Fits,
    Fitted,
    Head,
    PooledStream,
    Problem,
    Split,
    Stream,
    Workplace,
)
from paralbench.records.errors import UsageError

NO_NUMBERS = "its results carry the study as their key"


def trained(study: Study, ask: Ask) -> dict[str, NDArray[np.float64]]:
    """Train the head of a plan; the arrays of its file."""
    plan = study.plan
    settings = find_settings(plan.head, plan.settings)
    if plan.head == "linear-probe":
        head = exact_head.fit(ask, len(plan.classes), settings)
        states: list[State] = [exact_head.state_of(head.weights, head.bias)]
        held_out: list[list[State]] = [
            [exact_head.state_of(weights, bias)]
            for weights, bias in zip(head.held_out, head.held_out_bias, strict=True)
        ]
        part, sizes, rows = head.part, head.sizes, head.rows
    else:
        averaged = averaging.fit(ask, linear_probe.Settings(), len(plan.classes), plan.seeds)
        states, held_out = averaged.states, averaged.held_out
        part, sizes, rows = averaged.part, averaged.sizes, averaged.rows
    arrays = {"part": part, "sizes": sizes, "rows": np.array([rows])}
    for seed, state in enumerate(states):
        arrays |= {f"state/{seed}/{name}": values for name, values in state.items()}
    for number, of_part in enumerate(held_out):
        for seed, state in enumerate(of_part):
            arrays |= {f"held-out/{number}/{seed}/{n}": values for n, values in state.items()}
    return {name: np.asarray(values, np.float64) for name, values in arrays.items()}


@dataclass(frozen=True)
class StudyHead(Head):
    """The trained head in the place of the head of a site's entry.

    Where all tested rows are trained on, as for a bundle, it answers with the head of all sites' rows,
    otherwise with that which was trained without the inner fold of the split's number.

    Args:
        base: the head that was trained.
        arrays: the study's.
        prepared: the entry whose head it takes the place of.
    """

    base: Head
    arrays: Message
    prepared: Preparation

    @property
    def name(self) -> str:
        """Of the base."""
        return self.base.name

    @property
    def targets(self) -> frozenset[str]:
        """Of the base."""
        return self.base.targets

    @property
    def streams(self) -> Literal["one", "many"]:
        """One."""
        return "one"

    @property
    def settings(self) -> type[Any]:
        """Of the base."""
        return self.base.settings

    @property
    def deterministic(self) -> bool:
        """Of the base."""
        return self.base.deterministic

    def spec(self, settings: Any) -> FeatureSpec:
        """Of the base."""
        return self.base.spec(settings)

    def cutting(self, settings: Any) -> Cutting | None:
        """Of the base."""
        return self.base.cutting(settings)

    def layers(self, settings: Any, count: int) -> tuple[int, ...]:
        """Of the base."""
        return self.base.layers(settings, count)

    def deployable(self, state: State, settings: Any, layout: Layout) -> Deployable:
        """Of the base."""
        return self.base.deployable(state, settings, layout)

    def fit(
        self,
        streams: Sequence[Stream],
        problem: Problem,
        splits: Sequence[Split],
        settings: Any,
        work: Workplace | None = None,
    ) -> Fits:
        """Nothing is fitted: the study's states answer."""
        (stream,) = streams
        assert isinstance(stream, PooledStream)
        fitted = []
        for split in splits:
            deployed = bool(np.isin(split.train, split.test).all())
            start = f"state/{split.seed}/" if deployed else f"held-out/{split.fold}/{split.seed}/"
            state = state_in(self.arrays, start)
            form = self.deployable(state, settings, self.prepared.layout)
            outputs = np.stack([
                form.outputs([values.reshape(len(values), 2, -1)])[0]
                for values in stream.values[split.test]
            ])  # fmt: skip
            chosen = {"trained_on": int(self.arrays["rows"][0])}
            fitted.append(Fitted(split, outputs.astype(np.float32), chosen, state))
        return Fits(fitted, sum(int(values.size) for values in fitted[0].state.values()))


def state_in(arrays: Message, start: str) -> dict[str, NDArray[np.float32]]:
    """The state whose arrays begin with ``start``."""
    return {
        name.removeprefix(start): values.astype(np.float32)
        for name, values in arrays.items()
        if name.startswith(start)
    }


def in_place(study: Study) -> Callable[[Preparation], Preparation]:
    """What puts the study's head in the place of an entry's."""
    arrays = study.read_head()

    def changed(prepared: Preparation) -> Preparation:
        return replace(prepared, head=StudyHead(find_head(study.plan.head), arrays, prepared))

    return changed


def scored(study: Study, name: str, site: SiteData, cache: Path) -> Outcome:
    """The result of the study's head on a site's speakers, each by the head trained without them."""
    prepared = in_place(study)(site.prepared)
    arrays: Mapping[str, NDArray[np.float64]] = study.read_head()
    place = list(study.plan.sites).index(name)
    start = int(arrays["sizes"][:place].sum())
    part = arrays["part"].astype(int)[start + site.bunch]
    examples = site.inputs.selection.examples
    part_of = {examples[row].id: int(p) for row, p in zip(site.rows, part, strict=True)}
    parts = np.array([part_of.get(e.id, -1) for e in prepared.selection.examples])
    numbers = np.unique(parts[parts >= 0]).tolist()
    if len(numbers) < 2:
        raise UsageError(
            f"site '{name}': expected speakers in two parts of the study or more, got {len(numbers)}, so "
            "that no head was trained without some of them and with others. Begin a study with a "
            "smaller init --bunch, or with more speakers here."
        )
    every = np.arange(len(parts))
    splits = [
        Split(
            number, seed, every[(parts >= 0) & (parts != number)], every[:0], every[parts == number]
        )
        for number in numbers
        for seed in prepared.seeds
    ]
    outcome = entry.run(replace(prepared, splits=splits), cache)
    reason = (
        f"its head was trained by {len(study.plan.sites)} sites together (study {study.id[:12]}); it is "
        f"scored on the speakers of {name} alone"
    )
    result = outcome.result.model_copy(
        update={"entry": study.id, "standing": "local", "standing_reason": reason}
    )
    return replace(outcome, result=result)
