"""Finished fits kept on disk, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.head import Fitted, Split, Weight
from paralbench.heads.training.job import Done
from paralbench.records.result import Form
from paralbench.system.atomic_file import atomic_path

NO_NUMBERS = "it keeps finished fits as they are"


def save(folder: Path | None, split: Split, done: Done) -> None:
    """Keep a split's outcome in ``folder``, whole or not at all."""
    if folder is None:
        return
    told: dict[str, Any] = {
        "trained_parameters": done.trained_parameters,
        "tried": done.tried,
        "difference": done.difference,
        "changed": done.changed,
        "forms": [form.model_dump() for form in done.forms],
        "example": done.example,
        "weights": {name: asdict(weight) for name, weight in done.weights.items()},
        "chosen": {"fitted": done.fitted.chosen},
    }
    arrays = _arrays("fitted", done.fitted)
    for form, smaller in done.compressed.items():
        told["chosen"][form] = smaller.chosen
        arrays |= _arrays(form, smaller)
    if done.control is not None:
        told["chosen"]["control"] = done.control.chosen
        arrays |= _arrays("control", done.control)
    with atomic_path(_file(folder, split)) as scratch, scratch.open("wb") as out:
        np.savez(out, told=np.array(json.dumps(told)), **arrays)  # type: ignore[arg-type]


def load(folder: Path | None, split: Split) -> Done | None:
    """What was kept of a split; None where nothing was."""
    if folder is None or not _file(folder, split).is_file():
        return None
    with np.load(_file(folder, split), allow_pickle=False) as content:
        told = json.loads(str(content["told"]))
        arrays = {name: content[name] for name in content.files if name != "told"}
    chosen = told.pop("chosen")
    fitted = {kind: _fitted(kind, arrays, split, chosen[kind]) for kind in chosen}
    forms = [Form(**form) for form in told.pop("forms")]
    weights = {name: Weight(**weight) for name, weight in told.pop("weights").items()}
    whole, control = fitted.pop("fitted"), fitted.pop("control", None)
    return Done(
        fitted=whole, control=control, forms=forms, weights=weights, compressed=fitted, **told
    )


def _file(folder: Path, split: Split) -> Path:
    return folder / f"{split.fold}-{split.seed}.npz"


def _arrays(kind: str, fitted: Fitted) -> dict[str, NDArray[Any]]:
    found = {f"{kind}/state/{name}": value for name, value in fitted.state.items()}
    found[f"{kind}/outputs"] = fitted.outputs
    if fitted.layer_weights is not None:
        found[f"{kind}/layer_weights"] = fitted.layer_weights
    return found


def _fitted(
    kind: str, arrays: dict[str, NDArray[Any]], split: Split, chosen: dict[str, Any]
) -> Fitted:
    start = f"{kind}/state/"
    state = {
        name.removeprefix(start): value for name, value in arrays.items() if name.startswith(start)
    }
    return Fitted(
        split, arrays[f"{kind}/outputs"], chosen, state, arrays.get(f"{kind}/layer_weights")
    )
