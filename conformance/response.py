"""Black-box checks of a service's answer to a hook, and of its discovery document.

Each finding names a requirement of `requirements.csv`. https://cds-hooks.hl7.org/STU2/#cds-service-response
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from conformance.actions import check_system_actions, draft_orders
from conformance.broken import Broken, empty_members, members, text
from conformance.cards import check_card, check_uuids

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MEDIA_TYPE: Final = "application/json"
_MAY_BE_EMPTY: Final = frozenset({"cards", "services"})
_ACTION: Final = re.compile(r"^(.*\.resource)(?:\.|\[|$)")
_TOKEN: Final = re.compile(r"\{\{context\.(patientId|userId|encounterId)\}\}|\{\{user\w+Id\}\}")
_QUERY: Final = re.compile(r"[A-Z][A-Za-z]+(/[^/?]+|\?.+)")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~-]+")
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")


def check_response(body: Any, request: Mapping[str, Any]) -> list[Broken]:
    """Every requirement that the body of a 200 breaks as the answer to the request; none is a good sign."""
    if not isinstance(body, dict) or not isinstance(body.get("cards"), list):
        return [Broken("RESP-1", "cards")]
    return sorted(set(_response(body, draft_orders(request))))


def check_http(status: int, media_type: str) -> list[Broken]:
    """Whether an answer came with status 200, as JSON."""
    found = [] if status == 200 else [Broken("HTTP-1", "status")]  # noqa: PLR2004 - the status of an answer
    return (
        found
        if media_type.split(";", maxsplit=1)[0].strip() == MEDIA_TYPE
        else [*found, Broken("JSON-1", "Content-Type")]
    )


def check_discovery(body: Any) -> list[Broken]:
    """Every requirement that a discovery document breaks."""
    if not isinstance(body, dict) or not isinstance(body.get("services"), list):
        return [Broken("DISC-2", "services")]
    found = [Broken("JSON-2", element) for element in empty_members(body) if element not in _MAY_BE_EMPTY]
    for service, element in members(body["services"], "services"):
        found += _service(service, element)
    return sorted(set(found))


def _response(body: Mapping[str, Any], orders: Mapping[str, Any]) -> Iterator[Broken]:
    for element in empty_members(body):
        if element not in _MAY_BE_EMPTY and not _sent_so(element, body, orders):
            yield Broken("JSON-2", element)
    if not isinstance(body.get("extension", {}), dict):
        yield Broken("RESP-3", "extension")
    for index, card in enumerate(body["cards"]):
        if isinstance(card, dict):
            yield from check_card(card, f"cards[{index}]", orders)
        else:
            yield Broken("RESP-1", f"cards[{index}]")
    yield from check_uuids(body)
    yield from check_system_actions(body, orders)


def _sent_so(element: str, body: Mapping[str, Any], orders: Mapping[str, Any]) -> bool:
    """Whether an empty element is one that the client sent in an order: the order is returned whole."""
    place = _ACTION.match(element)
    if place is None:
        return False
    resource = _at(body, place[1])
    if not isinstance(resource, dict):
        return False
    order = orders.get(f"{resource.get('resourceType')}/{resource.get('id', '')}", {})
    return element.removeprefix(place[1]).lstrip(".") in set(empty_members(order))


def _at(value: Any, element: str) -> Any:
    for step in re.findall(r"[^.\[\]]+", element):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _service(service: Mapping[str, Any], element: str) -> Iterator[Broken]:
    for part in ("hook", "description"):
        if not text(service.get(part)):
            yield Broken("DISC-3", f"{element}.{part}")
    if not text(service.get("title")):
        yield Broken("DISC-4", f"{element}.title")
    if not _SEGMENT.fullmatch(str(service.get("id", ""))):
        yield Broken("DISC-9", f"{element}.id")
    if not _VERSION.fullmatch(str(service.get("version", ""))):
        yield Broken("DISC-7", f"{element}.version")
    prefetch = service.get("prefetch", {})
    if not isinstance(prefetch, dict):
        yield Broken("DISC-5", f"{element}.prefetch")
        return
    for key, template in prefetch.items():
        query = _TOKEN.sub("x", str(template))
        if "{{" in query or _QUERY.fullmatch(query) is None:
            yield Broken("DISC-12", f"{element}.prefetch.{key}")
