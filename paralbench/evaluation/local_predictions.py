"""Rows of the local predictions table: what was predicted for each file, averaged over seeds."""

from __future__ import annotations

import numpy as np

from paralbench.evaluation.outcome import Outcome

NO_NUMBERS = "it repeats predictions beside the names of files"


def rows(outcome: Outcome) -> list[dict[str, object]]:
    """One row an example, with the columns of ``paralbench.results.local``.

    Returns:
        Nothing for a series, whose steps belong to no file alone.
    """
    predictions, classes = outcome.table, outcome.result.classes
    if predictions.steps is not None:
        return []
    scored, first, place = np.unique(predictions.rows, return_index=True, return_inverse=True)
    outputs = np.zeros((len(scored), predictions.outputs.shape[1]))
    np.add.at(outputs, place, predictions.outputs)
    outputs /= np.bincount(place)[:, None]
    table = []
    for number, row, means in zip(scored, first, outputs, strict=True):
        example, truth = outcome.examples[number], predictions.truth[row]
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
