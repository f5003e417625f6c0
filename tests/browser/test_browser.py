"""A browser of another origin can use the service: preflight, discovery, hooks, feedback, errors."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from conformance.ehr.client import Service, hook_request
from conformance.ehr.drafts import Drafts
from conformance.ehr.orders import read_orders
from conformance.ehr.record import read_records

if TYPE_CHECKING:
    from pathlib import Path

SELECT = "/cds-services/imaging-order-select"
ORDERS = {case.id: case for case in read_orders()}


def fetch(page: Any, url: str, body: Any = None) -> dict[str, Any]:
    """What the page gets when its script calls the address."""
    if body is None:
        return page.evaluate("url => call(url)", url)
    return page.evaluate("([url, body]) => call(url, body)", [url, body])


def request_for(order: str) -> dict[str, Any]:
    """The call for one of the simulator's orders, without prefetch."""
    case = ORDERS[order]
    service = Service("order-select", "imaging-order-select", {})
    return hook_request(service, read_records()[case.patient], Drafts((case.order,)))


def shown(page: Any, service_url: str, order: str) -> None:
    """The page shows the cards of an order."""
    answer = fetch(page, service_url + SELECT, request_for(order))
    page.evaluate(
        "([service, cards]) => show(service, cards)", [service_url + SELECT, answer["body"]["cards"]]
    )


def clicked(page: Any, label: str) -> dict[str, Any]:
    """What the service answers to the click on a button."""
    button = page.get_by_role("button", name=label).first
    button.click()
    page.wait_for_function("button => button.dataset.answer", arg=button.element_handle())
    return json.loads(button.get_attribute("data-answer"))


def outcome_of(database: Path, card: str) -> tuple[str, str | None]:
    """What the store says became of a card."""
    with closing(sqlite3.connect(database)) as connection:
        row: tuple[str, str | None] = connection.execute(
            "SELECT outcome, reason_code FROM feedback WHERE card = ?", (card,)
        ).fetchone()
        return row


def test_discovery_passes_the_preflight(page: Any, service_url: str) -> None:
    """Discovery with an Authorization header is readable from another origin."""
    answer = fetch(page, f"{service_url}/cds-services")
    assert answer["status"] == 200
    assert len(answer["body"]["services"]) == 2


def test_hook_passes_the_preflight(page: Any, service_url: str) -> None:
    """A hook can be fired from another origin and its card is shown."""
    shown(page, service_url, "S1-a")
    assert page.locator("article h2").count() == 1


def test_refusal_is_readable(page: Any, service_url: str) -> None:
    """An error carries CORS headers too, so the browser does not hide it."""
    answer = fetch(page, service_url + SELECT, {})
    assert answer["status"] == 400
    assert answer["body"]["resourceType"] == "OperationOutcome"


def test_slash_at_the_end_does_no_harm(page: Any, service_url: str) -> None:
    """A preflight must not be redirected, so a stray slash is forgiven."""
    assert fetch(page, f"{service_url}{SELECT}/", request_for("S1-a"))["status"] == 200
    assert fetch(page, f"{service_url}//cds-services")["status"] == 200


def test_suggestion_taken_reaches_the_store(page: Any, service_url: str, database: Path) -> None:
    """The click on a suggestion is told to the service and recorded."""
    with page.expect_request(f"**{SELECT}/feedback") as sent:
        shown(page, service_url, "S2")
        assert clicked(page, "heart") == {"status": 200, "body": {"received": 1, "known": 1}}
    card = json.loads(sent.value.post_data)["feedback"][0]["card"]
    assert outcome_of(database, card) == ("accepted", None)


def test_override_reaches_the_store(page: Any, service_url: str, database: Path) -> None:
    """A card dismissed for a reason is recorded with that reason."""
    with page.expect_request(f"**{SELECT}/feedback") as sent:
        shown(page, service_url, "S1-a")
        assert clicked(page, "evidence")["status"] == 200
    card = json.loads(sent.value.post_data)["feedback"][0]["card"]
    assert outcome_of(database, card) == ("overridden", "recipient-disagrees-evidence")
