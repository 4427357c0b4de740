"""results.csv and results.parquet: one flat row for each recording, the same columns in both.

No column tells when or how fast, so the same recordings and bundle give the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import paralbench
from paralbench.records.assessment import Stretch
from paralbench.records.quality import Quality
from paralbench.records.screened import Row
from paralbench.system.csv_cell import safe

_TEXT = (
    "id", "path", "status", "reason", "cause", "warnings", "prediction", "classes", "stretches",
    "truth", "patient", "noise_method", "dead_channels", "sha256", "bundle", "paralbench",
)  # fmt: skip
_WHOLE = ("channel", "rate", "channels", "not_finite")
_ATTRIBUTE = "attribute."


def flat(rows: Sequence[Row], bundle: str, named: bool) -> list[dict[str, Any]]:
    """The rows as they stand in both files.

    Args:
        rows: of the run.
        bundle: the bundle's sha256.
        named: whether the list's own columns are shown row by row; with pseudonyms they are not,
            since any of them may tell who it is.
    """
    attributes = sorted({name for row in rows for name in row.attributes}) if named else []
    return [_flat(row, bundle, attributes) for row in rows]


def _flat(row: Row, bundle: str, attributes: Sequence[str]) -> dict[str, Any]:
    found, told = row.screened, row.assessment
    quality = {one.name: getattr(told.quality, one.name, None) for one in fields(Quality)}
    dead = quality.pop("dead_channels")
    return {
        "id": row.id,
        "path": row.path,
        "start": found.start,
        "end": found.end,
        "channel": found.channel,
        "status": told.status,
        "prediction": told.prediction,
        "probability": told.probability,
        "value": told.value,
        "low": told.low,
        "high": told.high,
        "classes": " | ".join(told.classes) or None,
        "distance": told.distance,
        "reason": told.reason or None,
        "cause": told.cause or None,
        "warnings": " | ".join(told.warnings) or None,
        "stretches": "; ".join(map(_stretch, told.stretches)) or None,
        "truth": row.truth,
        "patient": row.patient,
        **{f"{_ATTRIBUTE}{name}": row.attributes.get(name) for name in attributes},
        **quality,
        "dead_channels": None if dead is None else " ".join(map(str, dead)) or None,
        "sha256": found.sha256,
        "bundle": bundle,
        "paralbench": paralbench.__version__,
    }


def _stretch(one: Stretch) -> str:
    return f"{one.start:.1f}-{one.end:.1f} s ({one.weight:+.2f})"


def as_csv(table: Sequence[dict[str, Any]]) -> bytes:
    """UTF-8 with a header; text that a spreadsheet would run is defused."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writerow({column: safe(column) for column in table[0]})
    for row in table:
        writer.writerow({column: safe(value) for column, value in row.items()})
    return text.getvalue().encode()


def as_parquet(table: Sequence[dict[str, Any]]) -> bytes:
    """Numbers as numbers, text as it is."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def kind(column: str) -> Any:
        if column in _TEXT or column.startswith(_ATTRIBUTE):
            return pa.string()
        return pa.int64() if column in _WHOLE else pa.float64()

    schema = pa.schema([(column, kind(column)) for column in table[0]])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(table), schema), buffer, compression="zstd")
    return buffer.getvalue()
