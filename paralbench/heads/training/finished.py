"""Finished fits stored on disk, so that a stopped run resumes after the last of them.

A file is the sha256 of an npz archive, and the archive.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.heads.head import Fitted, OutOfFold, Split, Weight
from paralbench.heads.training.job import Done
from paralbench.records.result import Form
from paralbench.system.atomic_file import write_atomically

NO_NUMBERS = "it stores finished fits as they are"

_DIGEST = 32  # bytes


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
    archive = BytesIO()
    np.savez(archive, record=np.array(json.dumps(record)), **arrays)  # type: ignore[arg-type]
    content = archive.getvalue()
    write_atomically(_file(folder, split), sha256(content).digest() + content)


def load(folder: Path | None, split: Split) -> Done | None:
    """The stored outcome of a split; None where there is none, or where its file is damaged."""
    if folder is None:
        return None
    try:
        content = _file(folder, split).read_bytes()
    except OSError:
        return None
    digest, content = content[:_DIGEST], content[_DIGEST:]
    if sha256(content).digest() != digest:
        return None
    with np.load(BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
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
    return folder / f"{split.fold}-{split.seed}.fit"


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
