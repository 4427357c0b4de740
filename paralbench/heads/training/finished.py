"""Finished fits stored on disk, so that a stopped run resumes after the last of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.head import Fitted, OutOfFold, Split, Weight
from paralbench.heads.training.job import Done
from paralbench.records.result import Form
from paralbench.system.atomic_file import atomic_path

NO_NUMBERS = "it stores finished fits as they are"


def save(folder: Path | None, split: Split, done: Done) -> None:
    """Store a split's outcome in ``folder``, completely or not at all."""
    if folder is None:
        return
    fits = {"fitted": done.fitted, **done.compressed}
    if done.control is not None:
        fits["control"] = done.control
    record: dict[str, Any] = {
        "trained_parameters": done.trained_parameters,
        "tried": done.tried,
        "difference": done.difference,
        "changed": done.changed,
        "forms": [form.model_dump() for form in done.forms],
        "example": done.example,
        "weights": {name: asdict(weight) for name, weight in done.weights.items()},
        "chosen": {kind: fitted.chosen for kind, fitted in fits.items()},
    }
    arrays: dict[str, NDArray[Any]] = {}
    for kind, fitted in fits.items():
        arrays |= {f"{kind}/state/{name}": value for name, value in fitted.state.items()}
        arrays[f"{kind}/outputs"] = fitted.outputs
        if fitted.layer_weights is not None:
            arrays[f"{kind}/layer_weights"] = fitted.layer_weights
        if fitted.out_of_fold is not None:
            arrays[f"{kind}/out_of_fold/rows"] = fitted.out_of_fold.rows
            arrays[f"{kind}/out_of_fold/outputs"] = fitted.out_of_fold.outputs
    with atomic_path(_file(folder, split)) as scratch, scratch.open("wb") as out:
        np.savez(out, record=np.array(json.dumps(record)), **arrays)  # type: ignore[arg-type]


def load(folder: Path | None, split: Split) -> Done | None:
    """The stored outcome of a split; None where there is none."""
    if folder is None or not _file(folder, split).is_file():
        return None
    with np.load(_file(folder, split), allow_pickle=False) as content:
        arrays = {name: content[name] for name in content.files}
    record = json.loads(str(arrays.pop("record")))
    chosen = record.pop("chosen")
    fits = {kind: _fitted(f"{kind}/", arrays, split, chosen[kind]) for kind in chosen}
    return Done(
        fitted=fits.pop("fitted"),
        control=fits.pop("control", None),
        compressed=fits,
        forms=[Form(**form) for form in record.pop("forms")],
        weights={name: Weight(**weight) for name, weight in record.pop("weights").items()},
        **record,
    )


def _file(folder: Path, split: Split) -> Path:
    return folder / f"{split.fold}-{split.seed}.npz"


def _fitted(
    kind: str, arrays: dict[str, NDArray[Any]], split: Split, chosen: dict[str, Any]
) -> Fitted:
    start = f"{kind}state/"
    state = {name.removeprefix(start): v for name, v in arrays.items() if name.startswith(start)}
    rows = arrays.get(f"{kind}out_of_fold/rows")
    return Fitted(
        split,
        arrays[f"{kind}outputs"],
        chosen,
        state,
        arrays.get(f"{kind}layer_weights"),
        None if rows is None else OutOfFold(rows, arrays[f"{kind}out_of_fold/outputs"]),
    )
