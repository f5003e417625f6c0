"""Draft orders change as actions say, and not otherwise."""

from __future__ import annotations

import pytest

from conformance.ehr.drafts import ActionError, Drafts, criterion, rating

RATED = {
    "url": "http://fhir.org/argonaut/Extension/pama-rating",
    "valueCodeableConcept": {
        "coding": [
            {"system": "http://example.org/score", "code": "9"},
            {"system": "http://fhir.org/argonaut/CodeSystem/pama-rating", "code": "appropriate"},
        ]
    },
}
FIRST = {"resourceType": "ServiceRequest", "id": "1"}
SECOND = {"resourceType": "ServiceRequest", "id": "2"}
DRAFTS = Drafts((FIRST, SECOND))


def test_update_brings_the_whole_order() -> None:
    """An update replaces the order and leaves the others and their places alone."""
    changed = {**FIRST, "priority": "stat"}
    assert DRAFTS.after([{"type": "update", "resource": changed}]) == Drafts((changed, SECOND))


def test_deletions_come_before_creations() -> None:
    """An order may be deleted and made anew in one suggestion, in whatever sequence."""
    new = {**FIRST, "priority": "stat"}
    actions = [
        {"type": "create", "resource": new},
        {"type": "delete", "resourceId": "ServiceRequest/1"},
    ]
    assert DRAFTS.after(actions) == Drafts((SECOND, new))


@pytest.mark.parametrize(
    "action",
    [
        {"type": "UPDATE", "resource": FIRST},
        {"type": "update"},
        {"type": "update", "resource": {"resourceType": "ServiceRequest", "id": "3"}},
        {"type": "create", "resource": "{}"},
        {"type": "delete", "resourceId": "ServiceRequest/3"},
    ],
    ids=["type", "no resource", "no draft", "text", "nothing to delete"],
)
def test_faulty_action_is_refused(action: dict[str, object]) -> None:
    """An action that an EHR cannot take raises."""
    with pytest.raises(ActionError):
        DRAFTS.after([action])


def test_rating_is_read_from_the_guides_coding() -> None:
    """The rating is the code of the guide's system, wherever it stands; an order without one has none."""
    assert rating({**FIRST, "extension": [RATED]}) == "appropriate"
    assert rating(FIRST) is None


def test_criterion_is_the_address_applied() -> None:
    """The criterion is read from its extension."""
    applied = {
        "url": "http://fhir.org/argonaut/Extension/pama-rating-auc-applied",
        "valueUri": "urn:example:a:b",
    }
    assert criterion({**FIRST, "extension": [RATED, applied]}) == "urn:example:a:b"
    assert criterion({**FIRST, "extension": [RATED]}) is None


def test_bundle_holds_the_orders() -> None:
    """The orders travel as a collection, by their references."""
    assert [entry["resource"] for entry in DRAFTS.bundle["entry"]] == [FIRST, SECOND]
    assert DRAFTS.references == ("ServiceRequest/1", "ServiceRequest/2")
