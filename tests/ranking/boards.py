"""Results made by hand for the board."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from paralbench.records.result import Result
from paralbench.results import files

FIXTURE = Path(__file__).parents[1] / "results" / "fixtures" / "result-v1.json"


def result(
    model: str = "bands", value: float = 0.7, width: float = 0.1, metric: str = "uar", **more: Any
) -> Result:
    """The frozen result, with another model and score."""
    told = json.loads(FIXTURE.read_text(encoding="utf-8"))
    told["model"]["id"] = model
    told["scores"] = [told["scores"][0]]
    told["ranking"] = metric
    told["scores"][0].update(metric=metric, value=value)
    told["scores"][0]["interval"].update(low=value - width / 2, high=value + width / 2)
    title = more.pop("title", None)
    if title is not None:
        told["model"]["title"] = title
    told.update(more)
    return Result.model_validate(told)


def write(root: Path, *results: Result) -> Path:
    """Their files below ``root``."""
    for one in results:
        files.write(root, one, b"predictions")
    return root
