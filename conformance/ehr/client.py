"""A CDS Hooks client: discovery, hook calls with prefetch, feedback.

https://cds-hooks.hl7.org/STU2/
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

import requests
import simplejson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.ehr.drafts import Drafts
    from conformance.ehr.record import Record

USER: Final = "Practitioner/ordering-clinician"
_TIMEOUT_S: Final = 10


class ServiceError(Exception):
    """The service did not answer as a client needs; the message says to what, and with which status."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a discovery document."""

    hook: str
    id: str
    prefetch: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, with the request that it answers."""

    request: Mapping[str, Any]
    status: int
    media_type: str
    body: Any

    @property
    def cards(self) -> list[dict[str, Any]]:
        """The cards, for the clinician."""
        cards: list[dict[str, Any]] = self.body["cards"]
        return cards

    @property
    def system_actions(self) -> list[dict[str, Any]]:
        """The actions that the EHR takes by itself; older services have them under `extension`."""
        legacy = self.body.get("extension", {}).get("systemActions", [])
        actions: list[dict[str, Any]] = self.body.get("systemActions", legacy)
        return actions


class Client:
    """One EHR's connection to a service, open until the context is left."""

    def __init__(self, base_url: str, bearer: str | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept"] = "application/json"
        if bearer:
            self._session.headers["Authorization"] = f"Bearer {bearer}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def discover(self) -> tuple[Service, ...]:
        """The services on offer.

        Raises:
            ServiceError: There is no discovery document.
        """
        document = self._answered(self.send("GET", "/cds-services"), "discovery").body
        return tuple(
            Service(each["hook"], each["id"], each.get("prefetch", {})) for each in document["services"]
        )

    def fire(self, service: Service, record: Record, drafts: Drafts) -> Reply:
        """What the service says about the draft orders, all of them selected.

        Raises:
            ServiceError: The service gave no answer with status 200.
        """
        body = hook_request(service, record, drafts)
        return self._answered(self.send("POST", f"/cds-services/{service.id}", body), service.id)

    def give_feedback(self, service: Service, feedback: list[dict[str, Any]]) -> Reply:
        """Tell the service what became of its cards.

        Raises:
            ServiceError: The service did not take it.
        """
        path = f"/cds-services/{service.id}/feedback"
        return self._answered(self.send("POST", path, {"feedback": feedback}), "feedback")

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """Any request, whatever the answer.

        Raises:
            ServiceError: Nothing answers at the address, or the answer is not JSON.
        """
        data = None if body is None else simplejson.dumps(body, use_decimal=True).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        url = self.base_url + path
        try:
            answer = self._session.request(method, url, data=data, headers=headers, timeout=_TIMEOUT_S)
            value = simplejson.loads(answer.text, use_decimal=True)
        except requests.RequestException as error:
            raise ServiceError(f"nothing answers at {self.base_url}") from error
        except ValueError as error:
            raise ServiceError(f"{path} did not answer with JSON") from error
        return Reply(body or {}, answer.status_code, answer.headers.get("Content-Type", ""), value)

    @staticmethod
    def _answered(reply: Reply, what: str) -> Reply:
        if reply.status != requests.codes.ok:
            raise ServiceError(f"{what} answered with status {reply.status}")
        return reply


def hook_request(service: Service, record: Record, drafts: Drafts) -> dict[str, Any]:
    """The body of a call: a fresh hook instance, the context, and every prefetch that can be filled."""
    context: dict[str, Any] = {"userId": USER, "patientId": record.patient_id, "draftOrders": drafts.bundle}
    if service.hook == "order-select":
        context["selections"] = list(drafts.references)
    request: dict[str, Any] = {"hook": service.hook, "hookInstance": str(uuid4()), "context": context}
    prefetch = record.prefetch(service.prefetch, context)
    return {**request, "prefetch": prefetch} if prefetch else request


def accepted(card: Mapping[str, Any], suggestion: Mapping[str, Any]) -> dict[str, Any]:
    """Feedback: the suggestion of the card was taken."""
    return {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": suggestion["uuid"]}],
        "outcomeTimestamp": _now(),
    }


def overridden(card: Mapping[str, Any], reason: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Feedback: the card was dismissed, for a coded reason where one was chosen."""
    feedback = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": _now()}
    if reason is None:
        return feedback
    return {**feedback, "overrideReason": {"reason": {"code": reason["code"], "system": reason["system"]}}}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
