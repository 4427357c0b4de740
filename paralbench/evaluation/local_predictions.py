"""Rows of the local predictions table: what was predicted for each file, averaged over seeds."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from paralbench.evaluation.preparation import Preparation
from paralbench.results.predictions import Predictions

NO_NUMBERS = "it repeats predictions beside the names of files"


def rows(prepared: Preparation, content: bytes, classes: Sequence[str]) -> list[dict[str, object]]:
    """One row an example, with the columns of ``paralbench.results.local``.

    Args:
        prepared: the entry.
        content: its predictions, in Parquet.
        classes: of the result.

    Returns:
        Nothing for a series, whose steps belong to no file alone.
    """
    if prepared.selection.series:
        return []
    import pyarrow.parquet as pq

    predictions, ids = Predictions.restored(pq.read_table(io.BytesIO(content)), classes)
    named = {prepared.ids[example.id]: example for example in prepared.selection.examples}
    _, first = np.unique(predictions.rows, return_index=True)
    outputs = np.zeros((len(ids), predictions.outputs.shape[1]))
    np.add.at(outputs, predictions.rows, predictions.outputs)
    outputs /= np.bincount(predictions.rows)[:, None]
    table = []
    for name, row, means in zip(ids, first, outputs, strict=True):
        example, truth = named[name], predictions.truth[row]
        clip = example.clips[0]
        best = int(np.argmax(means))
        table.append(
            {
                "file": str(clip.path.absolute()),
                "start": clip.start,
                "end": "" if clip.end is None else clip.end,
                "example": example.id,
                "speaker": example.groups.get("speaker", ""),
                "fold": int(predictions.folds[row]),
                "truth": classes[int(truth)] if classes else f"{truth:.6g}",
                "predicted": classes[best] if classes else f"{means[0]:.6g}",
                "confidence": f"{means[best]:.4f}" if classes else "",
            }
        )
    return table
