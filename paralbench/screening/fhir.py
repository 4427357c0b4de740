"""The report as an HL7 FHIR R4 Bundle of the type "collection", for other hospital systems.

It holds one Device (the screener, with the notice) and a DiagnosticReport for each recording. A
recording with a score also has a RiskAssessment (for a class) or an Observation (for a number), to
which its report refers. A recording that was not scored has a "cancelled" report with the reason as
its conclusion, and no number. Patients are referred to by identifier alone.
https://hl7.org/fhir/R4/riskassessment.html, .../diagnosticreport.html, .../device.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from markupsafe import escape

from paralbench.records.bundle import NOTICE, Manifest
from paralbench.records.screened import Row
from paralbench.screening.report_text import decision

_NAMESPACE = uuid.UUID("6f0f6f3e-2a5b-5d0e-9a55-6a3b1f9d7c10")
_SYSTEM = "urn:paralbench"


def bundle(manifest: Manifest, sha256: str, rows: Sequence[Row], made: datetime) -> dict[str, Any]:
    """The FHIR Bundle. The same rows and screener give the same identifiers.

    Args:
        manifest: the screener's.
        sha256: of the screener's bundle.
        rows: of the run.
        made: date and time, with the time zone.
    """
    when = made.isoformat(timespec="seconds")
    device = _url(sha256, "device")
    entries = [
        _entry(device, {
            "resourceType": "Device",
            "identifier": [{"system": f"{_SYSTEM}:bundle", "value": sha256}],
            "status": "active",
            "deviceName": [{"name": manifest.title, "type": "user-friendly-name"}],
            "version": [{"value": str(manifest.version)}],
            "note": [{"text": NOTICE}],
        })
    ]  # fmt: skip
    for row in rows:
        entries += _entries(manifest, sha256, row, device, when)
    return {
        "resourceType": "Bundle",
        "identifier": {"system": _SYSTEM, "value": f"{sha256}/{when}"},
        "type": "collection",
        "timestamp": when,
        "entry": entries,
    }


def _entries(
    manifest: Manifest, sha256: str, row: Row, device: str, when: str
) -> Iterator[dict[str, Any]]:
    assessment = row.assessment
    base = {
        "identifier": [{"system": f"{_SYSTEM}:recording", "value": row.id}],
        "code": {"text": f"Screening: {manifest.title}"},
        "subject": {"identifier": {"system": f"{_SYSTEM}:patient", "value": row.patient or row.id}},
    }
    text = decision(manifest, assessment)
    report: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        **base,
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(text)}</div>',
        },
        "status": "cancelled" if assessment.status == "not scored" else "preliminary",
        "effectiveDateTime": when,
        "issued": when,
        "conclusion": " ".join((text, *assessment.warnings, NOTICE)),
    }
    score = _score(manifest, row, base, device, when)
    if score is not None:
        address = _url(sha256, f"score/{row.id}")
        reference = {"reference": address}
        report["extension"] = [{"url": f"{_SYSTEM}:score", "valueReference": reference}]
        if score["resourceType"] == "Observation":
            report["result"] = [reference]
        yield _entry(address, score)
    yield _entry(_url(sha256, f"report/{row.id}"), report)


def _score(
    manifest: Manifest, row: Row, base: dict[str, Any], device: str, when: str
) -> dict[str, Any] | None:
    assessment, outcome = row.assessment, manifest.outcome
    if assessment.status != "scored":
        return None
    note = " ".join((*assessment.warnings, NOTICE))
    if assessment.probability is not None:
        return {
            "resourceType": "RiskAssessment",
            "status": "preliminary",
            "note": [{"text": note}],
            **base,
            "method": {"text": f"{manifest.title}, version {manifest.version}"},
            "occurrenceDateTime": when,
            "performer": {"reference": device},
            "prediction": [
                {
                    "outcome": {"text": f"{outcome.title}: {outcome.positive}"},
                    "probabilityDecimal": round(assessment.probability, 4),
                }
            ],
        }
    if assessment.value is None:
        return None
    if assessment.low is not None and assessment.high is not None:
        level = f"{manifest.conformal.level:.0%}" if manifest.conformal else "Its"
        note = f"{level} interval: {assessment.low:g} to {assessment.high:g}. {note}"
    unit = {"unit": outcome.unit} if outcome.unit else {}
    return {
        "resourceType": "Observation",
        "status": "preliminary",
        "note": [{"text": note}],
        **base,
        "device": {"reference": device},
        "effectiveDateTime": when,
        "valueQuantity": {"value": assessment.value, **unit},
    }


def _entry(address: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": address, "resource": resource}


def _url(sha256: str, name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{sha256}/{name}')}"
