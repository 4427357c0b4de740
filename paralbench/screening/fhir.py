"""The report as an HL7 FHIR R4 Bundle of the type "collection", for other systems of a hospital.

One Device (the screener, with the notice), and for each recording a DiagnosticReport; a recording
with a score also has a RiskAssessment (a class) or an Observation (a number), which the report
refers to. What was not scored is a report that was "cancelled", with the reason as its conclusion:
never a number. Patients are referred to by identifier alone, since who they are is not known here.
https://hl7.org/fhir/R4/riskassessment.html, .../diagnosticreport.html, .../device.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from paralbench.records.bundle import NOTICE, Manifest
from paralbench.records.screened import Row
from paralbench.screening.wording import decided

_SPACE = uuid.UUID("6f0f6f3e-2a5b-5d0e-9a55-6a3b1f9d7c10")
_SYSTEM = "urn:paralbench"


def bundle(manifest: Manifest, sha256: str, rows: Sequence[Row], made: datetime) -> dict[str, Any]:
    """The Bundle. The same rows and bundle give the same identifiers.

    Args:
        manifest: the screener's.
        sha256: the bundle's own.
        rows: of the run.
        made: when, with its time zone.
    """
    when = made.isoformat(timespec="seconds")
    device = _url(sha256, "device")
    entries = [_entry(device, _device(manifest, sha256))]
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
    told = row.assessment
    base = {
        "identifier": [{"system": f"{_SYSTEM}:recording", "value": row.id}],
        "code": {"text": f"Screening: {manifest.title}"},
        "subject": {"identifier": {"system": f"{_SYSTEM}:patient", "value": row.patient or row.id}},
    }
    score = _score(manifest, row, base, device, when)
    address = _url(sha256, f"score/{row.id}")
    report: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        **base,
        "text": _narrative(decided(manifest, told)),
        "status": "cancelled" if told.status == "not scored" else "preliminary",
        "effectiveDateTime": when,
        "issued": when,
        "conclusion": " ".join((decided(manifest, told), *told.warnings, NOTICE)),
    }
    if score is not None:
        report["extension"] = [
            {"url": f"{_SYSTEM}:score", "valueReference": {"reference": address}}
        ]
        if score["resourceType"] == "Observation":
            report["result"] = [{"reference": address}]
        yield _entry(address, score)
    yield _entry(_url(sha256, f"report/{row.id}"), report)


def _score(
    manifest: Manifest, row: Row, base: dict[str, Any], device: str, when: str
) -> dict[str, Any] | None:
    told, outcome = row.assessment, manifest.outcome
    notice = [{"text": " ".join((*told.warnings, NOTICE))}]
    common = {"status": "preliminary", "note": notice, **base}
    if told.status != "scored":
        return None
    if told.probability is not None:
        return {
            "resourceType": "RiskAssessment",
            **common,
            "identifier": base["identifier"],
            "method": {"text": f"{manifest.title}, version {manifest.version}"},
            "occurrenceDateTime": when,
            "performer": {"reference": device},
            "prediction": [
                {
                    "outcome": {"text": f"{outcome.title}: {outcome.positive}"},
                    "probabilityDecimal": round(told.probability, 4),
                }
            ],
        }
    if told.value is None:
        return None
    found: dict[str, Any] = {
        "resourceType": "Observation",
        **common,
        "device": {"reference": device},
        "effectiveDateTime": when,
        "valueQuantity": {"value": told.value, **({"unit": outcome.unit} if outcome.unit else {})},
    }
    if told.low is not None and told.high is not None:
        level = f"{manifest.conformal.level:.0%}" if manifest.conformal else "Its"
        found["note"] = [
            {"text": f"{level} interval: {told.low:g} to {told.high:g}. {notice[0]['text']}"}
        ]
    return found


def _device(manifest: Manifest, sha256: str) -> dict[str, Any]:
    return {
        "resourceType": "Device",
        "identifier": [{"system": f"{_SYSTEM}:bundle", "value": sha256}],
        "status": "active",
        "deviceName": [{"name": manifest.title, "type": "user-friendly-name"}],
        "version": [{"value": str(manifest.version)}],
        "note": [{"text": NOTICE}],
    }


def _entry(address: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": address, "resource": resource}


def _url(sha256: str, name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_SPACE, f'{sha256}/{name}')}"


def _narrative(words: str) -> dict[str, str]:
    from markupsafe import escape

    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(words)}</div>',
    }
