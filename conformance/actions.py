"""Checks of actions: those of suggestions, and those that the EHR takes without asking.

https://cds-hooks.hl7.org/STU2/#action and #system-action, the Argonaut guide for PAMA, Da Vinci CRD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import simplejson

from conformance.broken import Broken, members, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TYPES: Final = ("create", "update", "delete")
_GUIDE: Final = "http://fhir.org/argonaut/Extension/"
RATING: Final = _GUIDE + "pama-rating"
CONSULTED: Final = _GUIDE + "pama-rating-qcdsm-consulted"
CONSULT_ID: Final = _GUIDE + "pama-rating-consult-id"
APPLIED: Final = _GUIDE + "pama-rating-auc-applied"
RATING_EXTENSIONS: Final = (RATING, CONSULTED, CONSULT_ID, APPLIED)
CODES: Final = "http://fhir.org/argonaut/CodeSystem/pama-rating"
OUTCOMES: Final = ("appropriate", "not-appropriate", "no-criteria-apply")


def draft_orders(request: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The draft orders of a hook request, by `Type/id`."""
    entries = request.get("context", {}).get("draftOrders", {}).get("entry", [])
    resources = [entry["resource"] for entry in entries]
    return {f"{each['resourceType']}/{each.get('id', '')}": each for each in resources}


def check_action(action: Mapping[str, Any], element: str, orders: Mapping[str, Any]) -> Iterator[Broken]:
    """What is wrong with one action, wherever it stands."""
    kind = action.get("type")
    if kind not in TYPES:
        yield Broken("ACT-1", f"{element}.type")
        return
    if not text(action.get("description")):
        yield Broken("ACT-2", f"{element}.description")
    if kind == "delete":
        if str(action.get("resourceId")) not in orders or "resource" in action:
            yield Broken("ACT-5", f"{element}.resourceId")
        return
    resource = action.get("resource")
    if not isinstance(resource, dict) or not text(resource.get("resourceType")):
        yield Broken("ACT-3", f"{element}.resource")
    elif kind == "update" and f"{resource['resourceType']}/{resource.get('id', '')}" not in orders:
        yield Broken("ACT-4", f"{element}.resource")


def check_pairs(actions: object, element: str) -> Iterator[Broken]:
    """A deletion stands beside the creation of what replaces it, of the same type."""
    created = {
        action["resource"].get("resourceType")
        for action, _ in members(actions, element)
        if action.get("type") == "create" and isinstance(action.get("resource"), dict)
    }
    for action, place in members(actions, element):
        deletes = action.get("type") == "delete"
        if deletes and str(action.get("resourceId")).partition("/")[0] not in created:
            yield Broken("ACT-6", place)


def check_system_actions(body: Mapping[str, Any], orders: Mapping[str, Any]) -> Iterator[Broken]:
    """The system actions, at both places where clients look for them."""
    actions = body.get("systemActions")
    legacy = body["extension"].get("systemActions") if isinstance(body.get("extension"), dict) else None
    if actions is not None and (not isinstance(actions, list) or not actions):
        yield Broken("RESP-2", "systemActions")
    if legacy is not None and legacy != actions:
        yield Broken("SYS-2", "extension.systemActions")
    seen = set()
    for action, element in members(actions, "systemActions"):
        yield from check_action(action, element, orders)
        resource = action.get("resource")
        if action.get("type") != "update" or not isinstance(resource, dict):
            continue
        reference = f"{resource.get('resourceType')}/{resource.get('id', '')}"
        if reference in seen:
            yield Broken("SYS-3", element)
        seen.add(reference)
        if reference in orders and unrated(resource) != unrated(orders[reference]):
            yield Broken("SYS-1", f"{element}.resource")
        yield from check_rating(resource, f"{element}.resource", required=True)


def unrated(order: Mapping[str, Any]) -> str:
    """The order as JSON text without its rating, digits and all, to be compared."""
    carried = order.get("extension")
    extensions = [each for each in carried if not _rates(each)] if isinstance(carried, list) else carried
    rest = {name: value for name, value in order.items() if name != "extension"}
    content = {**rest, "extension": extensions} if extensions else rest
    return simplejson.dumps(content, use_decimal=True, sort_keys=True)


def check_rating(order: Mapping[str, Any], element: str, *, required: bool) -> Iterator[Broken]:
    """The rating extensions of one order; `required`: one of the guide's codes must be there.

    The guide has no code for the middle band, so an alternative of that band may go without.
    """
    found: dict[str, list[dict[str, Any]]] = {url: [] for url in RATING_EXTENSIONS}
    for extension, _ in members(order.get("extension"), element):
        url = str(extension.get("url"))
        if url in found:
            found[url].append(extension)
    if any(len(each) > 1 for each in found.values()):
        yield Broken("PAMA-1", f"{element}.extension")
    if not required and not any(found.values()):
        return
    if not _coded(found[RATING], required=required):
        yield Broken("PAMA-2", f"{element}.extension")
    if not (found[CONSULTED] and text(found[CONSULTED][0].get("valueString"))):
        yield Broken("PAMA-3", f"{element}.extension")
    if not (found[CONSULT_ID] and str(found[CONSULT_ID][0].get("valueUri", "")).startswith("urn:uuid:")):
        yield Broken("PAMA-4", f"{element}.extension")
    if found[APPLIED] and not text(found[APPLIED][0].get("valueUri")):
        yield Broken("PAMA-5", f"{element}.extension")


def _coded(ratings: list[dict[str, Any]], *, required: bool) -> bool:
    """Whether the first coding is one of the guide's; where none is required, there may be none at all."""
    if not ratings:
        return False
    concept = ratings[0].get("valueCodeableConcept")
    codings = (
        [coding for coding, _ in members(concept.get("coding"), "")] if isinstance(concept, dict) else []
    )
    own = [index for index, coding in enumerate(codings) if coding.get("system") == CODES]
    if own != [0]:
        return not required and bool(codings) and not own
    return codings[0].get("code") in OUTCOMES


def _rates(extension: object) -> bool:
    return isinstance(extension, dict) and str(extension.get("url", "")).strip() in RATING_EXTENSIONS
