"""The request that reproduces a recorded result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from paralbench.encoders.placement import Placement
from paralbench.evaluation.benchmark import OWN, Request
from paralbench.evaluation.own_protocol import OwnProtocol
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result


def recorded_request(
    recorded: Result,
    file: Path,
    data: Mapping[str, Path],
    weights: Mapping[str, Path],
    device: str = "cpu",
) -> Request:
    """The request of the result in ``file``, with data and weights of this machine.

    Raises:
        ParalbenchError: if its encoders had different placements.
    """
    encoders = recorded.model.streams or [recorded.model]
    placements = {encoder.placement for encoder in encoders}
    if len(placements) > 1:
        raise ParalbenchError(
            f"{file}: its encoders have {len(placements)} placements "
            f"({', '.join(sorted(placements))}); expected one."
        )
    across = recorded.transfer
    cards = recorded.cards
    protocol = None
    if cards is not None and cards.corpus.access == OWN:
        protocol = OwnProtocol.recorded(cards.task)
    return Request(
        tasks=(recorded.task,) if across is None else (across.tested,),
        trained=None if across is None else across.trained,
        across=None if across is None else across.labels,
        models=("+".join(encoder.id for encoder in encoders),),
        heads=(recorded.head,),
        data=data,
        weights=weights,
        head_settings=recorded.training.settings,
        seeds=tuple(recorded.seeds),
        protocol=protocol,
        placement=Placement.named(placements.pop(), device),
    )
