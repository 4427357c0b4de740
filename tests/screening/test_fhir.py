"""The FHIR bundle: valid by another library's R4 definitions, and it names nobody by a path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from paralbench.records.bundle import NOTICE, Outcome
from paralbench.records.screened import Row
from paralbench.screening.fhir import bundle
from tests.screener.bundles import manifest
from tests.screening.rows import row

MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROWS = [
    row("in/Jane Doe.wav", 0.83, patient="p1", warnings=("Rather faint.",)),
    row("<b>&", status="not scored", reason="Too short.", cause="seconds"),
    row("c", status="abstained", reason="Between.", cause="undecided", probability=0.5),
]
SHA256 = "ab" * 32


def _resources(rows: list[Row], **settings: Any) -> list[dict[str, Any]]:
    """The resources of a bundle that the library accepts."""
    written = json.loads(json.dumps(bundle(manifest(), SHA256, rows, MADE, **settings)))
    valid = Bundle.model_validate(written)
    assert json.loads(valid.model_dump_json())["type"] == "collection"
    return [entry["resource"] for entry in written["entry"]]


def _of(resources: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [resource for resource in resources if resource["resourceType"] == kind]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)


def test_the_library_refuses_what_is_not_r4() -> None:
    written = bundle(manifest(), SHA256, ROWS, MADE)
    del next(e["resource"] for e in written["entry"] if "method" in e["resource"])["subject"]
    with pytest.raises(ValueError, match="subject"):
        Bundle.model_validate(written)


def test_every_reference_is_within_and_every_address_once() -> None:
    written = bundle(manifest(), SHA256, ROWS, MADE)
    addresses = [entry["fullUrl"] for entry in written["entry"]]
    assert len(set(addresses)) == len(addresses)
    assert set(_references(written)) <= set(addresses)
    assert written == bundle(manifest(), SHA256, ROWS, MADE)


def test_only_what_was_scored_has_a_number_and_all_carry_the_notice() -> None:
    resources = _resources(ROWS)
    (risk,) = _of(resources, "RiskAssessment")
    assert risk["prediction"][0]["probabilityDecimal"] == 0.83
    assert risk["prediction"][0]["qualitativeRisk"]["text"].startswith("Above the threshold")
    reports = _of(resources, "DiagnosticReport")
    assert [item["status"] for item in reports] == ["preliminary", "cancelled", "preliminary"]
    assert "Too short." in reports[1]["conclusion"]
    assert all(NOTICE in item["conclusion"] for item in reports)
    (device,) = _of(resources, "Device")
    assert device["identifier"][0]["value"] == SHA256
    assert len(_of(resources, "Provenance")) == len(ROWS)


def test_nobody_is_named_by_a_path() -> None:
    resources = _resources(ROWS)
    assert "Jane" not in json.dumps(resources)
    assert "/clinic" not in json.dumps(resources)
    risk, reports = _of(resources, "RiskAssessment")[0], _of(resources, "DiagnosticReport")
    assert risk["subject"] == {"identifier": {"system": "urn:paralbench:patient", "value": "p1"}}
    assert "no identifier was given" in reports[1]["subject"]["display"]


def test_the_recordings_own_time_or_none() -> None:
    (risk,) = _of(_resources(ROWS[:1]), "RiskAssessment")
    assert "occurrenceDateTime" not in risk
    listed = [replace(ROWS[0], attributes={"recorded": "2024-03-05"})]
    (risk,) = _of(_resources(listed), "RiskAssessment")
    assert risk["occurrenceDateTime"] == "2024-03-05"
    screened = ROWS[0].screened.model_copy(update={"recorded": "2023-01-01T10:00:00+00:00"})
    (report,) = _of(_resources([replace(ROWS[0], screened=screened)]), "DiagnosticReport")
    assert report["effectiveDateTime"] == "2023-01-01T10:00:00+00:00"
    (report,) = _of(_resources(listed, named=False), "DiagnosticReport")
    assert "effectiveDateTime" not in report


def test_a_number_is_an_observation_with_its_interval() -> None:
    outcome = Outcome(kind="number", label="phq8", title="PHQ-8", assessed="Asked.", unit="points")
    screener = manifest().model_copy(update={"outcome": outcome})
    rows = [row("a", value=7.5, low=3.0, high=12.0)]
    written = json.loads(json.dumps(bundle(screener, SHA256, rows, MADE)))
    Bundle.model_validate(written)
    (observation,) = _of([entry["resource"] for entry in written["entry"]], "Observation")
    assert observation["valueQuantity"] == {"value": 7.5, "unit": "points"}
    assert "3 to 12" in observation["note"][0]["text"]


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


@settings(max_examples=40, deadline=None)
@given(name=TEXT, patient=TEXT, recorded=TEXT, reason=TEXT)
def test_any_list_gives_valid_resources(
    name: str, patient: str, recorded: str, reason: str
) -> None:
    rows = [
        row(name, 0.7, patient=patient, attributes={"recorded": recorded}),
        row(f"{name}2", status="not scored", reason=reason, cause="level"),
    ]
    _resources(rows)
