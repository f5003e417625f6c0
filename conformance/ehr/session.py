"""A clinician's session at the EHR: an order is chosen, the answer is acted on, feedback is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.ehr.client import Client, ServiceError, accepted
from conformance.ehr.drafts import Drafts, criterion, rating

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.ehr.client import Reply, Service
    from conformance.ehr.orders import OrderCase
    from conformance.ehr.record import Record


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one order: its rating, the criterion behind it, the card, and the suggestion taken.

    `detail` is the card's text, and `page` the address that its link leads to, `None` where it has no such.
    `rating` is `None` where the order was not rated; `taken` is the label of the suggestion taken, `None` if
    there was none to take, and `rating_after` what the changed order was rated when it was signed.
    """

    case: OrderCase
    rating: str | None
    criterion: str | None
    summary: str | None
    offers: tuple[str, ...]
    detail: str | None = None
    page: str | None = None
    taken: str | None = None
    rating_after: str | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """In what the outcome differs from the expected one."""
        expected = self.case.expected
        found = []
        if self.rating != expected.rating:
            found.append(f"rated {self.rating or 'not at all'} instead of {expected.rating or 'not at all'}")
        if expected.card and self.summary is None:
            found.append("has no card")
        missing = [code for code in expected.offers if code not in self.offers]
        if missing:
            found.append(f"has no suggestion to switch to {', '.join(missing)}")
        elif self.case.takes and self.rating_after != "appropriate":
            found.append(f"is rated {self.rating_after or 'not at all'} after the suggestion was taken")
        return tuple(found)


def service_for(services: tuple[Service, ...], hook: str) -> Service:
    """The first service on offer for a hook.

    Raises:
        ServiceError: There is none.
    """
    found = next((service for service in services if service.hook == hook), None)
    if found is None:
        raise ServiceError(f"discovery offers no service for {hook}")
    return found


def play(client: Client, services: tuple[Service, ...], case: OrderCase, record: Record) -> Result:
    """Choose the order, take the suggestion that the case takes, and sign.

    Raises:
        ServiceError: The service did not answer.
        ActionError: An action is one that an EHR must refuse.
    """
    selecting = service_for(services, "order-select")
    drafts = Drafts((case.order,))
    reply = client.fire(selecting, record, drafts)
    rated = drafts.after(reply.system_actions)
    result = Result(
        case,
        rating=rating(rated.orders[0]),
        criterion=_criterion(rated, reply),
        summary=reply.cards[0]["summary"] if reply.cards else None,
        offers=tuple(code for _, suggestion in _suggestions(reply) for code in _codes(suggestion)),
        detail=reply.cards[0].get("detail") if reply.cards else None,
        page=next(_pages(reply), None),
    )
    for card, suggestion in _suggestions(reply):
        if case.takes in _codes(suggestion):
            changed = rated.after(suggestion["actions"])
            client.give_feedback(selecting, [accepted(card, suggestion)])
            signing = client.fire(service_for(services, "order-sign"), record, changed)
            signed = changed.after(signing.system_actions).orders[0]
            return replace(result, taken=suggestion["label"], rating_after=rating(signed))
    return result


def _pages(reply: Reply) -> Iterator[str]:
    """Where the links of the cards lead that any browser can open."""
    for card in reply.cards:
        for link in card.get("links", []):
            if link.get("type") == "absolute":
                yield link["url"]


def _suggestions(reply: Reply) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for card in reply.cards:
        for suggestion in card.get("suggestions", []):
            yield card, suggestion


def _codes(suggestion: Mapping[str, Any]) -> list[str]:
    """The codes of the orders that a suggestion makes."""
    resources = [action.get("resource", {}) for action in suggestion.get("actions", [])]
    return [
        coding["code"]
        for resource in resources
        for coding in resource.get("code", {}).get("coding", [])
        if "code" in coding
    ]


def _criterion(rated: Drafts, reply: Reply) -> str | None:
    """The criterion named on the rated order, else on a suggestion."""
    named = criterion(rated.orders[0])
    suggested = [action["resource"] for _, each in _suggestions(reply) for action in each["actions"]]
    return named or next((uri for resource in suggested if (uri := criterion(resource))), None)
