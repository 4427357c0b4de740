"""What was asked for when a result was made, as far as the result tells: to ask for it again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from paralbench.encoders.placement import Placement
from paralbench.evaluation.benchmark import Request
from paralbench.records.errors import ParalbenchError
from paralbench.records.result import Result


def recorded_request(
    recorded: Result,
    where: Path,
    data: Mapping[str, Path],
    weights: Mapping[str, Path],
    device: str = "cpu",
) -> Request:
    """The request of a result that stands in ``where``, with data and weights as they lie here.

    Raises:
        ParalbenchError: where no one request can ask for it.
    """
    encoders = recorded.model.streams or [recorded.model]
    placements = {one.placement for one in encoders}
    if len(placements) > 1:
        raise ParalbenchError(
            f"{where}: its encoders were computed in {len(placements)} ways "
            f"({', '.join(sorted(placements))}); one run has one way."
        )
    across = recorded.transfer
    return Request(
        tasks=(recorded.task,) if across is None else (across.tested,),
        trained=None if across is None else across.trained,
        across=None if across is None else across.labels,
        models=("+".join(one.id for one in encoders),),
        heads=(recorded.head,),
        data=data,
        weights=weights,
        head_settings=recorded.training.settings,
        seeds=tuple(recorded.seeds),
        placement=Placement.named(placements.pop(), device),
    )
