"""One averaging round for networks: each site trains its own, neurons are matched, weights averaged.

Reimplementation from published descriptions: one-shot federated averaging (McMahan et al., 2017),
after the hidden neurons of every network were permuted to match those of the largest site by their
weights (weight matching of Ainsworth et al., 2023; FedGuCci and TNA-PFN start from the same
observation, that networks of different sites differ by permutations). It is not the pooled network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.federation.dealing import Dealing
from paralbench.federation.exact_head import standard_of
from paralbench.federation.messages import (
    COUNTS,
    MEAN,
    SCALE,
    SIZES,
    TABLE,
    Array,
    Ask,
    Message,
    total,
)
from paralbench.federation.site_rows import SiteRows
from paralbench.heads.deployable import State
from paralbench.heads.head import Head, PooledStream, Problem, Split, Workplace
from paralbench.records.errors import ParalbenchError

NO_NUMBERS = "it averages weights for a federated head, which no result is keyed by"

ALIGNED = {"mlp": ("answering.hidden.0", "answering.out")}
"""Heads whose neurons can be matched: the linear maps into and out of the hidden neurons."""
_MEAN, _SCALE = "listening.0.mean", "listening.0.scale"


def check(head: str, settings: Any, classes: int) -> None:
    """Refuse a head that has neither sums nor neurons that can be matched.

    Raises:
        ParalbenchError: for any head but the linear probe and the pooled mlp for classes.
    """
    if head == "linear-probe" or (head in ALIGNED and settings.pool == "first" and classes):
        return
    raise ParalbenchError(
        f"head '{head}' cannot be federated here: sums give 'linear-probe' exactly, and for classes the "
        "neurons of the pooled 'mlp' can be matched and averaged; of other heads neither is known."
    )


@dataclass(frozen=True)
class AveragedHead:
    """Averaged networks.

    Args:
        states: one a seed, trained on all rows.
        held_out: of each inner fold and seed, trained without the fold.
        part, sizes: see :class:`paralbench.federation.exact_head.ExactHead`.
        rows: of all sites.
    """

    states: list[State]
    held_out: list[list[State]]
    part: NDArray[np.int64]
    sizes: NDArray[np.int64]
    rows: int


def fit(
    ask: Ask, dealing_settings: Any, classes: int, seeds: int, with_parts: bool = True
) -> AveragedHead:
    """Average the sites' networks.

    Args:
        ask: sends a request to all sites.
        dealing_settings: of the linear probe, which deals inner folds.
        classes: how many.
        seeds: networks of each kind.
        with_parts: also average networks that were trained without each inner fold.
    """
    answers = ask({COUNTS: np.ones(1)})
    table = np.concatenate([answer[TABLE] for answer in answers])
    sizes = np.array([len(answer[TABLE]) for answer in answers])
    rows = float(table.sum())
    mean = total(answers, "sums") / rows
    dealing = Dealing.of(table, classes, dealing_settings)
    common: Message = {TABLE: table, SIZES: sizes.astype(float), MEAN: mean}
    squares = total(ask({**common, "squares": np.ones(1)}), "squares")
    scale = np.stack([
        standard_of(at, of_layer / rows).scale for at, of_layer in zip(mean, squares, strict=True)
    ])  # fmt: skip
    answers = ask({**common, SCALE: scale, "networks": np.array([seeds, float(with_parts)])})
    weights = np.array([answer["rows"][0] for answer in answers])

    def joined(fold: int, seed: int) -> State:
        start = f"network/{fold}/{seed}/"
        states = [
            {name.removeprefix(start): v for name, v in answer.items() if name.startswith(start)}
            for answer in answers
        ]
        state = averaged(states, weights, "mlp")
        # The networks were trained on commonly standardised columns and standardise nothing.
        return {**state, _MEAN: mean.astype(np.float32), _SCALE: scale.astype(np.float32)}

    parts = range(1, dealing.side.folds.count + 1 if with_parts else 1)
    return AveragedHead(
        [joined(0, seed) for seed in range(seeds)],
        [[joined(part, seed) for seed in range(seeds)] for part in parts],
        dealing.part,
        sizes,
        int(rows),
    )


def averaged(states: Sequence[Mapping[str, Array]], weights: Array, head: str) -> State:
    """The weighted mean of networks, each permuted to match that of the largest weight."""
    names = set(states[0])
    if any(
        set(state) != names or any(state[n].shape != states[0][n].shape for n in names)
        for state in states
    ):
        raise ParalbenchError("the sites' networks have different shapes and cannot be averaged.")
    reference = states[int(np.argmax(weights))]
    matched = [aligned(state, reference, *ALIGNED[head]) for state in states]
    shares = weights / weights.sum()
    return {
        name: sum(s * state[name] for s, state in zip(shares, matched, strict=True)).astype(np.float32)
        for name in sorted(names)
    }  # fmt: skip


def aligned(
    state: Mapping[str, Array], reference: Mapping[str, Array], into: str, out_of: str
) -> dict[str, Array]:
    """The same network with its hidden neurons in the order that is most like the reference's."""
    from scipy.optimize import linear_sum_assignment

    def neurons(network: Mapping[str, Array]) -> Array:
        bias = network[f"{into}.bias"][:, None]
        return np.hstack([network[f"{into}.weight"], bias, network[f"{out_of}.weight"].T])

    _, order = linear_sum_assignment(neurons(reference) @ neurons(state).T, maximize=True)
    return {
        **state,
        f"{into}.weight": state[f"{into}.weight"][order],
        f"{into}.bias": state[f"{into}.bias"][order],
        f"{out_of}.weight": state[f"{out_of}.weight"][:, order],
    }


@dataclass
class SiteNetworks(SiteRows):
    """A site that trains networks of its own rows; ``settings`` are those of the linear probe.

    Args:
        head: the network head.
        recipe: its settings.
    """

    head: Head = field(kw_only=True)
    recipe: Any = field(kw_only=True)

    def _sums(self, request: Message) -> dict[str, Array]:
        if "squares" in request:
            return {
                "squares": np.stack([
                    ((self.features[:, layer] - mean) ** 2).sum(0)
                    for layer, mean in enumerate(request[MEAN])
                ])
            }  # fmt: skip
        if "networks" in request:
            seeds, with_parts = request["networks"].astype(int).tolist()
            return self._networks(request, seeds, bool(with_parts))
        return super()._sums(request)

    def _networks(self, request: Message, seeds: int, with_parts: bool) -> dict[str, Array]:
        """Networks of all rows (fold 0) and without each inner fold (1 and on)."""
        rows = np.stack([self._rows(request, layer) for layer in range(self.features.shape[1])], 1)
        values = rows.astype(np.float32).reshape(*rows.shape[:2], 2, -1)
        parts, every = self.parts(request), np.arange(len(rows))
        kind = "class" if self.classes else "number"
        problem = Problem(kind, self.targets, self.classes, groups=self.bunch)  # type: ignore[arg-type]
        splits = [
            Split(fold, seed, every[parts != fold - 1], every[:0], every)
            for fold in range(self._folds(request) + 1 if with_parts else 1)
            for seed in range(seeds)
        ]
        recipe = self.recipe.model_copy(update={"standardise": False})
        fits = self.head.without_control().fit(
            [PooledStream("site", values)], problem, splits, recipe, Workplace(workers=1)
        )
        answer = {"rows": np.array([float(len(rows))])}
        for fit in fits.fitted:
            start = f"network/{fit.split.fold}/{fit.split.seed}/"
            answer |= {f"{start}{name}": v.astype(np.float64) for name, v in fit.state.items()}
        return answer
