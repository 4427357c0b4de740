"""results.csv and results.parquet: one row for each recording, the same columns in both.

No column holds a time or a speed, so that the same recordings and bundle give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import paralbench
from paralbench.records.bundle import Manifest
from paralbench.records.quality import Quality
from paralbench.records.screened import Row
from paralbench.screening.row_state import action, state
from paralbench.system.csv_cell import csv_text

_TEXT = (
    "id", "path", "status", "state", "action", "reason", "cause", "warnings", "prediction", "classes", "stretches",
    "truth", "patient", "noise_method", "dead_channels", "sha256", "bundle", "paralbench",
)  # fmt: skip
_INTEGER = ("channel", "rate", "channels", "not_finite")
_ATTRIBUTE = "attribute."


def flat(manifest: Manifest, rows: Sequence[Row], bundle: str, named: bool) -> list[dict[str, Any]]:
    """The rows as both files hold them.

    Args:
        manifest: the screener's.
        rows: of the run.
        bundle: the bundle's sha256.
        named: whether to show the list's own columns; not with pseudonyms, since any of them may
            identify a person.
    """
    attributes = sorted({name for row in rows for name in row.attributes}) if named else []
    table: list[dict[str, Any]] = []
    for row in rows:
        screened, assessment = row.screened, row.assessment
        quality: dict[str, Any] = {field.name: None for field in fields(Quality)}
        if assessment.quality is not None:
            quality |= asdict(assessment.quality)
            quality["dead_channels"] = " ".join(map(str, quality["dead_channels"])) or None
        stretches = (
            f"{part.start:.1f}-{part.end:.1f} s ({part.weight:+.2f})"
            for part in assessment.stretches
        )
        table.append(
            {
                "id": row.id,
                "path": row.path,
                "start": screened.start,
                "end": screened.end,
                "channel": screened.channel,
                "status": assessment.status,
                "state": str(state(manifest, assessment)),
                "action": action(manifest, assessment, row.attributes),
                "prediction": assessment.prediction,
                "probability": assessment.probability,
                "value": assessment.value,
                "low": assessment.low,
                "high": assessment.high,
                "classes": " | ".join(assessment.classes) or None,
                "distance": assessment.distance,
                "reason": assessment.reason or None,
                "cause": assessment.cause or None,
                "warnings": " | ".join(assessment.warnings) or None,
                "stretches": "; ".join(stretches) or None,
                "truth": row.truth,
                "patient": row.patient,
                **{f"{_ATTRIBUTE}{name}": row.attributes.get(name) for name in attributes},
                **{name: value for name, value in quality.items() if name != "dead_channels"},
                "dead_channels": quality["dead_channels"],
                "sha256": screened.sha256,
                "bundle": bundle,
                "paralbench": paralbench.__version__,
            }
        )
    return table


def as_csv(table: Sequence[dict[str, Any]]) -> bytes:
    """UTF-8 with a header; text that a spreadsheet would run as a formula is quoted."""
    return csv_text(table, list(table[0])).encode()


def as_parquet(table: Sequence[dict[str, Any]]) -> bytes:
    """Numbers as numbers, text unchanged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def kind(column: str) -> Any:
        if column in _TEXT or column.startswith(_ATTRIBUTE):
            return pa.string()
        return pa.int64() if column in _INTEGER else pa.float64()

    schema = pa.schema([(column, kind(column)) for column in table[0]])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(table), schema), buffer, compression="zstd")
    return buffer.getvalue()
