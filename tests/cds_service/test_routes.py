"""The addresses of the service: what they take, what they refuse, and how."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.consults import Consults, open_engine
from tests.fakes import (
    HEADACHE,
    LOW_BACK_PAIN,
    SELECT,
    SIGN,
    bundle,
    call,
    make_client,
    make_services,
    order,
    rating_of,
    with_assess,
)

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from cds_service.services import Services


def refused(reply: Any, status: int, element: str | None = None) -> None:
    """The reply is an OperationOutcome of this status that names the element."""
    assert reply.status_code == status
    assert reply.mimetype == "application/json"
    assert reply.json["resourceType"] == "OperationOutcome"
    assert reply.json["issue"][0]["severity"] == "error"
    if element is not None:
        assert reply.json["issue"][0]["expression"] == [element]


def without(request: dict[str, Any], *path: str) -> dict[str, Any]:
    changed = json.loads(json.dumps(request))
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return changed


def replaced(request: dict[str, Any], value: Any, *path: str | int) -> dict[str, Any]:
    changed = json.loads(json.dumps(request))
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return changed


GOOD = call(order("72133", LOW_BACK_PAIN))


def test_discovery_offers_both_services(client: FlaskClient) -> None:
    """Discovery names the two services with hook, title, description, prefetch and usage requirements."""
    services = {each["id"]: each for each in client.get("/cds-services").json["services"]}
    assert set(services) == {"imaging-order-select", "imaging-order-sign"}
    for service in services.values():
        assert all(
            service[name] for name in ("hook", "title", "description", "prefetch", "usageRequirements")
        )
        assert all("{observation_codes}" not in template for template in service["prefetch"].values())


def test_prefetch_tokens_are_legal(client: FlaskClient) -> None:
    """Templates use only the tokens that the hooks allow."""
    for service in client.get("/cds-services").json["services"]:
        for template in service["prefetch"].values():
            rest = template.replace("{{context.patientId}}", "")
            assert "{{" not in rest


def test_health_and_readiness(client: FlaskClient) -> None:
    """Liveness needs nothing; readiness names the criteria in use."""
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json["criteria"]


def test_readiness_fails_without_the_store(tmp_path: Path) -> None:
    """A store that does not answer makes the service not ready, and its answers 503."""
    missing = Consults(open_engine(f"sqlite:///{tmp_path / 'missing' / 'test.db'}"))
    client = make_client(replace(make_services(tmp_path), consults=missing))
    refused(client.get("/readyz"), 503)
    reply = client.post(SELECT, json=GOOD)
    refused(reply, 503)
    assert reply.headers["Retry-After"]


@pytest.mark.parametrize(
    ("request_body", "element"),
    [
        (without(GOOD, "hook"), "hook"),
        (without(GOOD, "hookInstance"), "hookInstance"),
        (without(GOOD, "context"), "context"),
        (without(GOOD, "context", "userId"), "context.userId"),
        (without(GOOD, "context", "patientId"), "context.patientId"),
        (without(GOOD, "context", "draftOrders"), "context.draftOrders"),
        (without(GOOD, "context", "selections"), "context.selections"),
        (replaced(GOOD, "order-sign", "hook"), "hook"),
        (replaced(GOOD, 7, "hookInstance"), "hookInstance"),
        (replaced(GOOD, [], "context"), "context"),
        (replaced(GOOD, "x", "context", "draftOrders"), "context.draftOrders"),
        (replaced(GOOD, [], "context", "selections"), "context.selections"),
        (replaced(GOOD, [3], "context", "selections"), "context.selections[0]"),
        (replaced(GOOD, ["ServiceRequest/other"], "context", "selections"), "context.selections"),
        (replaced(GOOD, [], "prefetch"), "prefetch"),
        (replaced(GOOD, {"patient": "Patient/p1"}, "prefetch"), "prefetch.patient"),
        (
            replaced(GOOD, {"patient": {"resourceType": "patient"}}, "prefetch"),
            "prefetch.patient.resourceType",
        ),
        (
            replaced(GOOD, {"resourceType": "Bundle", "entry": {}}, "context", "draftOrders"),
            "context.draftOrders.entry",
        ),
        (
            replaced(GOOD, {"resourceType": "Bundle", "entry": ["x"]}, "context", "draftOrders"),
            "context.draftOrders.entry[0]",
        ),
        (replaced(GOOD, {"access_token": "t"}, "fhirAuthorization"), "fhirAuthorization.token_type"),
        (
            replaced(
                GOOD,
                {"access_token": "t", "token_type": "Bearer", "expires_in": 1, "scope": "", "subject": "s"},
                "fhirAuthorization",
            ),
            "fhirServer",
        ),
    ],
)
def test_broken_request_is_refused_by_name(
    client: FlaskClient, request_body: dict[str, Any], element: str
) -> None:
    """A missing or mistyped element gets a 400 that names it."""
    refused(client.post(SELECT, json=request_body), 400, element)


@pytest.mark.parametrize(
    ("prefetch", "element"),
    [
        ({"patient": {"resourceType": "Patient", "id": "somebody-else"}}, "prefetch.patient.id"),
        (
            {"conditions": bundle({"resourceType": "Condition", "subject": {"reference": "Patient/other"}})},
            "prefetch.conditions.entry[0].resource",
        ),
        (
            {
                "allergies": bundle(
                    {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/x"}}
                )
            },
            "prefetch.allergies.entry[0].resource",
        ),
    ],
)
def test_another_patients_resource_is_refused(
    client: FlaskClient, prefetch: dict[str, Any], element: str
) -> None:
    """Data of another patient is never used: the call is refused, and the element named."""
    refused(client.post(SELECT, json={**GOOD, "prefetch": prefetch}), 400, element)


def test_order_for_another_patient_is_refused(client: FlaskClient) -> None:
    """A draft order whose subject is not the patient of the context is refused."""
    asked = order("72133", LOW_BACK_PAIN, subject={"reference": "Patient/other"})
    refused(client.post(SELECT, json=call(asked)), 400, "context.draftOrders.entry[0].resource")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b'"\\ud800"', "application/json", 400),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", 400),
        (b"1" * 10_000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'{"a":"' + b"x" * 5_000_000 + b'"}', "application/json", 413),
    ],
)
@pytest.mark.parametrize("address", [SELECT, SIGN, SELECT + "/feedback"])
def test_unreadable_body_is_refused(
    client: FlaskClient, body: bytes, content_type: str, status: int, address: str
) -> None:
    """What is no JSON object, of another type or too large is refused with an OperationOutcome."""
    refused(client.post(address, data=body, content_type=content_type), status)


@pytest.mark.parametrize("depth", [480, 490, 494, 498, 510, 900])
def test_any_depth_is_answered_or_refused(client: FlaskClient, depth: int) -> None:
    """An order nested ever deeper is rated or refused, and never a failure."""
    deep = '{"extension":[' * depth + '{"url":"x"}' + "]}" * depth
    body = json.dumps(call(order("72133", LOW_BACK_PAIN, extension=["DEEP"]))).replace('"DEEP"', deep)
    assert client.post(SELECT, data=body, content_type="application/json").status_code in {200, 400}


def test_unknown_address_and_wrong_method(client: FlaskClient) -> None:
    """404 and 405 are OperationOutcomes too, and 405 says what is allowed."""
    refused(client.post("/cds-services/unknown", json=GOOD), 404)
    refused(client.post("/cds-services/unknown/feedback", json={}), 404)
    reply = client.get(SELECT)
    refused(reply, 405)
    assert "POST" in reply.headers["Allow"]


@pytest.mark.parametrize(
    "address", [SELECT + "/", "//cds-services/imaging-order-select", SELECT.replace("/i", "//i")]
)
def test_stray_slash_is_no_redirect(client: FlaskClient, address: str) -> None:
    """A slash too many is forgiven."""
    reply = client.post(SELECT, json=GOOD, environ_overrides={"PATH_INFO": address})
    assert reply.status_code == 200
    assert rating_of(reply.json) == "not-appropriate"


@pytest.mark.parametrize("address", ["/cds-services", SELECT, SIGN, SELECT + "/feedback"])
def test_preflight_is_answered(client: FlaskClient, address: str) -> None:
    """A browser's preflight succeeds without credentials and allows Authorization."""
    reply = client.options(
        address,
        headers={
            "Origin": "https://ehr.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert reply.status_code == 200
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]


def test_errors_carry_cors_headers(client: FlaskClient) -> None:
    """A browser can read why its call failed."""
    origin = {"Origin": "https://ehr.example"}
    for reply in (client.post(SELECT, json={}, headers=origin), client.get("/nothing", headers=origin)):
        assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_only_allowed_origins_get_headers(tmp_path: Path) -> None:
    """With an allow-list, another origin gets no CORS header, and caches are told that it varies."""
    client = make_client(make_services(tmp_path, allowed_origins="https://ehr.example, https://b.example"))
    allowed = client.get("/cds-services", headers={"Origin": "https://ehr.example"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://ehr.example"
    other = client.get("/cds-services", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Origin" in other.headers["Vary"]


MEDICATION = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "status": "draft",
    "category": {"coding": []},
    "subject": {"reference": "Patient/p1"},
}


@pytest.mark.parametrize(
    "orders",
    [
        [MEDICATION],
        [order("72133", code={"coding": [{}]}, reasonCode=[])],
        [order("72133", LOW_BACK_PAIN, code={"text": "complete blood count"})],
        [order("72133", LOW_BACK_PAIN, code="x")],
        [order("99999", LOW_BACK_PAIN)],
    ],
)
def test_what_is_no_imaging_order_gets_no_cards(client: FlaskClient, orders: list[dict[str, Any]]) -> None:
    """Orders of other kinds, and an order without a code, are left alone."""
    reply = client.post(SELECT, json=call(*orders))
    assert (reply.status_code, reply.json) == (200, {"cards": []})


def test_empty_bundle_gets_no_cards(client: FlaskClient) -> None:
    """Nothing to sign, nothing to say."""
    reply = client.post(SIGN, json=call(hook="order-sign"))
    assert (reply.status_code, reply.json) == (200, {"cards": []})


def test_only_selected_orders_are_rated(client: FlaskClient) -> None:
    """order-select leaves the other drafts of the session alone."""
    first, second = order("72133", LOW_BACK_PAIN), order("70551", HEADACHE, id_="order-2")
    request = replaced(call(first, second), ["ServiceRequest/order-1"], "context", "selections")
    reply = client.post(SELECT, json=request).json
    assert [action["resource"]["id"] for action in reply["systemActions"]] == ["order-1"]


def test_every_draft_is_rated_before_signing(client: FlaskClient) -> None:
    """order-sign rates each imaging order among other orders."""
    orders = [order("72133", LOW_BACK_PAIN), MEDICATION, order("72133", LOW_BACK_PAIN, id_="order-2")]
    reply = client.post(SIGN, json=call(*orders, hook="order-sign")).json
    assert [action["resource"]["id"] for action in reply["systemActions"]] == ["order-1", "order-2"]


def test_unknown_members_and_extensions_are_ignored(client: FlaskClient) -> None:
    """Members of later versions and extensions of any shape do not matter."""
    request = {**GOOD, "extension": {"com.example": {"a": [None]}}, "later": {}}
    request["context"] = {**request["context"], "later": 1}
    assert client.post(SELECT, json=request).status_code == 200


def test_unexpected_failure_tells_nothing(services: Services) -> None:
    """A bug becomes a 500 OperationOutcome without a word of what was sent."""

    def broken(_: object) -> None:
        raise RuntimeError("PATIENT-MARKER")

    reply = make_client(with_assess(services, broken)).post(SELECT, json=GOOD)
    refused(reply, 500)
    assert "MARKER" not in reply.text
    assert "Traceback" not in reply.text


def test_openapi_describes_every_address(client: FlaskClient) -> None:
    """The document has every rule of the app, with the request schemas."""
    document = client.get("/openapi.json").json
    described = set(document["paths"])
    served = {str(rule) for rule in client.application.url_map.iter_rules()}
    feedback = "/cds-services/<any('imaging-order-select','imaging-order-sign'):service_id>/feedback"
    served = (served - {feedback}) | {SELECT + "/feedback", SIGN + "/feedback"}
    assert described == served
    assert "OrderSelectCall" in document["components"]["schemas"]
