"""Checks of cards: their attributes, suggestions and links.

https://cds-hooks.hl7.org/STU2/#card-attributes, valid as well for 3.0.0-ballot, and what Da Vinci CRD asks of
services that are not a payer's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from conformance.actions import check_action, check_pairs, check_rating
from conformance.broken import Broken, absolute_url, members, text, uuid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_SUMMARY: Final = 139
INDICATORS: Final = ("info", "warning", "critical")
BEHAVIOURS: Final = ("at-most-one", "any")
LINK_TYPES: Final = ("absolute", "smart")
_TAG: Final = re.compile(r"<[A-Za-z/!]")


def check_card(card: Mapping[str, Any], element: str, orders: Mapping[str, Any]) -> Iterator[Broken]:
    """What is wrong with one card."""
    if not uuid(card.get("uuid")):
        yield Broken("CARD-1", f"{element}.uuid")
    summary = card.get("summary")
    if not text(summary) or len(str(summary)) > LONGEST_SUMMARY or "\n" in str(summary):
        yield Broken("CARD-2", f"{element}.summary")
    detail = card.get("detail", "-")
    if not isinstance(detail, str) or _TAG.search(detail):
        yield Broken("CARD-3", f"{element}.detail")
    if card.get("indicator") not in INDICATORS:
        yield Broken("CARD-4", f"{element}.indicator")
    yield from _check_source(card.get("source"), f"{element}.source")
    yield from _check_choice(card, element)
    for suggestion, place in members(card.get("suggestions"), f"{element}.suggestions"):
        yield from _check_suggestion(suggestion, place, orders)
    for reason, place in members(card.get("overrideReasons"), f"{element}.overrideReasons"):
        if not all(text(reason.get(part)) for part in ("code", "system", "display")):
            yield Broken("CARD-10", place)
    for link, place in members(card.get("links"), f"{element}.links"):
        yield from _check_link(link, place)
    yield from _check_association(card, element, orders)


def check_uuids(body: Mapping[str, Any]) -> Iterator[Broken]:
    """No uuid of a card or suggestion is used twice in a response."""
    seen = set()
    for card, element in members(body.get("cards"), "cards"):
        each = [(card, element), *members(card.get("suggestions"), f"{element}.suggestions")]
        for item, place in each:
            if str(item.get("uuid")) in seen:
                yield Broken("CARD-12", f"{place}.uuid")
            seen.add(str(item.get("uuid")))


def _check_source(source: object, element: str) -> Iterator[Broken]:
    if not isinstance(source, dict) or not text(source.get("label")):
        yield Broken("CARD-5", f"{element}.label")
        return
    for part in ("url", "icon"):
        if part in source and not absolute_url(source[part]):
            yield Broken("CARD-6", f"{element}.{part}")
    topic = source.get("topic")
    if not isinstance(topic, dict) or not (text(topic.get("code")) and text(topic.get("system"))):
        yield Broken("CARD-7", f"{element}.topic")


def _check_choice(card: Mapping[str, Any], element: str) -> Iterator[Broken]:
    suggestions = list(members(card.get("suggestions"), element))
    behaviour = card.get("selectionBehavior")
    if (suggestions and behaviour not in BEHAVIOURS) or (not suggestions and behaviour is not None):
        yield Broken("CARD-8", f"{element}.selectionBehavior")
    recommended = sum(each.get("isRecommended") is True for each, _ in suggestions)
    if behaviour == "at-most-one" and recommended > 1:
        yield Broken("CARD-9", f"{element}.suggestions")


def _check_suggestion(
    suggestion: Mapping[str, Any], element: str, orders: Mapping[str, Any]
) -> Iterator[Broken]:
    if not text(suggestion.get("label")):
        yield Broken("SUG-1", f"{element}.label")
    if not uuid(suggestion.get("uuid")):
        yield Broken("SUG-2", f"{element}.uuid")
    if not isinstance(suggestion.get("isRecommended", False), bool):
        yield Broken("SUG-3", f"{element}.isRecommended")
    if "actionSelectionBehavior" in suggestion:
        yield Broken("SUG-4", f"{element}.actionSelectionBehavior")
    yield from check_pairs(suggestion.get("actions"), f"{element}.actions")
    for action, place in members(suggestion.get("actions"), f"{element}.actions"):
        yield from check_action(action, place, orders)
        resource = action.get("resource")
        if isinstance(resource, dict):
            yield from check_rating(resource, f"{place}.resource", required=False)


def _check_link(link: Mapping[str, Any], element: str) -> Iterator[Broken]:
    if not text(link.get("label")):
        yield Broken("LINK-1", f"{element}.label")
    if not absolute_url(link.get("url")):
        yield Broken("LINK-2", f"{element}.url")
    if link.get("type") not in LINK_TYPES:
        yield Broken("LINK-3", f"{element}.type")
    if "appContext" in link and (link.get("type") != "smart" or not text(link["appContext"])):
        yield Broken("LINK-4", f"{element}.appContext")
    if not isinstance(link.get("autolaunchable", False), bool):
        yield Broken("LINK-5", f"{element}.autolaunchable")


def _check_association(card: Mapping[str, Any], element: str, orders: Mapping[str, Any]) -> Iterator[Broken]:
    extension = card.get("extension")
    associated = extension.get("davinci-crd.associated-resource") if isinstance(extension, dict) else None
    for each, place in members(associated, f"{element}.extension.davinci-crd.associated-resource"):
        if str(each.get("reference")) not in orders:
            yield Broken("CARD-11", f"{place}.reference")
