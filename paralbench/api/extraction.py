"""Features of audio files as a DataFrame, indexed as audformat and audinterface do."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from paralbench.api.models import Model, get_model
from paralbench.features.digests import digests
from paralbench.features.extraction import extract as fill
from paralbench.features.key import clip_key, feature_key
from paralbench.features.reading import read
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore, Loaded
from paralbench.records.errors import UsageError
from paralbench.records.example import Clip

if TYPE_CHECKING:
    import pandas as pd

NO_NUMBERS = "it arranges what extraction computed"


def extract(
    model: Model | str | Path,
    files: str | Path | Iterable[str | Path] | pd.Index,
    *,
    progress: bool = False,
) -> pd.DataFrame:
    """Mean and deviation over time of each layer's hidden states, a row for each file or segment.

    Features are stored under the audio's content and the model, so that a second call reads them.

    Args:
        model: of :func:`get_model`, or what it takes.
        files: a file, several, or an index of audformat: files, or (file, start, end) with times as
            Timedelta, where a missing end is the end of the file.
        progress: show a bar on a terminal or in a notebook.

    Returns:
        A row for each segment under (file, start, end), as audinterface gives them; columns
        (layer, statistic, dimension), float32. What could not be decoded is not in it, is warned of,
        and stands with its reason in ``frame.attrs["refused"]``.

    Raises:
        UsageError: for a model of several encoders, or an index of another kind.

    Example:
        >>> import tempfile, pathlib, numpy as np, soundfile
        >>> import paralbench as pb
        >>> file = pathlib.Path(tempfile.mkdtemp(), "tone.wav")
        >>> soundfile.write(file, np.sin(np.arange(16000) / 9), 16000)
        >>> frame = pb.extract("log-mel", file)
        >>> frame.index.names, frame.shape
        (FrozenList(['file', 'start', 'end']), (1, 160))
        >>> frame[0]["mean"].shape  # of the first layer
        (1, 80)
    """
    import pandas as pd

    model = get_model(model).current()
    encoder = model.encoders[0]
    card = model.card
    names, clips = _clips(files)
    files_sha256 = digests({clip.path for clip in clips})
    keys = [clip_key(files_sha256[clip.path] or f"unreadable {clip.path}", clip) for clip in clips]
    spec = FeatureSpec("pooled")
    store = FeatureStore(model.cache, feature_key(encoder, spec))
    by_key = dict(zip(keys, clips, strict=True))
    extraction = fill(encoder, by_key, store, quiet=not progress)
    stored = [row for row, key in enumerate(keys) if key not in extraction.refused]
    records = read(encoder, by_key, store, [keys[row] for row in stored], quiet=not progress)
    assert isinstance(records, Loaded)  # pooled ones are
    values = (
        records.stacked().astype(np.float32).reshape(len(stored), -1)
        if stored
        else np.empty((0, card.layers * 2 * card.width), np.float32)
    )
    starts = [clips[row].start for row in stored]
    ends = [start + seconds for start, seconds in zip(starts, records.asked.tolist(), strict=True)]
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index([names[row] for row in stored], dtype="string"),
            pd.to_timedelta(starts, unit="s").astype("timedelta64[ns]"),
            pd.to_timedelta(ends, unit="s").astype("timedelta64[ns]"),
        ],
        names=["file", "start", "end"],
    )
    columns = pd.MultiIndex.from_product(
        [range(card.layers), ["mean", "deviation"], range(card.width)],
        names=["layer", "statistic", "dimension"],
    )
    frame = pd.DataFrame(values, index, columns)
    refused = {
        names[row]: extraction.refused[key]
        for row, key in enumerate(keys)
        if key in extraction.refused
    }
    frame.attrs["refused"] = refused
    if refused:
        first, reason = next(iter(refused.items()))
        warnings.warn(
            f"{len(refused)} of {len(keys)} are not in the frame; the first: {first}: {reason}",
            stacklevel=2,
        )
    return frame


def _clips(files: Any) -> tuple[list[str], list[Clip]]:
    """The files as they were named, and the clips.

    Raises:
        UsageError: for an index with other levels.
    """
    if isinstance(files, str | Path):
        files = [files]
    names = list(getattr(files, "names", []))
    if len(names) > 1:
        if names != ["file", "start", "end"]:
            raise UsageError(f"expected an index of (file, start, end), got {names}.")
        rows = [(str(file), _seconds(start) or 0.0, _seconds(end)) for file, start, end in files]
    else:
        rows = [(str(file), 0.0, None) for file in files]
    clips = [Clip(Path(file).expanduser(), start, end) for file, start, end in rows]
    return [file for file, _, _ in rows], clips


def _seconds(time: Any) -> float | None:
    """A Timedelta, or a number of seconds; None where it is missing."""
    seconds = float(time.total_seconds()) if hasattr(time, "total_seconds") else float(time)
    return None if np.isnan(seconds) else seconds
