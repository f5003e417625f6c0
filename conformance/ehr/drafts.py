"""Draft orders, and what an EHR does to them when a service answers.

An action is applied as CDS Hooks has it: deletions, then creations, then updates; an update brings the whole
resource. https://cds-hooks.hl7.org/STU2/#action
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RATING: Final = "http://fhir.org/argonaut/Extension/pama-rating"
APPLIED: Final = "http://fhir.org/argonaut/Extension/pama-rating-auc-applied"
RATINGS: Final = "http://fhir.org/argonaut/CodeSystem/pama-rating"
_ORDER_OF_ACTIONS: Final = ("delete", "create", "update")


class ActionError(ValueError):
    """An action that an EHR must refuse; the message names the rule."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """The unsigned orders of one session, in the order they were made."""

    orders: tuple[Mapping[str, Any], ...]

    @property
    def bundle(self) -> dict[str, Any]:
        """The orders as `context.draftOrders`."""
        return {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": order} for order in self.orders],
        }

    @property
    def references(self) -> tuple[str, ...]:
        """`Type/id` of each order."""
        return tuple(_reference(order) for order in self.orders)

    def after(self, actions: Iterable[Mapping[str, Any]]) -> Drafts:
        """The orders once the actions are done, all of them.

        Raises:
            ActionError: An action is of no known type, lacks its resource, or names no draft order.
        """
        orders = {_reference(order): order for order in self.orders}
        given = list(actions)
        if any(action.get("type") not in _ORDER_OF_ACTIONS for action in given):
            raise ActionError("an action's type must be create, update or delete")
        for action in sorted(given, key=lambda each: _ORDER_OF_ACTIONS.index(each["type"])):
            if action["type"] == "delete":
                if orders.pop(action.get("resourceId", ""), None) is None:
                    raise ActionError("a delete must name a draft order")
                continue
            resource = action.get("resource")
            if not isinstance(resource, dict) or "resourceType" not in resource:
                raise ActionError("an action to create or update must bring a resource")
            if action["type"] == "update" and _reference(resource) not in orders:
                raise ActionError("an update must name a draft order")
            orders[_reference(resource)] = resource
        return Drafts(tuple(orders.values()))


def rating(order: Mapping[str, Any]) -> str | None:
    """The PAMA code of the rating on an order; `None` where it is not rated."""
    for extension in order.get("extension", []):
        if extension.get("url") == RATING:
            codings = extension["valueCodeableConcept"]["coding"]
            return next((each["code"] for each in codings if each.get("system") == RATINGS), None)
    return None


def criterion(order: Mapping[str, Any]) -> str | None:
    """The address of the criterion that was applied to an order, where the order names one."""
    for extension in order.get("extension", []):
        if extension.get("url") == APPLIED:
            uri: str = extension["valueUri"]
            return uri
    return None


def _reference(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource.get('id', '')}"
