"""The report as an HL7 FHIR R4 Bundle of the type "collection", for other hospital systems.

It holds one Device (the screener, with the notice) and, for each recording, a DiagnosticReport and a
Provenance. A recording with a score also has a RiskAssessment (for a class) or an Observation (for a
number), to which its report refers. A recording that was not scored has a "cancelled" report with
the reason as its conclusion, and no number. Patients are referred to by the given identifier or its
pseudonym, recordings by the sha256 of their audio: never by a path, which may name a person.
https://hl7.org/fhir/R4/riskassessment.html, .../diagnosticreport.html, .../provenance.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from markupsafe import escape

import paralbench
from paralbench.records.bundle import NOTICE, Manifest
from paralbench.records.screened import Row
from paralbench.screening import recording_time, row_state
from paralbench.screening.report_text import decision

_NAMESPACE = uuid.UUID("6f0f6f3e-2a5b-5d0e-9a55-6a3b1f9d7c10")
_SYSTEM = "urn:paralbench"
_TYPES = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def bundle(
    manifest: Manifest, sha256: str, rows: Sequence[Row], made: datetime, named: bool = True
) -> dict[str, Any]:
    """The FHIR Bundle. The same rows and screener give the same identifiers.

    Args:
        manifest: the screener's.
        sha256: of the screener's bundle.
        rows: of the run.
        made: date and time of the run, with the time zone.
        named: whether times of recordings are given; with pseudonyms they are not.
    """
    when = made.isoformat(timespec="seconds")
    device = _url(sha256, "device")
    entries = [_entry(device, _device(manifest, sha256))]
    for row in rows:
        entries += _entries(manifest, sha256, row, when, named)
    return {
        "resourceType": "Bundle",
        "identifier": {"system": _SYSTEM, "value": f"{sha256}/{when}"},
        "type": "collection",
        "timestamp": when,
        "entry": entries,
    }


def _device(manifest: Manifest, sha256: str) -> dict[str, Any]:
    return {
        "resourceType": "Device",
        "identifier": [{"system": f"{_SYSTEM}:bundle", "value": sha256}],
        "status": "active",
        "deviceName": [{"name": manifest.title, "type": "user-friendly-name"}],
        "modelNumber": manifest.id,
        "type": {"text": "Research software, not a medical device"},
        "version": [
            {"type": {"text": "screener"}, "value": str(manifest.version)},
            {"type": {"text": "paralbench"}, "value": paralbench.__version__},
        ],
        "note": [{"text": NOTICE}],
    }


def _entries(
    manifest: Manifest, sha256: str, row: Row, when: str, named: bool
) -> Iterator[dict[str, Any]]:
    assessment, device = row.assessment, _url(sha256, "device")
    recorded = None
    if named:
        recorded = recording_time.of(row.attributes, row.screened.recorded)
    base = {
        "identifier": [{"system": f"{_SYSTEM}:recording", "value": _recording(row)}],
        "code": {"text": f"Screening: {manifest.title}"},
        "subject": _subject(row),
    }
    score = _score(manifest, row, base, device, recorded)
    text = decision(manifest, assessment)
    todo = row_state.action(manifest, assessment, row.attributes)
    doubts = [
        f"{doubt[:1].upper()}{doubt[1:]}."
        for doubt in row_state.doubts(manifest, assessment, row.attributes)
    ]
    report: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        **base,
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(text)}</div>',
        },
        "status": "cancelled" if assessment.status == "not scored" else "preliminary",
        **({"effectiveDateTime": recorded} if recorded else {}),
        "issued": when,
        "conclusion": " ".join((text, *doubts, todo, *assessment.warnings, NOTICE)),
    }
    report_address, targets = _url(sha256, f"report/{row.id}"), []
    if score is not None:
        address = _url(sha256, f"score/{row.id}")
        reference = {"reference": address}
        report["extension"] = [{"url": f"{_SYSTEM}:score", "valueReference": reference}]
        if score["resourceType"] == "Observation":
            report["result"] = [reference]
        targets.append(reference)
        yield _entry(address, score)
    targets.append({"reference": report_address})
    yield _entry(report_address, report)
    provenance = {
        "resourceType": "Provenance",
        "target": targets,
        "recorded": when,
        "agent": [
            {
                "type": {"coding": [{"system": _TYPES, "code": "assembler"}]},
                "who": {"reference": device},
            }
        ],
        "entity": [
            {
                "role": "source",
                "what": {
                    "identifier": {"system": f"{_SYSTEM}:recording", "value": _recording(row)},
                    "display": "The audio, by its sha256"
                    if row.screened.sha256
                    else "The recording",
                },
            }
        ],
    }
    yield _entry(_url(sha256, f"provenance/{row.id}"), provenance)


def _recording(row: Row) -> str:
    """What identifies a recording and names nobody: its pseudonym, its clip's audio, or a random-like id.

    The sha256 stands in results.csv too, so that rows can be matched.
    """
    screened = row.screened
    if screened.sha256 is None:
        return f"urn:uuid:{uuid.uuid5(_NAMESPACE, row.id)}"
    clip = (
        "" if screened.end is None and not screened.start else f"#{screened.start}-{screened.end}"
    )
    channel = "" if screened.channel is None else f"#channel-{screened.channel}"
    return f"{screened.sha256}{clip}{channel}"


def _subject(row: Row) -> dict[str, Any]:
    """The patient, by the identifier or pseudonym that the list gave; else an unnamed person."""
    if row.patient:
        return {"identifier": {"system": f"{_SYSTEM}:patient", "value": row.patient}}
    unnamed = uuid.uuid5(_NAMESPACE, f"person/{row.id}")
    return {
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{unnamed}"},
        "display": "The person recorded; no identifier was given",
    }


def _score(
    manifest: Manifest, row: Row, base: dict[str, Any], device: str, recorded: str | None
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
            **({"occurrenceDateTime": recorded} if recorded else {}),
            "performer": {"reference": device},
            "prediction": [
                {
                    "outcome": {"text": f"{outcome.title}: {outcome.positive}"},
                    "probabilityDecimal": round(assessment.probability, 4),
                    "qualitativeRisk": {"text": row_state.title(manifest, assessment)},
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
        **({"effectiveDateTime": recorded} if recorded else {}),
        "valueQuantity": {"value": assessment.value, **unit},
    }


def _entry(address: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": address, "resource": resource}


def _url(sha256: str, name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{sha256}/{name}')}"
