"""The FHIR bundle has what R4 requires of each resource, in R4's codes, and refers to what is there."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from paralbench.records.bundle import NOTICE, Outcome
from paralbench.screening.fhir import bundle
from tests.screener.bundles import manifest
from tests.screening.rows import row

MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROWS = [
    row("a", 0.83, patient="p1", warnings=("Rather faint.",)),
    row("<b>&", status="not scored", reason="Too short.", cause="seconds"),
    row("c", status="abstained", reason="Between.", probability=0.5),
]
# Elements with a minimum of 1 in R4, and the value sets bound as required.
REQUIRED = {
    "Bundle": {"type"},
    "DiagnosticReport": {"status", "code"},
    "RiskAssessment": {"status", "subject"},
    "Observation": {"status", "code"},
    "Device": set(),
}
STATUS = {
    "DiagnosticReport": {"registered", "partial", "preliminary", "final", "amended", "corrected",
                         "appended", "cancelled", "entered-in-error", "unknown"},
    "RiskAssessment": {"registered", "preliminary", "final", "amended", "corrected", "cancelled",
                       "entered-in-error", "unknown"},
    "Observation": {"registered", "preliminary", "final", "amended", "corrected", "cancelled",
                    "entered-in-error", "unknown"},
    "Device": {"active", "inactive", "entered-in-error", "unknown"},
}  # fmt: skip
ALLOWED = {
    "DiagnosticReport": {"text", "extension", "identifier", "status", "code", "subject", "result",
                         "effectiveDateTime", "issued", "conclusion"},
    "RiskAssessment": {"identifier", "status", "method", "code", "subject", "occurrenceDateTime",
                       "performer", "prediction", "note"},
    "Observation": {"identifier", "status", "code", "subject", "effectiveDateTime", "device",
                    "valueQuantity", "note"},
    "Device": {"identifier", "status", "deviceName", "version", "note"},
}  # fmt: skip
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _resources(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in found["entry"]]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [reference for inner in value.values() for reference in _references(inner)]
    return (
        [reference for inner in value for reference in _references(inner)]
        if isinstance(value, list)
        else []
    )


def _empty(value: Any) -> bool:
    if isinstance(value, dict | list):
        inner = list(value.values() if isinstance(value, dict) else value)
        return not inner or any(map(_empty, inner))
    return value is None or value == ""


def test_every_resource_has_what_is_required() -> None:
    document = json.loads(json.dumps(bundle(manifest(), "ab" * 32, ROWS, MADE)))
    assert (document["resourceType"], document["type"]) == ("Bundle", "collection")
    assert INSTANT.fullmatch(document["timestamp"])
    addresses = [entry["fullUrl"] for entry in document["entry"]]
    assert len(set(addresses)) == len(addresses)
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", item) for item in addresses)
    assert set(_references(document)) <= set(addresses)
    assert not _empty(document)  # R4: no element may be empty
    for item in _resources(document):
        kind = item.pop("resourceType")
        assert set(item) >= REQUIRED[kind]
        assert set(item) <= ALLOWED[kind]
        assert item["status"] in STATUS[kind]
        assert isinstance(item["identifier"], list)


def test_only_what_was_scored_has_a_number_and_all_carry_the_notice() -> None:
    resources = _resources(bundle(manifest(), "ab" * 32, ROWS, MADE))
    kinds = [resource["resourceType"] for resource in resources]
    assert kinds == ["Device", "RiskAssessment", *3 * ["DiagnosticReport"]]
    (prediction,) = resources[1]["prediction"]
    assert prediction["probabilityDecimal"] == 0.83
    assert resources[1]["subject"]["identifier"]["value"] == "p1"
    assert [resource["status"] for resource in resources[2:]] == [
        "preliminary",
        "cancelled",
        "preliminary",
    ]
    assert "Too short." in resources[3]["conclusion"]
    assert all(NOTICE in resource["conclusion"] for resource in resources[2:])
    assert "<b>" not in resources[3]["text"]["div"]


def test_a_number_is_an_observation_with_its_interval() -> None:
    outcome = Outcome(kind="number", label="phq8", title="PHQ-8", assessed="Asked.", unit="points")
    output = manifest().model_copy(update={"outcome": outcome})
    result = _resources(bundle(output, "ab" * 32, [row("a", value=7.5, low=3.0, high=12.0)], MADE))
    assert result[1]["resourceType"] == "Observation"
    assert result[1]["valueQuantity"] == {"value": 7.5, "unit": "points"}
    assert "3 to 12" in result[1]["note"][0]["text"]
    assert set(result[1]) - {"resourceType"} <= ALLOWED["Observation"]


def test_the_same_rows_give_the_same_identifiers() -> None:
    assert bundle(manifest(), "ab" * 32, ROWS, MADE) == bundle(manifest(), "ab" * 32, ROWS, MADE)
