"""A patient's record answers prefetch templates as an EHR's FHIR server does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.ehr.record import QueryError, Record, fill, read_records

OLDER = {
    "effectiveDateTime": "2025-01-01",
    "code": {"coding": [{"system": "http://loinc.org", "code": "1-1"}]},
}
NEWER = {
    "effectiveDateTime": "2026-01-01",
    "code": {"coding": [{"system": "http://loinc.org", "code": "2-2"}]},
}
RECORD = Record(
    "p1",
    (
        {"resourceType": "Patient", "id": "p1"},
        {"resourceType": "Observation", "id": "a", "subject": {"reference": "Patient/p1"}, **OLDER},
        {"resourceType": "Observation", "id": "b", "subject": {"reference": "Patient/p1"}, **NEWER},
        {"resourceType": "Observation", "id": "c", "subject": {"reference": "Patient/p2"}, **NEWER},
    ),
)


def ids(query: str) -> list[str]:
    return [entry["resource"]["id"] for entry in RECORD.answer(query).get("entry", [])]


def test_read_gives_the_resource() -> None:
    """A read of one resource gives it bare."""
    assert RECORD.answer("Patient/p1") == {"resourceType": "Patient", "id": "p1"}


def test_search_is_limited_to_the_patient() -> None:
    """A search by patient leaves out another patient's resources."""
    assert ids("Observation?patient=p1") == ["a", "b"]


def test_search_knows_tokens_sort_and_count() -> None:
    """Codes with and without system, the newest first and a limit, as templates may ask."""
    assert ids("Observation?patient=p1&code=http://loinc.org|1-1,http://loinc.org|3-3") == ["a"]
    assert ids("Observation?patient=p1&code=2-2") == ["b"]
    assert ids("Observation?patient=p1&_sort=-date&_count=1") == ["b"]


def test_search_without_a_match_is_an_empty_bundle() -> None:
    """What is known to be none is said, without an empty array."""
    expected = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    assert RECORD.answer("Condition?patient=p1") == expected


def test_key_that_cannot_be_answered_is_left_out() -> None:
    """A template with an unknown token, parameter or resource has no key in prefetch."""
    templates = {
        "patient": "Patient/{{context.patientId}}",
        "orders": "ServiceRequest?_id={{context.draftOrders}}",
        "encounter": "Encounter/{{context.encounterId}}",
        "missing": "Patient/nobody",
        "odd": "Observation?value-quantity=5",
    }
    assert RECORD.prefetch(templates, {"patientId": "p1"}).keys() == {"patient"}


def test_bundled_records_hold_their_own_patient() -> None:
    """Each bundled record is one patient's and reads back."""
    for patient_id, record in read_records().items():
        assert record.answer(f"Patient/{patient_id}")["id"] == patient_id
        assert len(record.answer(f"Patient/{patient_id}")["birthDate"]) >= 4


@given(query=st.text() | st.from_regex(r"[A-Z][a-z]+\?(\w+=[\w|,:-]*&?){0,3}", fullmatch=True))
def test_any_query_gives_a_resource_or_one_error(query: str) -> None:
    """Any text is answered, or refused with the record's own error."""
    try:
        assert "resourceType" in RECORD.answer(query)
    except QueryError:
        return


@given(template=st.text())
def test_any_template_is_filled_or_one_error(template: str) -> None:
    """Any template gives a query without tokens, or the record's own error."""
    try:
        assert "{{" not in fill(template, {"patientId": "p1"})
    except QueryError:
        return


def test_count_that_is_no_number_is_refused() -> None:
    """A limit must be a number."""
    with pytest.raises(QueryError):
        RECORD.answer("Observation?_count=many")
