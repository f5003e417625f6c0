"""The running service keeps the requirements, for every order of the simulator, both hooks and its settings."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import simplejson

from conformance.ehr.client import Client, Service, hook_request
from conformance.ehr.drafts import Drafts, rating
from conformance.ehr.orders import OrderCase, read_orders
from conformance.ehr.record import read_records
from conformance.ehr.session import play, service_for
from conformance.response import check_discovery, check_http, check_response

ORDERS = read_orders()
RECORDS = read_records()
HOOKS = ("order-select", "order-sign")


def request_for(service: Service, case: OrderCase = ORDERS[0]) -> dict[str, Any]:
    """A good call, which a test may change as it likes."""
    return copy.deepcopy(hook_request(service, RECORDS[case.patient], Drafts((case.order,))))


def refused(ehr: Client, service: Service, body: dict[str, Any], status: int = 400) -> None:
    """The call is refused with this status and an OperationOutcome."""
    reply = ehr.send("POST", f"/cds-services/{service.id}", body)
    assert reply.status == status
    assert reply.body["resourceType"] == "OperationOutcome"
    assert reply.body["issue"][0]["severity"] == "error"


@pytest.fixture(params=HOOKS)
def service(ehr: Client, request: pytest.FixtureRequest) -> Service:
    """The service for each hook in turn."""
    return service_for(ehr.discover(), request.param)


def test_discovery_keeps_the_requirements(ehr: Client) -> None:
    """Discovery is there, and nothing in it breaks a requirement."""
    reply = ehr.send("GET", "/cds-services")
    assert check_http(reply.status, reply.media_type) == []
    assert check_discovery(reply.body) == []


@pytest.mark.parametrize("case", ORDERS, ids=lambda case: case.id)
def test_answer_keeps_the_requirements(ehr: Client, service: Service, case: OrderCase) -> None:
    """The answer to each order, by either hook, breaks no requirement."""
    reply = ehr.fire(service, RECORDS[case.patient], Drafts((case.order,)))
    assert check_http(reply.status, reply.media_type) == []
    assert check_response(reply.body, reply.request) == []


@pytest.mark.parametrize("case", ORDERS, ids=lambda case: case.id)
def test_order_comes_out_as_expected(ehr: Client, case: OrderCase) -> None:
    """Each order is rated, carded and changed as its case says."""
    assert play(ehr, ehr.discover(), case, RECORDS[case.patient]).problems == ()


def test_absolute_links_open(ehr: Client, service: Service) -> None:
    """Where the service knows its public address, each card has a link, and a browser gets a page there."""
    for case in ORDERS:
        for card in ehr.fire(service, RECORDS[case.patient], Drafts((case.order,))).cards:
            assert ("links" in card) == ("url" in card["source"])
            for link in card.get("links", ()):
                parts = urlsplit(link["url"])
                page = requests.get(f"{ehr.base_url}{parts.path}?{parts.query}", timeout=10)
                assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_several_orders_are_answered_together(ehr: Client, service: Service) -> None:
    """Every order of one session is answered in one call, a medication beside them is left alone."""
    patient = RECORDS["well-40"]
    mine = {"subject": {"reference": "Patient/well-40"}}
    medication = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "draft",
        "intent": "order",
        **mine,
    }
    drafts = Drafts((medication, *({**case.order, **mine} for case in ORDERS[:3])))
    reply = ehr.fire(service, patient, drafts)
    assert check_response(reply.body, reply.request) == []
    assert [rating(order) for order in drafts.after(reply.system_actions).orders[1:]] == [
        case.expected.rating for case in ORDERS[:3]
    ]


def test_rating_replaces_the_one_that_an_order_carries(ehr: Client, service: Service) -> None:
    """An order that comes back rated is rated again, once, and its consultation goes on."""
    record = RECORDS[ORDERS[0].patient]
    first = Drafts((ORDERS[0].order,))
    rated = first.after(ehr.fire(service, record, first).system_actions)
    reply = ehr.fire(service, record, rated)
    assert check_response(reply.body, reply.request) == []
    assert rated.after(reply.system_actions) == rated


@pytest.mark.parametrize("member", ["hook", "hookInstance", "context"])
def test_call_without_a_required_member_is_refused(ehr: Client, service: Service, member: str) -> None:
    """Each member that the specification requires is required."""
    body = request_for(service)
    del body[member]
    refused(ehr, service, body)


@pytest.mark.parametrize("member", ["userId", "patientId", "draftOrders"])
def test_context_without_a_required_member_is_refused(ehr: Client, service: Service, member: str) -> None:
    """Each member of the context that the hook requires is required."""
    body = request_for(service)
    del body["context"][member]
    refused(ehr, service, body)


def test_call_of_another_hook_is_refused(ehr: Client, service: Service) -> None:
    """A service answers only its own hook."""
    refused(ehr, service, {**request_for(service), "hook": "patient-view"})


def test_authorization_without_a_server_is_refused(ehr: Client, service: Service) -> None:
    """A token without a server to use it at is a mistake."""
    token = {"access_token": "t", "token_type": "Bearer", "expires_in": 30, "scope": "s", "subject": "c"}
    refused(ehr, service, {**request_for(service), "fhirAuthorization": token})


def test_data_of_another_patient_is_refused(ehr: Client, service: Service) -> None:
    """A resource of another patient in prefetch stops the call."""
    body = request_for(service)
    body["prefetch"]["patient"]["id"] = "somebody-else"
    refused(ehr, service, body)


def test_unknown_members_are_ignored(ehr: Client, service: Service) -> None:
    """Members that no specification knows change nothing, be they in the request, context or extension."""
    body = request_for(service)
    body |= {"future": [1], "extension": {"org.example": {"a": 1}}}
    body["context"]["future"] = {"a": "b"}
    body["prefetch"]["future"] = {"resourceType": "Basic", "id": "1"}
    reply = ehr.send("POST", f"/cds-services/{service.id}", body)
    assert check_http(reply.status, reply.media_type) == []
    assert check_response(reply.body, body) == []


@pytest.mark.parametrize(
    "prefetch",
    [
        None,
        {},
        {"patient": None, "conditions": None},
        {
            "conditions": {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "error", "code": "timeout"}],
            }
        },
        {"conditions": {"resourceType": "Bundle", "type": "searchset", "total": 0}},
    ],
    ids=["absent", "empty", "null", "OperationOutcome", "empty Bundle"],
)
def test_any_lack_of_prefetch_is_answered(
    ehr: Client, service: Service, prefetch: dict[str, Any] | None
) -> None:
    """Prefetch may be missing in every way the specification has."""
    body = {**request_for(service), "prefetch": prefetch}
    if prefetch is None:
        del body["prefetch"]
    reply = ehr.send("POST", f"/cds-services/{service.id}", body)
    assert check_http(reply.status, reply.media_type) == []
    assert check_response(reply.body, body) == []


def test_same_call_gets_the_same_rating(ehr: Client, service: Service) -> None:
    """A hook that fires again while the clinician edits is answered alike."""
    drafts = Drafts((ORDERS[0].order,))
    replies = [ehr.fire(service, RECORDS[ORDERS[0].patient], drafts) for _ in range(3)]
    assert len({rating(drafts.after(reply.system_actions).orders[0]) for reply in replies}) == 1


def test_media_type_may_name_a_character_set(service_url: str, service: Service) -> None:
    """A client that says its character set and no Accept header is answered."""
    body = simplejson.dumps(request_for(service), use_decimal=True).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Accept": ""}
    url = f"{service_url}/cds-services/{service.id}"
    with requests.Session() as session:
        assert session.post(url, data=body, headers=headers, timeout=10).status_code == 200


def test_feedback_is_taken_once_and_again(ehr: Client, service: Service) -> None:
    """Feedback may come twice and for a card that nobody knows."""
    card = {"card": "3f0c9a0e-4b1d-4f7e-9a3c-000000000001", "outcome": "overridden"}
    feedback = [{**card, "outcomeTimestamp": "2026-05-04T09:00:00Z"}]
    for _ in range(2):
        assert ehr.give_feedback(service, feedback).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"card": "c", "outcome": "accepted", "outcomeTimestamp": "2026-05-04T09:00:00Z"},
        {"feedback": {"card": "c"}},
        {"feedback": [{"outcome": "accepted", "outcomeTimestamp": "2026-05-04T09:00:00Z"}]},
        {"feedback": [{"card": "c", "outcome": "ignored", "outcomeTimestamp": "2026-05-04T09:00:00Z"}]},
        {"feedback": [{"card": "c", "outcome": "accepted"}]},
    ],
    ids=["bare", "no array", "no card", "no such outcome", "no time"],
)
def test_malformed_feedback_is_refused(ehr: Client, service: Service, body: dict[str, Any]) -> None:
    """Feedback without its array, card, outcome or time is refused."""
    reply = ehr.send("POST", f"/cds-services/{service.id}/feedback", body)
    assert reply.status == 400
    assert reply.body["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/cds-services/no-such-service", 404),
        ("POST", "/cds-services/no-such-service/feedback", 404),
        ("GET", "/nothing-here", 404),
        ("DELETE", "/cds-services", 405),
    ],
)
def test_wrong_address_or_method_is_an_outcome(ehr: Client, method: str, path: str, status: int) -> None:
    """What is not there, and what cannot be done there, is said in JSON."""
    reply = ehr.send(method, path, {} if method == "POST" else None)
    assert (reply.status, reply.body["resourceType"]) == (status, "OperationOutcome")


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"<order/>", "text/xml", 415),
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'"' + b"x" * 5_000_000 + b'"', "application/json", 413),
        (b'"\xff"', "application/json", 400),
    ],
    ids=["XML", "no JSON", "deep", "5 MB", "no UTF-8"],
)
def test_unreadable_body_is_an_outcome(
    service_url: str, service: Service, body: bytes, media_type: str, status: int
) -> None:
    """A body that cannot be read is refused in JSON, and the service goes on."""
    url = f"{service_url}/cds-services/{service.id}"
    with requests.Session() as session:
        reply = session.post(url, data=body, headers={"Content-Type": media_type}, timeout=10)
        assert (reply.status_code, reply.json()["resourceType"]) == (status, "OperationOutcome")
        assert session.get(f"{service_url}/healthz", timeout=10).status_code == 200
